"""What outlives a restart: the last screen at once, bounds that are kept, and a disk that is full and then is not."""

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace

from aimon_core.clock import SteppedClock
from aimon_core.config import Settings
from aimon_core.journal import Delivery, Journal
from aimon_core.pictures import Recalled, wordless
from aimon_core.store import SessionStore
from aimon_tui.recollection import Recollection
from aimon_tui.runtime import Runtime
from tests.fakes.captures import sent
from tests.fakes.events import answered, prompted
from tests.fakes.told import NOW_NS

WAIT_S = 10.0
KEY = "claude-code:s1"
DAY_NS = 86_400 * 10**9


def runtime_at(tmp_path: Path, now_ns: int = NOW_NS, **settings) -> Runtime:
    told = Settings(port=0, state_dir=str(tmp_path / "state"), **settings)
    return Runtime(told, SteppedClock(now_ns), runtime_folder=str(tmp_path / "run"))


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not true():  # noqa: ASYNC110 - a condition
            await asyncio.sleep(0)


async def restored(runtime: Runtime) -> Runtime:
    await runtime.start(frame_s=3600)
    await asyncio.wait_for(runtime.restored.wait(), WAIT_S)
    return runtime


async def post(runtime: Runtime, number: int = 0) -> tuple[int, str | None]:
    request = sent("tui_default_intervals")[number]
    url, headers = f"http://{runtime.door.address}{request.path}", {"Content-Type": request.content_type}
    async with aiohttp.ClientSession() as client, client.post(url, data=request.body, headers=headers) as answer:
        return answer.status, answer.headers.get("Retry-After")


def pictured(*events) -> SessionStore:
    store = SessionStore(SteppedClock(NOW_NS))
    store.apply(events, NOW_NS)
    store.drain()
    return store


# ------------------------------------------------------------------------------------------ the last screen


async def test_the_last_screen_is_there_before_the_journal_is_read(tmp_path, monkeypatch):
    first = await restored(runtime_at(tmp_path))
    for number in range(12):
        await post(first, number)
    first.frame()
    (before,), sums = first.sessions(), first.totals()
    await first.stop()
    read = asyncio.Event()

    async def held(*_) -> None:
        await read.wait()

    monkeypatch.setattr("aimon_tui.restoring.restore", held)
    second = runtime_at(tmp_path, NOW_NS + 60 * 10**9)
    await second.start(frame_s=3600)
    await until(second.sessions)
    assert not second.restored.is_set()
    before = wordless(before)
    assert second.sessions() == [before]
    assert second.get(before.key) == before
    assert second.totals().llm_calls == sums.llm_calls
    assert second.drain() == {before.key}, "a screen is told to paint it"
    read.set()
    await asyncio.wait_for(second.restored.wait(), WAIT_S)
    await second.stop()


async def test_what_was_said_or_worked_on_is_not_kept(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    (asks,) = pictured(prompted(1)).sessions()
    secret = "sesame"
    asks = replace(asks, doing=secret, waiting_on=f"Bash: {secret}", parent_says=secret, name=secret)
    journal.keep(NOW_NS, {KEY: asks}, pictured().totals())
    (kept,) = journal.recall(0, NOW_NS).sessions.values()
    assert (kept.doing, kept.waiting_on, kept.state) == ("", None, asks.state)
    journal.close()
    assert not any(secret.encode() in path.read_bytes() for path in tmp_path.iterdir())


async def test_what_the_journal_says_replaces_the_last_screen(tmp_path):
    first = await restored(runtime_at(tmp_path))
    await post(first)
    first.frame()
    await first.stop()
    journal = Journal(tmp_path / "state" / "journal.db")
    (picture,) = journal.recall(0, NOW_NS).sessions.values()
    vanished = replace(picture, key="claude-code:never", session_id="never")
    journal.keep(NOW_NS, {vanished.key: vanished}, first.totals())
    journal.close()
    second = await restored(runtime_at(tmp_path))
    await until(lambda: second.get(vanished.key) is None)
    assert [one.key for one in second.sessions()] == [picture.key]
    assert second.drain() >= {picture.key, vanished.key}
    await second.stop()


def test_a_session_never_counts_up_from_nothing():
    whole = pictured(prompted(1), answered(2, "r1"), prompted(3), answered(4, "r2"))
    view = Recollection(store := pictured(prompted(1)))
    view.begin(Recalled({KEY: whole.get(KEY)}, whole.totals()))
    assert view.get(KEY).llm_calls == 2
    store.apply([answered(2, "r1")], NOW_NS)
    assert (view.get(KEY).llm_calls, view.totals().llm_calls) == (2, 2)
    assert [one.llm_calls for one in view.sessions()] == [2]
    store.apply([prompted(3), answered(4, "r2"), prompted(5)], NOW_NS)
    assert view.get(KEY) == store.get(KEY), "the ledger knows more than was remembered"
    assert view.end() == {KEY}
    assert view.sessions() == store.sessions()


def test_a_session_that_was_over_is_remembered_and_not_listed():
    over = replace(pictured(prompted(1)).get(KEY), state="ended")
    view = Recollection(SessionStore(SteppedClock(NOW_NS)))
    view.begin(Recalled({KEY: over}))
    assert (view.sessions(), view.sessions(every=True)) == ([], [over])


def test_pictures_of_another_format_and_damaged_ones_are_passed_over(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    store = pictured(prompted(1))
    journal.keep(NOW_NS, {KEY: store.get(KEY)}, store.totals())
    assert journal.recall(0, NOW_NS).sessions == {KEY: wordless(store.get(KEY))}
    assert journal.recall(0, NOW_NS + 2 * DAY_NS).totals is None, "yesterday's sums are not today's"
    for damage in ("body = x'ff'", "format = 0"):
        journal._db.execute(f"UPDATE pictures SET {damage}")
        assert journal.recall(0, NOW_NS) == Recalled()
    journal.keep(NOW_NS, {KEY: None}, store.totals())
    assert journal._db.execute("SELECT key FROM pictures").fetchall() == [("",)]


# ------------------------------------------------------------------------------------------ bounds


@pytest.mark.parametrize(("settings", "left"), [({"keep_days": 2.0}, [2, 1]), ({"keep_mib": 1}, [1]), ({}, [6, 2, 1])])
async def test_the_journal_is_kept_within_what_the_settings_say(tmp_path, settings, left):
    (tmp_path / "state").mkdir()
    journal = Journal(tmp_path / "state" / "journal.db")
    for days in (8, 6, 2, 1):
        journal.append(Delivery("logs", os.urandom(700_000), NOW_NS - days * DAY_NS + DAY_NS // 2))
    journal.close()
    runtime = await restored(runtime_at(tmp_path, **settings))
    kept = list(Journal.read_only(tmp_path / "state" / "journal.db").deliveries())
    assert [round((NOW_NS - one.arrived_ns) / DAY_NS + 0.5) for one in kept] == left
    await runtime.stop()


# ------------------------------------------------------------------------------------------ trouble


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own with 2 MiB."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def filled(folder: Path) -> Path:
    """A file that leaves no room at all."""
    with (folder / "filler").open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                return folder / "filler"


async def test_a_full_disk_refuses_for_a_while_says_so_and_mends_itself(tmp_path):
    with small_disk(tmp_path / "state"):
        runtime = await restored(runtime_at(tmp_path))
        assert (await post(runtime))[0] == 200
        filler = filled(tmp_path / "state")
        answers = [await post(runtime, number) for number in range(1, len(sent("tui_default_intervals")))]
        refused = [number for number, (status, _) in enumerate(answers, 1) if status == 503]
        assert refused
        assert {retry for status, retry in answers if status == 503} == {"1"}
        runtime.frame()
        assert "full" in runtime.notices[-1]
        filler.unlink()
        assert [(await post(runtime, number))[0] for number in refused] == [200] * len(refused)
        runtime._clock.advance(60)
        runtime.frame()
        assert "written again" in runtime.notices[-1]
        before = [(one.key, one.llm_calls, one.tokens) for one in runtime.sessions()]
        await runtime.stop()
        again = await restored(runtime_at(tmp_path))
        assert [(one.key, one.llm_calls, one.tokens) for one in again.store.sessions()] == before
        await again.stop()


async def test_a_journal_that_breaks_while_it_is_used_is_moved_aside_and_said(tmp_path):
    runtime = await restored(runtime_at(tmp_path))
    path = tmp_path / "state" / "journal.db"
    path.rename(path.with_name("elsewhere"))
    path.write_bytes(b"rubbish" * 1000)
    assert (await post(runtime))[0] == 200
    runtime.frame()
    assert "moved to" in runtime.notices[-1]
    assert path.with_name("journal.db.aside-1").read_bytes().startswith(b"rubbish")
    assert len(list(Journal.read_only(path).deliveries())) == 1
    await runtime.stop()


async def test_a_journal_that_could_not_be_opened_is_once_it_can(tmp_path, monkeypatch):
    monkeypatch.setattr("aimon_tui.memory.RETRY_S", 0.0)
    (tmp_path / "state").touch()
    runtime = await restored(runtime_at(tmp_path))
    assert (await post(runtime))[0] == 200
    (tmp_path / "state").unlink()
    await until(lambda: len(runtime.notices) == 2)
    assert "from now on" in runtime.notices[-1]
    assert (await post(runtime, 1))[0] == 200
    assert len(list(Journal.read_only(tmp_path / "state" / "journal.db").deliveries())) == 1
    await runtime.stop()


async def test_a_client_that_goes_cancels_nobody_elses_commit(tmp_path):
    runtime = await restored(runtime_at(tmp_path))
    held = asyncio.Event()
    loop = asyncio.get_running_loop()
    writer = runtime._desk.journal
    go_on = threading.Event()
    writer.do(lambda _: (loop.call_soon_threadsafe(held.set), go_on.wait(WAIT_S)))
    await held.wait()
    gone, stays = (asyncio.create_task(post(runtime, number)) for number in (0, 1))
    await until(lambda: len(writer._gathered) == 2)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    go_on.set()
    assert (await asyncio.wait_for(stays, WAIT_S))[0] == 200
    assert len(list(Journal.read_only(Path(runtime._memory.path)).deliveries())) == 2
    await runtime.stop()
