"""What transcripts say was used, read as fast as a disk gives them: `aimon history`.

Apart from `transcripts`, which turn every line into events: here only lines that hold a usage are looked at, and of
files that were read before only what is new.
"""
