"""Agents' hook payloads to events, one module an agent."""

from typing import Any

from msgspec.structs import replace

from aimon_core.ancestry import Identity
from aimon_core.events import Event, SessionSeen
from aimon_core.masking import without_private_json
from receiver.hooks import claude_code, codex, copilot, gemini_cli, opencode, qwen_code
from receiver.hooks.base import Language, Payload

_LANGUAGES: dict[str, Language] = {
    language.agent: language
    for language in (
        claude_code.LANGUAGE,
        codex.LANGUAGE,
        gemini_cli.LANGUAGE,
        qwen_code.LANGUAGE,
        copilot.LANGUAGE,
        opencode.LANGUAGE,
    )
}

HOOK_AGENTS = frozenset(_LANGUAGES)
"""Agents whose hooks are understood: the last part of `/hooks/{agent}`."""

_PROCESS = "aimon"
"""Where the journal notes the agent's process; `without_private_json` lets no agent's own word stand there."""


def translate(
    agent: str, payload: Payload, at_ns: int, process: Identity | None = None, above: tuple[Identity, ...] = ()
) -> list[Event]:
    """The events of one payload, with the process that was found to speak, and the agents above it.

    Raises KeyError for an unknown agent, ValueError for a payload that is none.
    """
    events = _LANGUAGES[agent].translate(payload, at_ns)
    if process is not None and events and isinstance(seen := events[0], SessionSeen):
        events[0] = replace(seen, pid=process[0], pid_started_at=process[1], above=above)
    return events


def kept(agent: str, payload: Payload, process: Identity | None, above: tuple[Identity, ...] = ()) -> dict[str, Any]:
    """What the journal keeps of a payload: nothing that somebody wrote."""
    stripped: dict[str, Any] = without_private_json(dict(_LANGUAGES[agent].adapt(payload)))
    return stripped | ({_PROCESS: [*process, *above]} if process else {})


def restored(agent: str, payload: Payload, at_ns: int) -> list[Event]:
    """The events of what the journal kept. Raises like `translate`."""
    found = payload.get(_PROCESS)
    if not isinstance(found, list):
        return translate(agent, payload, at_ns)
    above = tuple((int(pid), float(started_at)) for pid, started_at in found[2:])
    return translate(agent, payload, at_ns, (int(found[0]), float(found[1])), above)
