"""A witness of what Claude Code says of itself and what aimon says of it, ten times a second, side by side."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

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


class Witness:
    """Who looks and listens."""

    def __init__(self, client: ClaudeCode) -> None:
        self.client = client
        self.samples: list[Sample] = []
        self.heard: list[Heard] = []
        self._states: dict[str, str] = {}

    def first(self, state: str, after: float) -> Heard:
        """When a state was first heard after a moment."""
        return next(one for one in self.heard if one.state == state and one.unix >= after)

    def compared(self) -> tuple[int, list[Sample]]:
        """How many looks count, and those at which the two do not agree."""
        changes = [
            two.unix for one, two in zip(self.samples, self.samples[1:], strict=False) if one.status != two.status
        ]
        counted = [
            one
            for one in self.samples
            if one.status and one.state and all(abs(one.unix - change) > SETTLES_S for change in changes)
        ]
        return len(counted), [one for one in counted if one.state not in ALIKE.get(one.status, set())]

    def agreement(self) -> str:
        """The measurement in a line, with the moments of disagreement."""
        count, wrong = self.compared()
        share = 1 - len(wrong) / count if count else 0
        where = sorted({f"{one.status}/{one.state}" for one in wrong})
        return f"agreement {share:.1%} of {count} looks {' '.join(where)}".rstrip()

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
