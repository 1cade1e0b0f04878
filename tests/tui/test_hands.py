"""The hands: a stream that tells who left, and a status file that only one aimon writes."""

import json
import os

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.session import Session, Totals, Transition
from aimon_desktop.outputs import short
from aimon_desktop.outputs.ndjson import Narrator
from aimon_tui.hands import Publication, StatusFile, Stream
from tests.fakes.told import NOW_NS, session


class Shelf:
    """Sessions, listed or not."""

    def __init__(self, *listed: Session) -> None:
        self.known = {one.key: one for one in listed}
        self.listed = set(self.known)

    def get(self, key):
        return self.known.get(key)

    def sessions(self):
        return [self.known[key] for key in self.known if key in self.listed]

    def totals(self):
        return Totals()


class Paper:
    """A writer that keeps what it is given."""

    def __init__(self) -> None:
        self.lines, self.lost, self.ready = b"", False, True

    def put(self, lines):
        self.lines += lines

    def caught_up(self):
        ready = self.lost and self.ready
        self.lost = self.lost and not ready
        return ready

    def close(self):
        self.put(b"end")

    def read(self) -> list[dict]:
        lines, self.lines = self.lines, b""
        return [json.loads(line) for line in lines.splitlines()]


@pytest.fixture
def clock():
    return SteppedClock(NOW_NS)


@pytest.fixture
def paper():
    return Paper()


def test_the_stream_begins_with_all_that_is_listed(clock, paper):
    stream = Stream(Shelf(session("a"), session("b")), Narrator(clock), paper)
    stream.frame(set())
    first, *updates = paper.read()
    assert ([item["session_id"] for item in first["sessions"]], len(updates)) == (["a", "b"], 2)
    stream.frame(set())
    assert paper.read() == []


def test_a_session_that_expires_is_told_before_it_goes(clock, paper):
    shelf = Shelf(session("a"))
    stream = Stream(shelf, Narrator(clock), paper)
    stream.frame(set())
    paper.read()
    expired = session("a", "expired")
    shelf.known, shelf.listed = {expired.key: expired}, set()
    stream.frame({expired.key})
    lines = paper.read()
    assert [line.get("state") for line in lines if line["type"] == "session_update"] == ["expired"]
    assert lines[-1]["sessions"] == []


async def test_a_reader_that_missed_lines_gets_the_list(clock, paper):
    stream = Stream(Shelf(session("a")), Narrator(clock), paper)
    stream.moved([])
    stream.frame(set())
    paper.read()
    paper.lost = True
    stream.frame(set())
    assert [line["type"] for line in paper.read()] == ["session_list"]
    await stream.close()
    assert paper.lines == b"end"


def test_no_line_is_made_for_a_reader_that_stopped_and_none_is_missing_when_it_reads_on(clock, paper):
    shelf = Shelf(session("a"), session("b"))
    stream = Stream(shelf, Narrator(clock), paper)
    stream.frame(set())
    paper.read()
    paper.lost, paper.ready = True, False
    for one in (session("a", "waiting"), session("b", "failed")):
        shelf.known[one.key] = one
        stream.frame({one.key})
    assert paper.read() == []
    paper.ready = True
    stream.frame(set())
    lines = paper.read()
    assert {line["session_id"]: line["state"] for line in lines if line["type"] == "session_update"} == {
        "a": "waiting", "b": "failed",
    }  # fmt: skip
    assert [item["state"] for item in lines[-1]["sessions"]] == ["waiting", "failed"]
    stream.frame(set())
    assert paper.read() == []


@pytest.fixture
async def status(clock, tmp_path):
    hand = StatusFile(Shelf(session("a")), str(tmp_path), lambda: "127.0.0.1:1", clock)
    yield hand
    await hand.close()


def written(tmp_path) -> dict | None:
    return short.read(str(tmp_path))


async def test_the_status_file_waits_half_a_second_unless_a_state_changed(status, clock, tmp_path):
    status.frame(set())
    assert written(tmp_path)["address"] == "127.0.0.1:1"
    status._books.known = {"k": session("a", "waiting")}
    status._books.listed = {"k"}
    status.frame({"k"})
    assert written(tmp_path)["counts"]["working"] == 1
    clock.advance(0.5)
    status.frame(set())
    assert written(tmp_path)["counts"]["waiting"] == 1
    status._books.known = {"k": session("a", "failed")}
    status.moved([Transition("k", "waiting", "failed", NOW_NS)])
    status.frame({"k"})
    assert written(tmp_path)["counts"]["failed"] == 1


async def test_what_reads_the_same_is_not_written_again(status, clock, tmp_path):
    status.frame(set())
    (tmp_path / short.FILE).write_text("{}")
    clock.advance(9)
    status.frame({"k"})
    assert (tmp_path / short.FILE).read_text() == "{}"


async def test_a_second_aimon_writes_once_the_first_has_ended(status, clock, tmp_path):
    status.frame(set())
    second = StatusFile(Shelf(), str(tmp_path), lambda: "127.0.0.1:2", clock)
    second.frame(set())
    await second.close()  # closing what was never claimed takes nothing away
    assert written(tmp_path)["address"] == "127.0.0.1:1"
    os.close(status._claim)
    status._claim = None
    clock.advance(1)
    second.frame(set())
    assert written(tmp_path)["address"] == "127.0.0.1:2"
    await second.close()
    assert written(tmp_path) is None
    assert not (tmp_path / short.FILE).exists()


async def test_readers_of_the_api_hear_of_every_frame():
    heard = []
    publication = Publication(heard.append)
    publication.frame(set())
    publication.frame({"k"})
    publication.moved([])
    await publication.close()
    assert heard == [set(), {"k"}]
