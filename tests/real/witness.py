"""A witness of what Claude Code says of itself and what aimon says of it, ten times a second, side by side."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from itertools import pairwise

from msgspec import Struct

from tests.real.claude_code import ClaudeCode

EVERY_S = 0.1
SETTLES_S = 0.4
"""Around a change, what is left out: the client's file and its hooks are not written at the same moment."""
ALIKE = {
    "busy": {"working"},
    "idle": {"idle", "completed", "failed"},
    "waiting": {"waiting"},
}
"""Which states of aimon's mean the same as what the client's session file says."""


class Sample(Struct, frozen=True):
    """One look at both."""

    unix: float
    status: str
    """The client's own word; empty where its file says none."""
    state: str
    """aimon's."""


class Heard(Struct, frozen=True):
    """A state that aimon told."""

    unix: float
    """When it was heard."""
    state: str
    since: float
    """When the event behind it happened, as its sender says."""


class Looks:
    """How often a client and aimon were compared, and what was seen where they did not agree."""

    def __init__(self) -> None:
        self.count = 0
        self.differing: list[str] = []

    def add(self, other: "Looks") -> None:
        """Those of another run, too."""
        self.count += other.count
        self.differing += other.differing

    @property
    def share(self) -> float:
        """Of the looks, how many agreed; 1 where nobody looked."""
        return 1 - len(self.differing) / self.count if self.count else 1.0

    def __str__(self) -> str:
        return f"agreement {self.share:.1%} of {self.count} looks {' '.join(sorted(set(self.differing)))}".rstrip()


class Witness:
    """Who looks and listens."""

    def __init__(self, client: ClaudeCode) -> None:
        self.client = client
        self.samples: list[Sample] = []
        self.heard: list[Heard] = []
        self._states: dict[str, str] = {}

    def told_after_ms(self, state: str) -> list[int]:
        """How long after its event each change to a state was heard, in milliseconds."""
        return [round((one.unix - one.since) * 1000) for one in self.heard if one.state == state]

    @property
    def looks(self) -> Looks:
        """The comparison, without the moments around the client's own changes."""
        changes = [two.unix for one, two in pairwise(self.samples) if one.status != two.status]
        looks = Looks()
        for one in self.samples:
            if one.status and one.state and all(abs(one.unix - change) > SETTLES_S for change in changes):
                looks.count += 1
                if one.state not in ALIKE.get(one.status, set()):
                    looks.differing.append(f"{one.status}/{one.state}")
        return looks

    async def look(self) -> None:
        """Compare for as long as it runs."""
        stage, told = self.client.stage, ""
        while True:
            note = self.client.note
            state = self._states.get(f"claude-code:{note.get('sessionId')}", "")
            self.samples.append(Sample(time.time(), note.get("status", ""), state))
            changed = (note.get("status"), note.get("waitingFor"), note.get("sessionId"))
            if stage.tape and note and changed != told:
                told = changed
                entry = dict(zip(("status", "waiting_for", "session_id"), changed, strict=True))
                stage.tape.note("status", {"unix": round(time.time(), 4)} | entry)
            await asyncio.sleep(EVERY_S)

    async def listen(self) -> None:
        """Hear what aimon tells for as long as it does."""
        async with self.client.stage.stream() as lines:
            async for line in lines:
                told = json.loads(line)
                if told["type"] != "session_update":
                    continue
                now, since = time.time(), datetime.fromisoformat(told["since"]).timestamp()
                if self._states.get(told["key"]) != told["state"]:
                    self.heard.append(Heard(now, told["state"], since))
                self._states[told["key"]] = told["state"]


@asynccontextmanager
async def witness(client: ClaudeCode) -> AsyncIterator[Witness]:
    """Somebody who looks until the end of the block."""
    one = Witness(client)
    tasks = [asyncio.create_task(one.look()), asyncio.create_task(one.listen())]
    try:
        yield one
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
