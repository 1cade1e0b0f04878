"""Doors and their languages: bytes come in, records are read, events go out."""
