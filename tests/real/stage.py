"""Where a real client plays: a home, a tmux, a scripted model and an aimon that nobody else has, all on loopback."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
from aiohttp import ClientSession, ClientTimeout

from tests.fakes.model_api import ModelApi, Scripts
from tests.fakes.program import Program, Serving
from tests.fakes.tmux import Desk, Pane, desk
from tests.real.recorder import Recorder

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


class Stage:
    """Everything a client meets."""

    def __init__(self, desk: Desk, api: ModelApi, serving: Serving, http: ClientSession, tape: Recorder | None) -> None:
        self.desk, self.api, self.serving, self.tape = desk, api, serving, tape
        self.home, self.project = desk.folder, desk.folder / "projects" / "shop-api"
        self._http = http
        self.tmux = desk.server()
        self._opened: list[psutil.Process] = []

    async def sessions(self) -> list[dict[str, Any]]:
        """aimon's list, with those that have ended."""
        async with self._http.get(f"http://127.0.0.1:{self.serving.port}/api/v1/sessions?all=1") as answer:
            return (await answer.json())["sessions"]

    async def spans(self, key: str) -> list[dict[str, Any]]:
        """The turns of a session, with their spans."""
        async with self._http.get(f"http://127.0.0.1:{self.serving.port}/api/v1/sessions/{key}/spans") as answer:
            return (await answer.json())["turns"]

    async def focused(self, key: str) -> dict[str, Any]:
        """Ask aimon to go to a session's terminal."""
        async with self._http.post(f"http://127.0.0.1:{self.serving.port}/api/v1/sessions/{key}/focus") as answer:
            return await answer.json()

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[AsyncIterator[bytes]]:
        """The lines that aimon tells as sessions change."""
        url = f"http://127.0.0.1:{self.serving.port}/api/v1/stream"
        async with self._http.get(url, timeout=ClientTimeout(total=None)) as answer:
            yield answer.content

    def mark(self, words: str) -> None:
        """Note what a person does, where the run is recorded."""
        if self.tape:
            self.tape.mark(words)

    def open(self, name: str, command: str, **environment: str) -> Pane:
        """A pane with a program in it, in the project's folder."""
        for variable, value in environment.items():
            self.tmux("set-environment", "-g", variable, value)
        pane = self.tmux.session(name, "sh", "-c", f"cd {self.project} && exec {command}")
        self._opened.append(psutil.Process(pane.pid))
        return pane

    async def close(self) -> None:
        """End what was opened; a program that is killed may write to its home until it is gone."""
        self.tmux.close()
        for process in self._opened:
            await until(lambda process=process: not process.is_running(), f"the end of {process}")


@asynccontextmanager
async def stage(
    agent: str, scripts: Scripts, *, record: Path | None = None, sources: str = "otlp,hooks,transcripts"
) -> AsyncIterator[Stage]:
    """A stage on which one agent is connected to aimon as `aimon setup` does it."""
    async with AsyncExitStack() as stack:
        place = stack.enter_context(desk())
        program = Program(place.folder)
        program.environment["AIMON_SOURCES"] = sources
        api = await stack.enter_async_context(ModelApi(scripts))
        serving = stack.enter_context(program.serving())
        port, tape = serving.port, None
        if record is not None:
            tape = Recorder(record, place.folder / "tape", serving.port, program.runtime)
            port = (await stack.enter_async_context(tape)).port
        done = program.run("setup", agent, "--yes", "--port", str(port))
        assert done.returncode == 0, done.stderr
        http = await stack.enter_async_context(ClientSession())
        here = Stage(place, api, serving, http, tape)
        stack.push_async_callback(here.close)
        here.project.mkdir(parents=True)
        place.environment |= {
            name: value for name, value in program.environment.items() if name.startswith(("XDG_", "LANG"))
        }
        if tape is not None:
            place.environment["AIMON_RUNTIME_DIR"] = str(tape.runtime)
        here.tmux.session("shell")
        here.tmux("set-option", "-g", "default-size", "150x45")
        yield here
