"""Whose the work of hidden helpers is, which have ids of their own and are no rows.

No agent tells for whom a helper works. It is started just after a person has asked for something: so it helps the
session that was asked last before it began, of the same process, host and folder, where those are known. What is told
late may show another one: the newest helpers are looked at again then.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping

from aimon_core.entry import Entry
from aimon_core.events import Event, PromptSubmitted, SessionSeen, ThreadSeen
from aimon_core.identity import key_of

SOON_NS = 10_000_000_000
"""Where nobody has told that it is a helper, it follows a prompt this soon, or it is none."""
LOOKED_AT = 64
"""Prompts before a helper among which its session's is looked for, and helpers that are looked at again."""
REMEMBERED = 4_096
_TELLING = frozenset({PromptSubmitted, ThreadSeen, SessionSeen})
"""What may show whose a helper is; looked up by type, since every event is asked."""


class Auxiliaries:
    """The helpers of all sessions."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries
        self._prompts: dict[str, list[tuple[int, str]]] = {}
        """By agent: when which session was asked for something."""
        self._helpers: dict[str, list[str]] = {}
        """By agent: keys of what may be helpers."""

    def hear(self, event: Event, entry: Entry) -> Collection[str]:
        """A session or a helper has heard of something: the keys of others that this changes, too."""
        owner = entry.thread.owner
        if type(event) not in _TELLING:
            return () if owner is None else (owner,)
        key = key_of(entry.agent, entry.session_id)
        if isinstance(event, PromptSubmitted):
            self._note(entry.agent, event.at_ns, key)
        elif isinstance(event, ThreadSeen) and event.auxiliary and key not in self._helpers.setdefault(entry.agent, []):
            self._helpers[entry.agent].append(key)
            del self._helpers[entry.agent][:-REMEMBERED]
        changed = self._settle(entry.agent) if entry.agent in self._helpers else set()
        return changed if owner is None else changed | {owner}

    def forget(self, key: str, entry: Entry) -> None:
        """An entry is forgotten."""
        if (owner := self._entries.get(entry.thread.owner or "")) is not None:
            owner.auxiliary.pop(key, None)
        for helper in entry.auxiliary.values():
            helper.thread.owner = None

    def _note(self, agent: str, at_ns: int, key: str) -> None:
        prompts = self._prompts.setdefault(agent, [])
        place = bisect_left(prompts, (at_ns, key))
        if prompts[place : place + 1] != [(at_ns, key)]:
            prompts.insert(place, (at_ns, key))
            del prompts[:-REMEMBERED]

    def _settle(self, agent: str) -> set[str]:
        changed: set[str] = set()
        for key in self._helpers[agent][-LOOKED_AT:]:
            entry = self._entries.get(key)
            if entry is None:
                continue
            before, after = entry.thread.owner, self._owner(key, entry)
            if before == after:
                continue
            entry.thread.owner = after
            if (left := self._entries.get(before or "")) is not None:
                left.auxiliary.pop(key, None)
            if after is not None:
                self._entries[after].auxiliary[key] = entry
            changed |= {one for one in (key, before, after) if one is not None}
        return changed

    def _owner(self, key: str, helper: Entry) -> str | None:
        thread = helper.thread
        if not thread.helps:
            return None
        prompts = self._prompts.get(helper.agent, [])
        place = bisect_right(prompts, (thread.began_ns, "\U0010ffff"))
        for at_ns, owner in reversed(prompts[max(0, place - LOOKED_AT) : place]):
            if thread.told is None and thread.began_ns - at_ns > SOON_NS:
                break
            entry = self._entries.get(owner)
            if entry is not None and owner != key and not entry.thread.helps and _together(entry, helper):
                return owner
        return None


def _together(one: Entry, other: Entry) -> bool:
    """Whether nothing says that two are of different processes."""
    left, right = ((entry.process.pid, entry.fact("host"), entry.fact("cwd")) for entry in (one, other))
    return all(a is None or b is None or a == b for a, b in zip(left, right, strict=True))
