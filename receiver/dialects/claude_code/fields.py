"""What log events and spans of Claude Code have in common: token counts, and who a call works for."""

from aimon_core.session import Tokens
from receiver.record import Record

COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens")
"""What every call that was answered tells, in all builds since 2.1.100."""

Counts = tuple[int | None, ...]


def counts(record: Record) -> Counts:
    """The `COUNTS`, None for each that is missing or no number; they were text before 2.1.1xx."""
    return tuple(map(record.integer, COUNTS))


def tokens(record: Record, told: Counts) -> Tokens:
    """The counts in exclusive parts."""
    own, output, read, written = (count or 0 for count in told)
    short, long = record.integer("cache_creation_5m_tokens"), record.integer("cache_creation_1h_tokens")
    if short is None and long is None:
        split = (0, 0, written)
    else:
        split = (short or 0, long or 0, max(0, written - (short or 0) - (long or 0)))
    return Tokens(
        own,
        read,
        *split,
        output,
        0,  # thinking is billed as output and not told apart
    )


MAIN_SOURCES = ("repl_main_thread", "sdk", "agent:", "agent.")
"""Beginnings of `query_source` of a call that works on the conversation; others are helpers beside it."""


def is_side(record: Record) -> bool:
    """Whether a call is a helper beside the conversation: a title, a suggestion, the summary of a compaction."""
    source = record.identity("query_source") or record.identity("query_source_safe")
    return source is not None and not source.startswith(MAIN_SOURCES)
