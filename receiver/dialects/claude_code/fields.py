"""What log events and spans of Claude Code have in common: token counts, and who a call works for."""

from aimon_core.session import Tokens
from receiver.record import Record


def tokens(record: Record) -> Tokens:
    """The counts in exclusive parts; they were text before 2.1.1xx."""
    written = record.integer("cache_creation_tokens") or 0
    short, long = record.integer("cache_creation_5m_tokens"), record.integer("cache_creation_1h_tokens")
    if short is None and long is None:
        split = (0, 0, written)
    else:
        split = (short or 0, long or 0, max(0, written - (short or 0) - (long or 0)))
    return Tokens(
        record.integer("input_tokens") or 0,
        record.integer("cache_read_tokens") or 0,
        *split,
        record.integer("output_tokens") or 0,
        0,  # thinking is billed as output and not told apart
    )


MAIN_SOURCES = ("repl_main_thread", "sdk", "agent:", "agent.")
"""Beginnings of `query_source` of a call that works on the conversation; others are helpers beside it."""


def is_side(record: Record) -> bool:
    """Whether a call is a helper beside the conversation: a title, a suggestion, the summary of a compaction."""
    source = record.identity("query_source") or record.identity("query_source_safe")
    return source is not None and not source.startswith(MAIN_SOURCES)
