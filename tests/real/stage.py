"""A scene with a tmux in it, where real clients play and somebody looks, types and perhaps keeps a recording."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout

from tests.fakes.model_api import ModelApi, Scripts
from tests.fakes.program import Program
from tests.fakes.scene import Scene, until
from tests.fakes.tmux import Desk, desk
from tests.real.capture import finished
from tests.real.recorder import Recorder
from tests.real.terminal import Terminal


class Stage(Scene):
    """Everything a client meets."""

    def __init__(self, desk: Desk, *parts: Any, tape: Recorder | None) -> None:
        super().__init__(*parts)
        self.tmux, self.tape = desk.server(), tape
        self._opened: list[Terminal] = []
        desk.environment |= {
            name: value for name, value in self.program.environment.items() if name.startswith(("XDG_", "LANG"))
        }
        if tape is not None:
            desk.environment["AIMON_RUNTIME_DIR"] = str(tape.runtime)
        self.tmux("new-session", "-d", "-s", "shell", "-x", "150", "-y", "45", "sleep", "600")

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

    def open(self, command: str, **environment: str) -> Terminal:
        """A pane with a program in it, in the project's folder."""
        for variable, value in environment.items():
            self.tmux("set-environment", "-g", variable, value)
        pane = self.tmux.window("shell", "sh", "-c", f"cd {self.project} && exec {command}")
        self._opened.append(Terminal(self.tmux, pane, self.tape))
        (self.home / "pids").write_text(" ".join(str(one.pane.pid) for one in self._opened))
        return self._opened[-1]

    async def close(self) -> None:
        """End what was opened; a program that is killed may write to its home until it is gone."""
        self.tmux.close()
        for one in self._opened:
            await until(lambda one=one: not one.lives, f"the end of {one.process}")


@asynccontextmanager
async def stage(
    agent: str,
    scripts: Scripts,
    *,
    record: Path | None = None,
    sources: str = "otlp,hooks,transcripts",
    before: Callable[[Stage], None] = lambda _: None,
) -> AsyncIterator[Stage]:
    """A stage for one agent, whose run is kept as a capture in `record`; `before` writes what is there before setup."""
    async with AsyncExitStack() as stack:
        place = stack.enter_context(desk())
        program = Program(place.folder)
        program.environment["AIMON_SOURCES"] = sources
        if "processes" in sources:
            program.command = (sys.executable, "-m", "tests.real.narrow", str(place.folder / "pids"))
        for used_before in (".claude/projects", ".codex/sessions"):  # aimon looks for new ones every five seconds only
            (place.folder / used_before).mkdir(parents=True)
        api = await stack.enter_async_context(ModelApi(scripts))
        serving = stack.enter_context(program.serving())
        tape = None
        if record is not None:
            tape = Recorder(record, place.folder / "tape", serving.port, program.runtime)
            await stack.enter_async_context(tape)
        http = await stack.enter_async_context(ClientSession())
        here = Stage(place, program, api, serving, http, tape=tape)
        stack.push_async_callback(here.close)
        before(here)
        here.connect(agent, tape.port if tape else None)
        yield here
        if tape is not None:
            await here.close()
            finished(tape.folder, here.home, api.served)
