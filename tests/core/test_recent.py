"""What is kept in memory answers like the journal, and no more of it than was said."""

import os
import sqlite3
from pathlib import Path

import pytest

from aimon_core.journal import Delivery, Journal
from aimon_core.recent import Recent


def delivery(at_ns: int, body: bytes = b"{}") -> Delivery:
    return Delivery("hooks/claude-code", body, at_ns)


@pytest.mark.parametrize("where", ["memory", "disk"])
def test_what_arrived_between_two_moments(where: str, tmp_path: Path) -> None:
    kept = Recent() if where == "memory" else Journal(tmp_path / "journal.db")
    sent = [delivery(at_ns, os.urandom(30)) for at_ns in range(10)]
    kept.append(*sent[:4])
    kept.append(*sent[4:])
    reader = kept.reader()
    assert list(reader.between(3, 6)) == sent[3:7]
    assert list(reader.between(7, 2**63 - 1)) == sent[7:]
    assert reader.notice == ""
    reader.close()
    kept.close()


def test_the_oldest_go_when_memory_is_full() -> None:
    kept = Recent(limit=10_000)
    for at_ns in range(100):
        kept.append(delivery(at_ns, os.urandom(1_000)))
    left = [one.arrived_ns for one in kept.between(0, 1_000)]
    assert left == list(range(91, 100))


def test_a_reader_of_memory_does_not_see_what_comes_later() -> None:
    kept = Recent()
    kept.append(delivery(1))
    walk = kept.reader().between(0, 9)
    kept.append(delivery(2))
    assert [one.arrived_ns for one in walk] == [1]


def test_a_journal_finds_a_moment_by_its_index_and_older_ones_get_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    Journal(path).close()
    with sqlite3.connect(path) as db:
        db.execute("DROP INDEX arrivals")
    journal = Journal(path)
    journal.append(delivery(1))
    with sqlite3.connect(path) as db:
        plan = db.execute("EXPLAIN QUERY PLAN SELECT body FROM deliveries WHERE arrived_ns BETWEEN 0 AND 9").fetchall()
    assert "arrivals" in str(plan)
    journal.close()


def test_damage_ends_the_look_early_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(path)
    journal.append(*(delivery(at_ns, os.urandom(500)) for at_ns in range(500)))
    journal.close()
    body = bytearray(path.read_bytes())
    for page in range(4, len(body) // 4096):
        body[page * 4096 : page * 4096 + 512] = os.urandom(512)
    path.write_bytes(body)
    reader = Journal.read_only(path)
    assert len(list(reader.between(0, 500))) < 500
    assert "could not be read to its end" in reader.notice
    reader.close()
