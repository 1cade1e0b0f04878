"""Transcripts are followed on a real file system: what is written shows, whatever else happens to the files."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from aimon_core.clock import SystemClock
from aimon_core.events import Event, LlmCalled, PromptSubmitted
from receiver import follow, watch
from receiver.follow import Follower
from tests.fakes.transcripts import said, user

DEADLINE_S = 15


class Followed:
    """A follower in a home of its own, and what it told."""

    def __init__(self, home, *, poll: bool) -> None:
        self.folder = home / ".claude" / "projects" / "-home-dev-shop-api"
        self.events: list[Event] = []
        self.times: list[int] = []
        self.follower = Follower(self._take, SystemClock(), poll=poll)

    def _take(self, events: list[Event], written_ns: int) -> None:
        self.events += events
        self.times += [written_ns] * len(events)

    def write(self, name: str, *lines: dict, mode: str = "a", end: str = "\n") -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{name}.jsonl").open(mode) as out:
            out.write("\n".join(map(json.dumps, lines)) + end)

    @property
    def prompts(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, PromptSubmitted)]

    async def until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not true():
            assert time.monotonic() < deadline, f"told only {self.prompts}"
            await asyncio.sleep(0.01)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.follower.run())
        await asyncio.wait_for(self.follower.caught_up.wait(), DEADLINE_S)
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(params=[False, True], ids=["told", "polled"])
def followed(request, tmp_path, monkeypatch):
    for name in ("CLAUDE_CONFIG_DIR", "XDG_CONFIG_HOME", "CODEX_HOME", "COPILOT_HOME", "GEMINI_CLI_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(watch, "POLL_S", 0.02)
    monkeypatch.setattr(watch, "CHECK_S", 0.1)
    return Followed(tmp_path, poll=request.param)


def age(followed, name: str, days: float) -> None:
    at_s = datetime.now().astimezone().replace(hour=12).timestamp() - days * 86400
    os.utime(followed.folder / f"{name}.jsonl", (at_s, at_s))


async def test_what_was_written_today_is_read_newest_first(followed):
    for number, name in enumerate(["old", "older", "new"]):
        followed.write(name, user(1, name))
        os.utime(followed.folder / f"{name}.jsonl", (0, time.time() - 3 + number))
    followed.write("yesterday", user(1, "yesterday"))
    age(followed, "yesterday", 1)
    async with followed.running():
        assert followed.prompts == ["new", "older", "old"]
        assert max(followed.times) - min(followed.times) == pytest.approx(2e9, abs=1e7)


async def test_what_is_written_now_shows(followed):
    followed.write("s1", user(1, "one"))
    async with followed.running():
        followed.write("s1", user(2, "two"), said(3, "done"))
        await followed.until(lambda: followed.prompts == ["one", "two"])
        assert any(isinstance(event, LlmCalled) for event in followed.events)
        followed.write("s1", user(4, "three"), end="")
        followed.write("s2", user(5, "four"))
        await followed.until(lambda: "four" in followed.prompts)
        assert "three" not in followed.prompts
        followed.write("s1", end="\n")
        await followed.until(lambda: "three" in followed.prompts)


async def test_folders_that_come_later_are_seen(followed):
    async with followed.running():
        assert followed.prompts == []
        followed.write("s1", user(1, "first"))
        await followed.until(lambda: followed.prompts == ["first"])
        (followed.folder / "s1" / "subagents").mkdir(parents=True)
        followed.write("s1/subagents/agent-a1", user(2, "look", agentId="a1", isSidechain=True))
        await followed.until(lambda: any(event.agent_id == "a1" for event in followed.events))


async def test_a_file_that_goes_and_comes_again_is_another(followed):
    followed.write("s1", user(1, "one"))
    async with followed.running():
        (followed.folder / "s1.jsonl").unlink()
        await followed.until(lambda: not followed.follower._followed)
        followed.write("s1", user(9, "nine"))
        await followed.until(lambda: followed.prompts == ["one", "nine"])
        followed.write("s1", user(10, "ten"), mode="w")
        await followed.until(lambda: followed.prompts == ["one", "nine", "ten"])


async def test_bad_lines_are_counted_and_never_fatal(followed):
    followed.folder.mkdir(parents=True)
    good = json.dumps(user(1, "half an emoji \ud83d, whole"))
    junk = [b"{", b"[" * 100_000, b"\xff\xfe", b"null", good.encode()]
    (followed.folder / "s1.jsonl").write_bytes(b"\n".join(junk) + b"\n")
    async with followed.running():
        assert followed.prompts == ["half an emoji \ufffd, whole"]
        assert followed.follower.counters.unread == 4
        assert followed.follower.counters.lines == 5


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
async def test_a_file_that_may_not_be_read_is_counted(followed):
    followed.write("s1", user(1, "secret"))
    followed.write("s2", user(2, "open"))
    (followed.folder / "s1.jsonl").chmod(0)
    async with followed.running():
        assert (followed.prompts, followed.follower.counters.unreadable) == (["open"], 1)


async def test_a_fifo_holds_up_nobody(followed):
    followed.write("s1", user(1, "one"))
    os.mkfifo(followed.folder / "s2.jsonl")
    async with followed.running():
        assert (followed.prompts, followed.follower.counters.unreadable) == (["one"], 1)


async def test_an_older_session_is_read_once_its_process_is_known(followed):
    name = "abaa2f48-4cec-45ef-9cda-68d1543b3cb6"
    followed.write(name, user(1, "long ago"))
    age(followed, name, 3)
    async with followed.running():
        assert followed.prompts == []
        await followed.follower.want(frozenset({name}))
        await followed.until(lambda: followed.prompts == ["long ago"])


async def test_where_the_system_cannot_watch_files_are_looked_at(followed, monkeypatch):
    import watchfiles

    def refused(*_paths, **_options):
        message = 'No space left on device (os error 28) about ["/proc/sys/fs/inotify/max_user_watches"]'
        raise OSError(message)

    monkeypatch.setattr(watchfiles, "watch", refused)
    followed.write("s1", user(1, "one"))
    async with followed.running():
        followed.write("s1", user(2, "two"))
        await followed.until(lambda: followed.prompts == ["one", "two"])


async def test_a_large_transcript_leaves_the_loop_free(followed):
    followed.write("s1", *(user(1, f"prompt {number} {'x' * 900}") for number in range(4000)))
    longest, asked = 0.0, time.perf_counter()

    async def tick() -> None:
        nonlocal longest, asked
        while True:
            asked = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - asked)

    ticking = asyncio.create_task(tick())
    async with followed.running():
        ticking.cancel()
        assert len(followed.prompts) == 4000
    assert longest < 0.5, "a generous bound: the machine that runs the tests may be busy"


async def test_the_number_of_files_is_bounded(followed, monkeypatch):
    monkeypatch.setattr(follow, "FILES", 3)
    for number in range(6):
        followed.write(f"s{number}", user(1, str(number)))
    async with followed.running():
        assert len(followed.prompts) == 6
        assert len(followed.follower._followed) == 3
