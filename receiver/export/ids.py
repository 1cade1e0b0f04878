"""Ids of exported spans: made of what a thing is called, so that whoever sends it again sends the same.

Not the client's own: its spans lie in a trace for each prompt, ours in one for each session, and many a call has none.
"""

from hashlib import blake2b

from aimon_core.spans import Span

SESSION = "session"
"""What the span of the session itself is called."""


def trace_id(session: str) -> bytes:
    """The trace of a session, by its key."""
    return blake2b(session.encode("utf-8", "replace"), digest_size=16).digest()


def span_id(session: str, thing: str) -> bytes:
    """A span of a session: `session`, the key of a turn or the name of a span."""
    return blake2b(f"{session}\n{thing}".encode("utf-8", "replace"), digest_size=8).digest()


def name_of(span: Span) -> str:
    """What a span is called: its key, or its time where the key is a mere number, which what comes late may change."""
    if span.key.partition(":")[2].isdecimal():
        return f"{span.kind}:{span.name}@{span.start_ns}"
    return span.key
