"""What Codex's log events and spans have in common: tokens in exclusive parts, tools by the names its hooks use."""

from aimon_core.session import Tokens
from receiver.record import Attributes, Record
from receiver.subjects import EXIT_CODE, LOOKED_AT, hook_name


def tool_name(record: Attributes) -> str:
    """A tool as hooks call it; a namespace of its own (of an MCP server, of subagents) stands before the name."""
    name, space = record.text("tool_name") or "", record.text("tool_namespace") or ""
    if space not in {"", "functions"} and not name.startswith(space):
        name = space + name
    return hook_name(name)


def tokens(record: Record) -> Tokens:
    """The counts of one call; those of a cache are parts of the input, and which life a written one has is not told."""
    inclusive = record.integer("input_token_count") or 0
    read, written = record.integer("cached_token_count") or 0, record.integer("cache_write_token_count") or 0
    return Tokens(
        input=max(0, inclusive - read - written),
        cache_read=read,
        cache_write_unknown=written,
        output=record.integer("output_token_count") or 0,
        reasoning=record.integer("reasoning_token_count"),
    )


def failed(record: Record) -> bool:
    """Whether a tool failed: a command that ends with another code than 0 succeeded, as Codex sees it."""
    if record.flag("success") is False:
        return True
    found = EXIT_CODE.search((record.text("output") or "")[:LOOKED_AT])
    return found is not None and found[1] != "0"
