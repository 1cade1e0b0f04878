"""Which session started another one: the nearest agent above its process that is a session, and the tool it used.

Processes tell it, whichever agents the two are and whatever comes first; a session that a person starts in a terminal
has no agent above it, since terminals are nobody's tools.
"""

from collections.abc import Mapping
from pathlib import PurePath

from msgspec import Struct

from aimon_core.agents import AGENTS
from aimon_core.entry import Entry
from aimon_core.tools import ToolCall

SLACK_NS = 1_000_000_000
"""The system tells its own boot to the second, and so when its processes began."""


class Kin(Struct, frozen=True):
    """Who started a session."""

    key: str
    """Of the session."""
    span: str | None = None
    """Key of the tool call that did it; None where none was open then."""
    says: str = ""
    """The same for a person: `shop-api › Bash: claude -p …`."""


def starter(child: Entry, entries: Mapping[str, Entry]) -> Kin | None:
    """Who started a session; None where nobody is known to have."""
    began_ns = round((child.process.started_at or 0.0) * 1e9)
    for process in child.above:
        rooms = [(one.first_ns, key) for key, one in entries.items() if one.shown and one.process.is_process(*process)]
        if rooms:  # several where `/clear` began a new one: the last that there was then
            _, key = max([room for room in rooms if room[0] <= began_ns + SLACK_NS] or [min(rooms)])
            return _kin(key, entries[key], _tool(child.agent, entries[key], began_ns))
    return None


def _tool(agent: str, parent: Entry, began_ns: int) -> ToolCall | None:
    """The tool call that was open when a process began: of several one that names its program, else the latest."""
    names = AGENTS[agent].process_names if agent in AGENTS else (agent,)

    def fits(tool: ToolCall) -> tuple[bool, int]:
        return any(name in tool.subject for name in names), tool.start_ns or tool.at_ns

    near = [
        tool
        for tool in parent.tools.recent
        if (tool.start_ns or tool.at_ns) <= began_ns + SLACK_NS
        and (tool.end_ns is None or tool.end_ns >= began_ns - SLACK_NS)
    ]
    return max(near, key=fits, default=None)


def _kin(key: str, parent: Entry, tool: ToolCall | None) -> Kin:
    name = PurePath(parent.fact("cwd") or "").name or parent.session_id[:8]
    if tool is None:
        return Kin(key, None, name)
    span = f"tool:{tool.call_id}" if tool.call_id is not None else None
    return Kin(key, span, f"{name} › {tool.name}{f': {tool.subject}' if tool.subject else ''}")
