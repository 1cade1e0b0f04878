"""Requests of the same moment share a commit, and each hears of its own; a full disk is forgiven without a restart."""

import os
import threading
from pathlib import Path

import pytest

from aimon_core.journal import Delivery, Journal, JournalFailed
from aimon_core.writer import Writer


def delivery(number: int, size: int = 10) -> Delivery:
    return Delivery("logs", b"%010d" % number + bytes(size), number)


def kept(path: Path) -> list[int]:
    return [one.arrived_ns for one in Journal.read_only(path).deliveries()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def writer(path):
    writer = Writer(Journal(path))
    yield writer
    writer.close()


def test_what_comes_while_a_commit_runs_is_committed_together(path, writer):
    begun, go_on = threading.Event(), threading.Event()

    def held(_: Journal) -> None:
        begun.set()
        go_on.wait(10)

    writer.do(held)
    begun.wait(10)
    waiting = {writer.append(delivery(number)) for number in range(50)}
    assert len(waiting) == 1, "one commit for all"
    assert not any(one.done() for one in waiting), "and nobody is told before it"
    assert kept(path) == []
    go_on.set()
    waiting.pop().result(10)
    assert kept(path) == list(range(50))


def test_done_means_on_disk_for_whoever_looks(path, writer):
    for number in range(20):
        writer.append(delivery(number)).result(10)
        assert kept(path)[-1] == number


def test_threads_that_append_at_once_lose_and_repeat_nothing(path, writer):
    def send(first: int) -> None:
        for number in range(first, first + 200):
            writer.append(delivery(number)).result(30)

    threads = [threading.Thread(target=send, args=(first,)) for first in range(0, 1600, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kept(path)) == list(range(1600))


def test_a_full_disk_is_told_to_each_and_forgiven(path):
    journal = Journal(path)
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {pages}")
    writer = Writer(journal)
    with pytest.raises(JournalFailed, match="full"):
        writer.append(delivery(1, 2_000), Delivery("logs", os.urandom(100_000), 2)).result(10)
    assert "full" in writer.problem
    writer.append(delivery(3)).result(10)  # on a new connection, which has no bound
    assert (writer.problem, kept(path)) == ("", [3])
    writer.close()


def test_the_end_waits_for_what_was_asked_for(path):
    writer = Writer(Journal(path))
    last = [writer.append(delivery(number)) for number in range(100)][-1]
    writer.close()
    assert last.done()
    assert kept(path) == list(range(100))
