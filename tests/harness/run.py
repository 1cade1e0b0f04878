"""Plays scenarios and says how each went, with Claude Code where it is installed and a scripted client where not."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from aiohttp import ClientSession

from tests.fakes.client import Client
from tests.fakes.model_api import ModelApi
from tests.fakes.program import Program
from tests.fakes.scene import Scene
from tests.harness.scenarios import SCENARIOS, SCRIPTS, Player
from tests.real import claude_code, clients
from tests.real.stage import stage

Players = Callable[[], AbstractAsyncContextManager[Player]]


async def main(names: Iterable[str], *, real: bool = True) -> int:
    """Play scenarios by name, all where none is named; the exit code: 1 when one failed, 2 when one is unknown."""
    names = list(names) or list(SCENARIOS)
    if unknown := [name for name in names if name not in SCENARIOS]:
        print(f"There is no scenario {unknown[0]!r}. There are: {' '.join(SCENARIOS)}")
        return 2
    program = clients.found("claude") if real and shutil.which("tmux") else None
    print(f"{'Claude Code' if program else 'A scripted client'} plays.")
    async with _with(program) if program else _scripted() as (scene, players):
        passed = [await _played(name, scene, players) for name in names]
    print(f"{sum(passed)}/{len(passed)} scenarios passed")
    return 0 if all(passed) else 1


async def _played(name: str, scene: Scene, players: Players) -> bool:
    try:
        async with players() as player:
            seen = await SCENARIOS[name](scene, player)
    except AssertionError as error:
        print(f"{name} failed: {error}", flush=True)
        return False
    print(f"{name} ok: {seen}", flush=True)
    return True


@asynccontextmanager
async def _scripted() -> AsyncIterator[tuple[Scene, Players]]:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="aimon-"))  # short, as a socket's path must be
        program = Program(Path(folder))
        api = await stack.enter_async_context(ModelApi(SCRIPTS))
        serving = stack.enter_context(program.serving())
        scene = Scene(program, api, serving, await stack.enter_async_context(ClientSession()))
        scene.connect("claude-code")
        yield scene, partial(Client, scene.home, scene.project, api.url, program.environment)


@asynccontextmanager
async def _with(program: Path) -> AsyncIterator[tuple[Scene, Players]]:
    async with stage("claude-code", SCRIPTS) as here:

        @asynccontextmanager
        async def playing() -> AsyncIterator[Player]:
            client = await claude_code.started(here, program)
            yield client
            await client.leave()

        yield here, playing
