"""What known agents say that aimon cannot read, version by version: the alarm that an interpreter needs a look.

Kept in the ledger because all channels end here, and because a restart reads the journal with today's dialects: what
they have learned to read in the meantime is no drift any more.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from aimon_core.agents import label
from aimon_core.events import Channel, Drifted
from aimon_core.identity import session_key

VERSIONS = 16
"""Versions of agents told apart, foreign ones are without number; what comes after those counts as one more."""
NAMES = 32
"""Names told apart in one version; of each one sample is kept, 1 KB of a usual record and 10 KB of the worst."""
SESSIONS = 1_000
"""Sessions whose rows say it."""
UNREAD = "unread: see aimon doctor"
"""What the row of a session says that speaks so."""
OTHERS = "…"
"""The name of what is not told apart any more."""


class Strange(Struct):
    """One name that nobody reads, or one that reads otherwise than before."""

    name: str
    channel: Channel
    sample: dict[str, Any]
    """The shape of the first of them, without what anybody wrote."""
    since_ns: int
    """When the first arrived."""
    last_ns: int = 0
    count: int = 0


class Drift(Struct):
    """What one version of an agent says that cannot be read."""

    agent: str
    version: str | None
    """None where its channel does not tell."""
    names: dict[str, Strange]

    @property
    def speaker(self) -> str:
        """Who says it, for a sentence."""
        return speaker(self.agent, self.version)

    @property
    def count(self) -> int:
        """How often it was said."""
        return sum(one.count for one in self.names.values())

    @property
    def since_ns(self) -> int:
        """When the first arrived."""
        return min(one.since_ns for one in self.names.values())


class Drifts:
    """All of it, within bounds."""

    def __init__(self) -> None:
        self._drifts: dict[tuple[str, str | None], Drift] = {}
        self._rows: dict[str, None] = {}
        """The sessions, in the order in which they were heard."""
        self._untold: list[Drift] = []

    def __iter__(self) -> Iterator[Drift]:
        """The one that was heard first comes first."""
        yield from self._drifts.values()

    def add(self, event: Drifted, arrived_ns: int) -> set[str]:
        """Enter an event; returns the key of its session where its row has not said so yet."""
        strange = self._strange(event, arrived_ns)
        strange.count += 1
        strange.since_ns, strange.last_ns = min(strange.since_ns, arrived_ns), max(strange.last_ns, arrived_ns)
        key = session_key(event)
        if key in self._rows:
            return set()
        self._rows[key] = None
        if len(self._rows) > SESSIONS:
            del self._rows[next(iter(self._rows))]
        return {key}

    def blind_spots(self, key: str) -> tuple[str, ...]:
        """What is to be said of a session."""
        return (UNREAD,) if key in self._rows else ()

    def news(self) -> list[Drift]:
        """Versions that nobody was told of yet."""
        untold, self._untold = self._untold, []
        return untold

    def _strange(self, event: Drifted, arrived_ns: int) -> Strange:
        version = event.version
        if len(self._drifts) >= VERSIONS and (event.agent, version) not in self._drifts:
            version = OTHERS
        drift = self._drifts.get((event.agent, version))
        if drift is None:
            drift = self._drifts[event.agent, version] = Drift(event.agent, version, {})
            self._untold.append(drift)
        known = drift.names.get(event.signal)
        if known is None:
            name, sample = event.signal, event.sample
            if len(drift.names) >= NAMES:
                name, sample = OTHERS, dict
            if (known := drift.names.get(name)) is None:
                known = drift.names[name] = Strange(name, event.channel, sample(), arrived_ns)
        return known


def speaker(agent: str, version: str | None) -> str:
    """An agent and its version, for a sentence."""
    return f"{label(agent)} {version}" if version else label(agent)
