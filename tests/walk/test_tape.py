"""A live session recorded at the real doors and played again: the same ledger, and the same picture to the cell."""

import asyncio
import gzip
import json
import shutil
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from aimon_core.clock import SteppedClock
from aimon_core.config import Settings
from aimon_core.wire import sessions_document
from aimon_tui.app import AimonApp, ScreenSettings
from aimon_tui.replay import Player, merged, played
from aimon_tui.runtime import Runtime
from aimon_tui.sources import Sources
from receiver import reel
from tests.fakes.captures import ROOT, sent
from tests.fakes.collector import WAIT_S
from tests.fakes.fleet import StillDoor
from tests.tui.screen import TRUECOLOR, settle, text

SCENARIO = ROOT / "claude-code" / "tui_subagents"
SECRET = "sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
ASKED = {"session_id": "asked", "hook_event_name": "UserPromptSubmit", "cwd": "/w", "prompt": f"deploy with {SECRET}"}


class Stage:
    """An aimon that is recorded twice, as it is and without words."""

    def __init__(self, folder: Path) -> None:
        self.clock = SteppedClock(round(sent(SCENARIO.name)[0].unix * 1e9) - 10**9)
        self.folder, self.lines = folder, dict.fromkeys((True, False), 0)
        self.moments: dict[int, dict] = {}
        """What the ledger said after so many lines."""
        sources = ("otlp", "hooks", "transcripts")
        self.settings = Settings(port=0, state_dir=str(folder / "state"), sources=sources)
        watched = Sources(self.settings, self.clock)
        self.runtime = Runtime(self.settings, self.clock, runtime_folder=str(folder / "run"), sources=watched)
        self._client = aiohttp.ClientSession(read_bufsize=2**26)
        self._recording: list[asyncio.Task] = []

    def tape(self, *, raw: bool) -> Path:
        return self.folder / ("raw" if raw else "kept")

    async def start(self) -> None:
        await self.runtime.start()
        async with asyncio.timeout(WAIT_S):
            await self.runtime.priced.wait()
            await self.runtime.caught_up()
        for raw in (True, False):
            url = f"http://{self.runtime.door.address}/api/v1/tape?raw={int(raw)}"
            answer = await self._client.get(url)
            self._recording.append(asyncio.create_task(self._record(answer, raw=raw)))
        await self.until(lambda: all(self.lines.values()))

    async def _record(self, answer, *, raw: bool) -> None:
        with reel.Writer(self.tape(raw=raw), 2**30) as writer:
            async for line in answer.content:
                writer.write(line)
                self.lines[raw] += 1

    async def post(self, path: str, body: bytes, kind: str) -> None:
        url, headers = f"http://{self.runtime.door.address}{path}", {"Content-Type": kind}
        self.runtime.frame()
        before = self.lines[True]
        async with self._client.post(url, data=body, headers=headers) as answer:
            assert answer.status == 200
        self.runtime.frame()
        await self.until(lambda: self.lines[True] == before + 1)
        self.moments[before + 1] = document(self.runtime.store)

    async def write(self, path: Path, lines: list[bytes]) -> None:
        """An agent writes to its transcript, and is read."""
        before = self.lines[True]
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(b"".join(line + b"\n" for line in lines))
        await self.until(lambda: self.lines[True] > before)

    async def until(self, true) -> None:
        async with asyncio.timeout(WAIT_S):
            while not true():  # noqa: ASYNC110 - another task and a thread do it
                await asyncio.sleep(0.002)

    async def stop(self) -> None:
        await self.runtime.stop()
        await asyncio.gather(*self._recording)
        await self._client.close()


@asynccontextmanager
async def stage(folder: Path):
    made = Stage(folder)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


@pytest.fixture
async def live(tmp_path, monkeypatch):
    """A session with subagents over telemetry, hooks and transcripts, one more by hook alone; seen by a person."""
    for name in ("CLAUDE_CONFIG_DIR", "XDG_CONFIG_HOME", "CODEX_HOME", "COPILOT_HOME", "GEMINI_CLI_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    projects = tmp_path / ".claude" / "projects"
    projects.mkdir(parents=True)
    async with stage(tmp_path) as made:
        requests = sent(SCENARIO.name)
        half = len(requests) // 2
        for requests_now, part in ((requests[:half], 0), (requests[half:], 1)):
            for one in requests_now:
                made.clock.jump(round(one.unix * 1e9))
                await made.post(one.path, one.body, one.content_type)
            for file in sorted((SCENARIO / "transcripts").rglob("*.jsonl")):
                target = projects / file.relative_to(SCENARIO / "transcripts")
                target.parent.mkdir(parents=True, exist_ok=True)
                for beside in file.parent.glob("*.meta.json"):
                    shutil.copy(beside, target.parent)
                lines = file.read_bytes().splitlines()
                middle = len(lines) // 2
                await made.write(target, lines[:middle] if part == 0 else lines[middle:])
        for payload in (ASKED, ASKED | {"hook_event_name": "Stop"}):
            await made.post("/hooks/claude-code", json.dumps(payload).encode(), "application/json")
        made.clock.advance(30)
        made.runtime.frame()
        for session in made.runtime.sessions():
            made.runtime.acknowledge(session.key)
        made.clock.advance(1)
        made.runtime.frame()
        yield made


def document(store) -> dict:
    return json.loads(json.dumps(sessions_document(store.sessions(every=True), store.totals())))


async def pictures(store, now_ns: int) -> list[list[str]]:
    """The dashboard, the page of its first session, and why it is in its state, row by row."""
    clock = SteppedClock(now_ns)
    screen = ScreenSettings(theme="aimon-dark")
    app = AimonApp(store, door=StillDoor(), clock=clock, settings=screen, framed=False, environment=TRUECOLOR)
    drawn = []
    async with app.run_test(size=(120, 40)) as pilot:
        app.frame()
        for key in ("", "enter", "w"):
            await pilot.press(*[key] if key else [])
            app.frame()
            await settle(app)
            drawn.append(text(app))
    return drawn


async def test_a_recording_played_again_is_the_same_ledger_and_the_same_pictures(live):
    now_ns = live.clock.now_ns()
    told, drawn = document(live.runtime.store), await pictures(live.runtime.store, now_ns)
    assert told["totals"]["llm_calls"]
    assert {session["state"] for session in told["sessions"]} == {"ended", "idle"}
    assert "deploy with" in "\n".join(map("\n".join, drawn))
    await live.stop()
    entries = list(reel.read(live.tape(raw=True) / reel.NAME))
    assert {type(entry) for entry in entries} >= {reel.Sent, reel.Hooked, reel.Written, reel.Kept, reel.End}
    assert entries[-1].at_ns == now_ns
    store = await played(merged([live.tape(raw=True)]), live.settings)
    assert document(store) == told
    assert await pictures(store, now_ns) == drawn


async def test_it_is_the_same_ledger_at_every_moment(live):
    await live.stop()
    clock = SteppedClock(0)
    player = Player(clock, live.settings)
    player.store.prices = live.runtime.store.prices
    assert len(live.moments) > 20
    for number, entry in enumerate(reel.read(live.tape(raw=True) / reel.NAME), 1):
        clock.jump(entry.at_ns)
        await player.take(entry)
        player.store.drain()
        if number in live.moments:
            assert document(player.store) == live.moments[number]
    player.close()


async def test_without_words_it_counts_the_same_and_says_nothing_that_anybody_wrote(live):
    told = document(live.runtime.store)
    await live.stop()
    texts = {raw: gzip.decompress((live.tape(raw=raw) / reel.NAME).read_bytes()).decode() for raw in (True, False)}
    lines = "\n".join(json.dumps(entry) for entry in map(json.loads, texts[False].splitlines()))
    store = await played(merged([live.tape(raw=False)]), live.settings)
    again = document(store)
    assert again["totals"] == told["totals"]
    for before, after in zip(told["sessions"], again["sessions"], strict=True):
        for name in ("session_id", "state", "tokens", "cost", "llm_calls", "tool_calls", "turns", "cwd", "subagents"):
            assert after.get(name) == before.get(name), name
    assert (SECRET in texts[True], SECRET in texts[False], "deploy with" in lines) == (True, False, False)
    words = {session["last_prompt"] for session in told["sessions"] if session.get("last_prompt")}
    assert not [word for word in words if word and word in lines]
