"""Where an agent plays: a home, a scripted model and the real aimon, connected as `aimon setup` does, on loopback."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import ClientSession

from tests.fakes.model_api import ModelApi, total
from tests.fakes.program import Program, Serving

WAIT_S = 30.0
LOOK_S = 0.05


async def until(
    true: Callable[[], Any] | Callable[[], Awaitable[Any]], what: str = "it", wait_s: float = WAIT_S
) -> Any:
    """What a question answers as soon as it is true."""
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        answer = true()
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer:
            return answer
        await asyncio.sleep(LOOK_S)
    raise AssertionError(f"never saw {what}")


class Scene:
    """What is there when the agent comes; whoever makes one ends its parts."""

    def __init__(self, program: Program, api: ModelApi, serving: Serving, http: ClientSession) -> None:
        self.program, self.api, self.serving, self._http = program, api, serving, http
        self.home, self.project = program.folder, program.folder / "projects" / "shop-api"
        self.project.mkdir(parents=True)

    def connect(self, agent: str, port: int | None = None) -> None:
        """Write an agent's settings."""
        done = self.program.run("setup", agent, "--yes", "--port", str(port or self.serving.port))
        assert done.returncode == 0, done.stderr

    async def sessions(self) -> list[dict[str, Any]]:
        """aimon's list, with those that have ended."""
        return (await self._asked("sessions?all=1"))["sessions"]

    async def session(self, key: str) -> dict[str, Any]:
        """One of them; nothing where it is not listed."""
        return next((row for row in await self.sessions() if row["key"] == key), {})

    async def turns(self, key: str) -> list[dict[str, Any]]:
        """The turns of a session, with their spans."""
        return (await self._asked(f"sessions/{key}/spans"))["turns"]

    async def reaches(self, key: str, state: str, wait_s: float = 15.0) -> dict[str, Any]:
        """A session, once it has a state."""
        return await self.tells(key, wait_s, state=state)

    async def billed(self, key: str) -> dict[str, Any]:
        """A session, once every call that it was served is told of it, to the token."""
        calls = self.api.answered(key.partition(":")[2])
        tokens = {part: getattr(total(calls), part) for part in _PARTS}
        return await self.tells(key, llm_calls=len(calls), tokens=tokens)

    async def tells(self, key: str, wait_s: float = 15.0, **truth: Any) -> dict[str, Any]:
        """A session, once what is told of it is the truth."""
        row: dict[str, Any] = {}

        async def true() -> bool:
            nonlocal row
            row = await self.session(key)
            return _of(row, truth) == truth

        try:
            await until(true, wait_s=wait_s)
        except AssertionError as error:
            signals = [f"{one['signal']} {one['says']}" for one in row.get("evidence", ())]
            raise AssertionError(f"told {_of(row, truth)}, not {truth}; {', '.join(signals)}") from error
        return row

    async def _asked(self, path: str) -> Any:
        async with self._http.get(f"http://127.0.0.1:{self.serving.port}/api/v1/{path}") as answer:
            return await answer.json()


_PARTS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")


def _of(row: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """What a session tells under some names."""
    return {
        name: _of(row.get(name, {}), wanted) if isinstance(wanted, dict) else row.get(name)
        for name, wanted in names.items()
    }
