"""The screen, and the command that composes everything."""
