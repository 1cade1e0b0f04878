"""A trace as a document: capture, read, judge."""
