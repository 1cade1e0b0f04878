"""The words of exported spans: names, kinds and reasons as claude-interceptor had them, so that its queries still work.

Apart from `tree`, which knows who hangs below whom.
"""

import re
from pathlib import PurePath

from aimon_core.agents import label
from aimon_core.clean import clean
from aimon_core.spans import Span, TurnTree
from aimon_core.wire import REFUSED

PREVIEW = 60
"""Characters of a text in a name."""
TEXT = 200
"""Characters of a text in an attribute."""
INCOMPLETE = "Tool execution incomplete - turn ended"

_REASONS = {"idle": "idle_after_stop_reason", "session_end": "session_finalize"}
"""How turns end, where our word is another; beyond the original's there are `span`, `transcript`, `interrupted`,
`denied` and `failed`."""

_TOOLS = {
    "Read": ("Read file", "tool.file_path"),
    "Write": ("Write file", "tool.file_path"),
    "Edit": ("Edit file", "tool.file_path"),
    "MultiEdit": ("Edit file", "tool.file_path"),
    "NotebookEdit": ("Edit notebook", "tool.file_path"),
    "Bash": ("Execute command", "tool.command"),
    "Grep": ("Search code", "tool.pattern"),
    "Glob": ("Find files", "tool.pattern"),
    "WebFetch": ("Fetch URL", "tool.url"),
    "WebSearch": ("Search web", "tool.query"),
    "Agent": ("Spawn subagent", "tool.description"),
    "Task": ("Spawn subagent", "tool.description"),
}
"""By tool: what it does, and the attribute of what it works on."""
_FAMILIES = ("sonnet", "opus", "haiku")
_PROVIDERS = {
    "anthropic": re.compile(r"(?:^|[/.])claude"),
    "openai": re.compile(r"(?:^|[/.])(?:gpt|codex|o\d)"),
    "gcp.gemini": re.compile(r"(?:^|[/.])gemini"),
}
"""The `gen_ai.provider.name` of the conventions, and which models are theirs."""


def provider(model: str | None) -> str | None:
    """Who serves a model; None where its name does not tell."""
    return next((name for name, models in _PROVIDERS.items() if models.search(model or "")), None)


def session_name(agent: str) -> str:
    """The name of a session's span."""
    return f"{clean(label(agent))} Session"


def turn_name(turn: TurnTree, *, content: bool) -> str:
    """The name of a turn, with the head of its prompt where that may leave."""
    title = clean(turn.title, PREVIEW) if content else ""
    return f"Turn #{turn.number}{f': {title}' if title else ''}"


def end_reason(turn: TurnTree) -> str:
    """How it ended."""
    reason = turn.end_reason or "unknown"
    return _REASONS.get(reason, reason)


def call_name(span: Span) -> str:
    """The name of a model call."""
    family = next((one.title() for one in _FAMILIES if one in span.name), clean(span.name))
    if span.failed:
        return f"LLM Call: ERROR - {(span.outcome and span.outcome.error_type) or 'unknown'}"
    if span.outcome is not None and span.outcome.stop_reason == "tool_use":
        return f"LLM Call: {family} → tools"
    told = f"{span.tokens.input}→{span.tokens.output}" if span.tokens else "?→?"
    return f"LLM Call: {family} ({told} tokens)"


def tool_name(span: Span, *, content: bool) -> str:
    """The name of a tool call, with what it works on where that may leave."""
    verb, attribute = _TOOLS.get(span.name, ("", ""))
    about = clean(span.subject, PREVIEW) if content and verb else ""
    match attribute if about else "":
        case "":
            return f"Tool: {clean(span.name)}"
        case "tool.file_path":
            about = PurePath(about).name
        case "tool.command":
            about = about.split(" ", 1)[0]
        case "tool.pattern" | "tool.query":
            about = f'"{about}"'
    return f"{verb}: {about}"


def tool_subject(span: Span) -> dict[str, str]:
    """The attribute that says what a tool works on; none for tools of which the original told nothing."""
    _, attribute = _TOOLS.get(span.name, ("", ""))
    return {attribute: clean(span.subject, TEXT)} if attribute and span.subject else {}


def permission_result(tool: Span) -> str:
    """What came of asking for permission to use a tool."""
    if tool.error == REFUSED:
        return "denied"
    return "aborted" if tool.cut else "approved"
