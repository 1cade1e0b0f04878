"""The relay: what is passed on and how, what waits where, what comes round again, what a restart finds."""

import asyncio
import gzip
import stat
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aimon_core.clock import SteppedClock
from receiver import forward as module
from receiver import outbox, posting
from receiver.forward import Relay
from receiver.outbox import Letter, Outbox, OutboxFailed
from receiver.passing import MARK, Came, Passed
from tests.fakes.collector import WAIT_S, Answer
from tests.fakes.relayed import absent, relayed
from tests.receiver.test_export_sender import NOBODY, Pauses

JSON, PROTOBUF = "application/json", "application/x-protobuf"


def passed(body: bytes = b"x", kind: str = "logs", marks: str = "", content_type: str = PROTOBUF, encoding: str = ""):
    return Passed(kind, Came(body, content_type, encoding, marks), 1, None)


def relay_to(url: str, folder: Path | None, pauses: Pauses | None = None, mark: str = "me", **more) -> Relay:
    return Relay(url, SteppedClock(), folder=folder, mark=mark, pause=pauses or Pauses(), **more)


@asynccontextmanager
async def running(relay: Relay, *, within_s: float = 0.0):
    task = asyncio.get_running_loop().create_task(relay.run())
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await relay.finish(within_s)


async def until(true) -> None:
    async with asyncio.timeout(WAIT_S):
        while not true():  # noqa: ASYNC110 - a thread of its own keeps it
            await asyncio.sleep(0.001)


async def test_every_signal_is_passed_on_byte_for_byte_to_the_same_path(tmp_path):
    bodies = {"logs": gzip.compress(b"logs", mtime=0), "traces": b"{}", "metrics": bytes(range(256))}
    async with relayed() as collector:
        relay = relay_to(collector.url, tmp_path, headers={"Authorization": "Basic eA=="})
        async with running(relay):
            relay.passed(passed(bodies["logs"], "logs", encoding="gzip"))
            relay.passed(passed(bodies["traces"], "traces", content_type=f"{JSON}; charset=utf-8"))
            relay.passed(passed(bodies["metrics"], "metrics"))
            await until(lambda: relay.forwarded.sent == 3)
            assert relay.figures()["queued"] == relay.figures()["queued_bytes"] == 0
    assert {one.path.removeprefix("/v1/"): one.body for one in collector.taken} == bodies
    logs, traces, metrics = (one.headers for one in collector.taken)
    assert (logs["Content-Encoding"], logs["Content-Type"], logs[MARK]) == ("gzip", PROTOBUF, "me")
    assert (traces["Content-Type"], metrics["Content-Type"]) == (f"{JSON}; charset=utf-8", PROTOBUF)
    assert "Content-Encoding" not in metrics
    assert {one["Authorization"] for one in (logs, traces, metrics)} == {"Basic eA=="}


async def test_hooks_are_nobody_elses_business(tmp_path):
    relay = relay_to(NOBODY, tmp_path)
    relay.passed(passed(b"{}", "hooks/claude-code"))
    assert relay.figures()["queued"] == 0


@pytest.mark.parametrize(
    ("marks", "goes"), [("", "me"), ("other", "other,me"), ("me", None), ("other,me,third", None), ("a," * 8, None)]
)
async def test_what_has_been_here_before_is_not_passed_on_again(tmp_path, marks, goes):
    async with relayed() as collector:
        relay = relay_to(collector.url, tmp_path)
        async with running(relay):
            relay.passed(passed(marks=marks))
            await until(lambda: relay.forwarded.sent + relay.forwarded.looped)
    assert [one.headers[MARK] for one in collector.taken] == ([goes] if goes else [])
    assert relay.forwarded.looped == (goes is None)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_what_may_be_repeated_is_sent_again_in_its_order(tmp_path, status):
    async with relayed() as collector:
        collector.answers = [Answer(status), Answer(status), Answer(status, Retry_After="7")]
        relay = relay_to(collector.url, tmp_path, pauses := Pauses())
        async with running(relay):
            for body in (b"1", b"2", b"3"):
                relay.passed(passed(body))
            await until(lambda: relay.forwarded.sent == 3)
    assert [one.body for one in collector.taken] == [b"1", b"2", b"3"]
    assert pauses.told == pytest.approx([1, 2, 7], rel=0.21)
    assert relay.forwarded.problem is None


@pytest.mark.parametrize("status", [302, 307, 400, 401, 404, 413, 500])
async def test_what_may_not_be_repeated_is_refused_and_counted_and_no_redirect_followed(tmp_path, status):
    async with relayed() as collector:
        collector.answers = [Answer(status, Location=f"{collector.url}/elsewhere")]
        relay = relay_to(collector.url, tmp_path, pauses := Pauses())
        async with running(relay):
            relay.passed(passed(b"1"))
            await until(lambda: relay.forwarded.refused == 1)
            assert relay.forwarded.problem == f"it answers {status}"
            relay.passed(passed(b"2"))
            await until(lambda: relay.forwarded.sent == 1)
    assert ([one.path for one in collector.taken], collector.asked) == (["/v1/logs"], 2)
    assert (relay.forwarded.problem, pauses.told) == (None, [])


async def test_what_a_dead_collector_missed_is_sent_after_a_restart_of_both(tmp_path):
    collector, place = absent()
    relay = relay_to(collector.url, tmp_path, pauses := Pauses(2))
    async with running(relay):
        relay.passed(passed(b"1"))
        relay.passed(passed(b"2", "traces"))
        await asyncio.wait_for(pauses.enough.wait(), WAIT_S)
        await until(lambda: relay._outbox.count == 2)
        assert "127.0.0.1" in relay.figures()["problem"]
    (file,) = tmp_path.glob("*.db")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    async with relayed(collector, place):
        again = relay_to(collector.url, tmp_path, mark="later")
        async with running(again):
            again.passed(passed(b"3"))
            await until(lambda: again.forwarded.sent == 3)
    assert [(one.path, one.body) for one in collector.taken] == [
        ("/v1/logs", b"1"),
        ("/v1/traces", b"2"),
        ("/v1/logs", b"3"),
    ]
    assert [one.headers[MARK] for one in collector.taken] == ["me", "me", "later"]


async def test_what_was_just_heard_survives_an_end_before_it_could_be_sent(tmp_path):
    async with relayed() as collector:
        collector.held.clear()
        relay = relay_to(collector.url, tmp_path)
        async with running(relay):
            relay.passed(passed(b"1"))
            await collector.asks(1)
            relay.passed(passed(b"2"))
        collector.held.set()
        await until(lambda: collector.taken)
        collector.taken.clear()
        again = relay_to(collector.url, tmp_path)
        async with running(again):
            await until(lambda: again.forwarded.sent == 2)
    assert [one.body for one in collector.taken] == [b"1", b"2"], "sent twice rather than never"


async def test_the_end_sends_what_is_left_where_somebody_takes_it(tmp_path):
    async with relayed() as collector:
        relay = relay_to(collector.url, tmp_path)
        async with running(relay, within_s=WAIT_S):
            await until(lambda: relay._outbox is not None)
            relay.passed(passed(b"1"))
    assert [one.body for one in collector.taken] == [b"1"]


async def test_a_slow_collector_holds_up_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(posting, "POST_S", 0.05)
    async with relayed() as collector:
        collector.held.clear()
        relay = relay_to(collector.url, tmp_path, pauses := Pauses(1))
        async with running(relay):
            for _ in range(100):
                relay.passed(passed(b"x" * 1000))
            await asyncio.wait_for(pauses.enough.wait(), WAIT_S)
            assert relay.forwarded.problem.startswith("no answer within")
            assert relay.figures()["queued"] == 100
        collector.held.set()


async def test_a_disk_that_stands_still_fills_the_memory_only_so_far(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ASIDE_BYTES", 25)
    relay = relay_to(NOBODY, tmp_path)
    for _ in range(5):
        relay.passed(passed(b"x" * 10))
    assert (relay.figures()["queued"], relay.figures()["queued_bytes"], relay.forwarded.dropped) == (2, 20, 3)


async def test_of_two_aimons_one_has_what_waits_and_the_other_does_without(tmp_path):
    async with relayed() as collector:
        one, two = relay_to(collector.url, tmp_path), relay_to(collector.url, tmp_path, mark="you")
        async with running(one):
            await until(lambda: one._outbox is not None)
            async with running(two):
                await until(lambda: two._outbox is not None)
                assert "kept in memory" in two.forwarded.problem
                one.passed(passed(b"1"))
                two.passed(passed(b"2"))
                await until(lambda: one.forwarded.sent == two.forwarded.sent == 1)
    assert sorted(one.body for one in collector.taken) == [b"1", b"2"]


async def test_without_a_journal_nothing_is_left_on_disk():
    async with relayed() as collector:
        relay = relay_to(collector.url, None)
        async with running(relay):
            relay.passed(passed(b"1"))
            await until(lambda: relay.forwarded.sent == 1)
    assert [one.body for one in collector.taken] == [b"1"]


def letter(body: bytes) -> Letter:
    return Letter("/v1/logs", PROTOBUF, "", "me", body)


def test_where_too_much_waits_the_oldest_goes_and_one_always_has_room(tmp_path):
    box = Outbox(tmp_path / "a.db", limit=25)
    assert box.put([letter(b"1" * 10), letter(b"2" * 10), letter(b"3" * 10)]) == 1
    assert (box.count, box.bytes, box.oldest()[0][1].body) == (2, 20, b"2" * 10)
    assert box.put([letter(b"4" * 1000)]) == 2
    assert (box.count, box.bytes) == (1, 1000)
    box.close()


def test_what_waited_for_a_week_is_not_sent_any_more(tmp_path, monkeypatch):
    box = Outbox(tmp_path / "a.db")
    box.put([letter(b"old")])
    box.close()
    monkeypatch.setattr(outbox, "KEPT_S", -1.0)
    again = Outbox(tmp_path / "a.db")
    assert (again.count, again.oldest()) == (0, [])
    again.close()


def test_what_was_sent_is_not_on_the_disk_any_more(tmp_path):
    box = Outbox(tmp_path / "a.db")
    box.put([letter(b"a prompt that nobody else shall read")])
    ((number, _),) = box.oldest()
    assert box.settle([(number, 36)]) == {number}
    assert box.settle([(number, 36)]) == set()
    assert (box.count, box.bytes, box.oldest()) == (0, 0, [])
    assert b"nobody else" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    box.close()


@pytest.mark.parametrize("content", [b"no database at all" * 100, b""])
def test_a_file_that_is_no_outbox_is_made_anew(tmp_path, content):
    path = tmp_path / "a.db"
    path.write_bytes(content)
    box = Outbox(path)
    box.put([letter(b"1")])
    assert box.oldest()[0][1].body == b"1"
    box.close()


def test_a_file_in_somebody_elses_hands_is_said(tmp_path):
    (tmp_path / "forward").write_text("a file where the folder should be")
    with pytest.raises(OutboxFailed, match="cannot be used"):
        Outbox(tmp_path / "forward" / "a.db")


async def test_what_cannot_be_kept_is_counted_and_said_and_the_next_goes_well(tmp_path, monkeypatch):
    def full(_self, _letters):
        raise OutboxFailed("What waits cannot be kept: database or disk is full.")

    async with relayed() as collector:
        relay = relay_to(collector.url, tmp_path)
        async with running(relay):
            await until(lambda: relay._outbox is not None)
            with monkeypatch.context() as disk:
                disk.setattr(Outbox, "put", full)
                relay.passed(passed(b"1"))
                await until(lambda: relay.forwarded.dropped == 1)
                await until(lambda: relay.forwarded.problem == "What waits cannot be kept: database or disk is full.")
            relay.passed(passed(b"2"))
            await until(lambda: relay.forwarded.sent == 1)
    assert ([one.body for one in collector.taken], relay.forwarded.problem) == ([b"2"], None)


def test_a_full_disk_is_said_and_keeps_what_was_there(tmp_path):
    box = Outbox(tmp_path / "a.db")
    box.put([letter(b"1")])
    pages = box._db.execute("PRAGMA page_count").fetchone()[0]
    box._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OutboxFailed, match="database or disk is full"):
        box.put([letter(b"2" * 100_000)])
    assert (box.count, box.bytes, box.oldest()[0][1].body) == (1, 1, b"1")
    box.close()


async def test_what_was_taken_before_a_pause_is_not_sent_again(tmp_path):
    async with relayed() as collector:
        collector.answers = [Answer(), Answer(400), Answer(503)]
        relay = relay_to(collector.url, tmp_path)
        for body in (b"1", b"2", b"3", b"4"):
            relay.passed(passed(body))
        async with running(relay):
            await until(lambda: relay.forwarded.sent == 3)
    assert [one.body for one in collector.taken] == [b"1", b"3", b"4"]
    assert (collector.asked, relay.forwarded.refused, relay.figures()["queued"]) == (5, 1, 0)
