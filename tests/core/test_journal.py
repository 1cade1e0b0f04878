"""What was acknowledged is there tomorrow, whatever happens to the process or to the file."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimon_core.errors import AimonError
from aimon_core.journal import SLICE, Delivery, Journal, JournalFailed, _packed, _unpacked
from aimon_core.journal_file import VERSION


def delivery(number: int, size: int = 10) -> Delivery:
    return Delivery("logs", f"{number:010}".encode() + os.urandom(size), number)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def kept(path: Path) -> list[Delivery]:
    return list(Journal.read_only(path).deliveries())


def test_what_is_appended_comes_back_in_order(path):
    sent = [delivery(number) for number in range(3 * SLICE + 1)]
    journal = Journal(path)
    journal.append(*sent[:10])
    for one in sent[10:]:
        journal.append(one)
    assert list(journal.deliveries()) == sent
    journal.close()
    assert list(Journal(path).deliveries()) == sent
    assert list(journal.deliveries(since_ns=600)) == sent[600:], "a closed journal opens again"
    assert journal.notice == ""


@given(st.binary(max_size=3000) | st.binary(max_size=3).map(lambda some: some * 500))
def test_any_body_comes_back_as_it_was(body):
    assert _unpacked(_packed(body)) == body


def test_text_is_kept_small_and_noise_is_not_made_larger(path):
    journal = Journal(path)
    journal.append(Delivery("logs", b"session.id " * 10_000, 1), Delivery("logs", os.urandom(100), 2))
    sizes = [size for (size,) in sqlite3.connect(path).execute("SELECT length(body) FROM deliveries")]
    assert sizes[0] < 2_000
    assert sizes[1] == 101


def test_only_its_owner_can_read_it(path):
    path.touch(mode=0o644)
    journal = Journal(path)
    journal.append(delivery(1))
    for suffix in ("", "-wal", "-shm"):
        assert Path(f"{path}{suffix}").stat().st_mode & 0o777 == 0o600


def test_a_reader_looks_on_while_a_writer_writes(path):
    writer = Journal(path)
    writer.append(delivery(1))
    reader = Journal.read_only(path)
    assert len(list(reader.deliveries())) == 1
    writer.append(delivery(2))
    assert len(list(reader.deliveries())) == 2
    with pytest.raises(JournalFailed):
        reader.append(delivery(3))
    assert len(kept(path)) == 2


def test_there_is_nothing_to_read_where_there_is_no_journal(path):
    with pytest.raises(JournalFailed, match=r"journal\.db"):
        Journal.read_only(path)
    assert not path.exists()
    path.write_bytes(b"not a database at all, but long enough to be one" * 50)
    with pytest.raises(JournalFailed):
        Journal.read_only(path)
    assert path.read_bytes().startswith(b"not a"), "a reader moves nothing"


def test_reading_ends_with_what_was_there_when_it_began(path):
    journal = Journal(path)
    journal.append(*(delivery(number) for number in range(5)))
    seen = []
    for one in journal.deliveries():
        seen.append(one.arrived_ns)
        journal.append(delivery(99))
    assert seen == [0, 1, 2, 3, 4]


# ------------------------------------------------------------------------------------------ damage


@pytest.mark.parametrize("content", [b"hello\n" * 1000, b"SQLite format 3\x00" + bytes(4080), b"x"])
def test_a_file_that_is_no_journal_is_moved_aside(path, content):
    path.write_bytes(content)
    journal = Journal(path)
    journal.append(delivery(1))
    assert len(kept(path)) == 1
    aside = path.with_name("journal.db.aside-1")
    assert aside.read_bytes() == content
    assert str(aside) in journal.notice


@pytest.mark.parametrize("setup", ["CREATE TABLE a (b)", f"PRAGMA user_version = {VERSION + 1}; CREATE TABLE a (b)"])
def test_the_database_of_another_program_or_version_is_moved_aside(path, setup):
    with sqlite3.connect(path) as db:
        db.executescript(setup)
    journal = Journal(path)
    journal.append(delivery(1))
    assert len(kept(path)) == 1
    assert sqlite3.connect(path.with_name("journal.db.aside-1")).execute("SELECT count(*) FROM a").fetchone() == (0,)
    assert "another program" in journal.notice


def test_each_damaged_file_gets_its_own_name(path):
    for number in (1, 2, 3):
        path.write_bytes(b"rubbish" * 500)
        Journal(path).close()
        assert path.with_name(f"journal.db.aside-{number}").exists()
        path.unlink()


def test_damage_found_while_writing_loses_no_new_delivery(path):
    journal = Journal(path)
    journal.append(*(delivery(number, 5_000) for number in range(50)))
    journal.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(path.stat().st_size - 4096))
    journal.append(delivery(1234))
    assert [one.arrived_ns for one in kept(path)] == [1234]
    assert "moved to" in journal.notice


def test_damage_found_while_reading_ends_it_and_is_noticed(path):
    journal = Journal(path)
    journal.append(*(delivery(number, 3_000) for number in range(500)))
    journal.close()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 100_000)
    read = list(Journal(path).deliveries())
    assert len(read) < 500
    again = Journal(path)
    list(again.deliveries())
    assert "could not be read" in again.notice


def test_one_unreadable_body_does_not_hide_the_others(path):
    journal = Journal(path)
    journal.append(*(Delivery("logs", b"text " * 100, number) for number in range(3)))
    with sqlite3.connect(path) as db:
        db.execute("UPDATE deliveries SET body = x'01ffffff' WHERE arrived_ns = 1")
    assert [one.arrived_ns for one in journal.deliveries()] == [0, 2]


# ------------------------------------------------------------------------------------------ refusals


def test_a_full_disk_refuses_and_is_forgiven(path):
    journal = Journal(path)
    journal.append(delivery(1))
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalFailed, match="full") as caught:
        journal.append(delivery(2, 100_000), delivery(3, 100_000))
    assert isinstance(caught.value, AimonError)
    assert caught.value.hint
    journal.append(delivery(4))
    assert [one.arrived_ns for one in kept(path)] == [1, 4], "a failed append leaves nothing behind"


def test_a_folder_that_cannot_be_used_refuses_until_it_can(tmp_path):
    folder = tmp_path / "state"
    with pytest.raises(JournalFailed):
        Journal(folder / "journal.db")
    folder.mkdir()
    journal = Journal(folder / "journal.db")
    journal.append(delivery(1))
    journal.close()
    (folder / "journal.db").rename(folder / "kept.db")
    (folder / "journal.db").mkdir()
    with pytest.raises(JournalFailed):
        journal.append(delivery(2))
    (folder / "journal.db").rmdir()
    (folder / "kept.db").rename(folder / "journal.db")
    journal.append(delivery(3))
    assert [one.arrived_ns for one in kept(folder / "journal.db")] == [1, 3]


def test_a_lock_that_is_not_released_refuses_and_is_forgiven(path, monkeypatch):
    monkeypatch.setattr("aimon_core.journal_file.BUSY_S", 0.01)
    journal = Journal(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalFailed, match="locked"):
        journal.append(delivery(1))
    holder.execute("ROLLBACK")
    journal.append(delivery(2))
    assert [one.arrived_ns for one in kept(path)] == [2]


def test_a_deleted_journal_is_begun_again(path):
    journal = Journal(path)
    journal.append(delivery(1))
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink()
    journal.append(delivery(2))
    assert [one.arrived_ns for one in kept(path)] == [2]


# ------------------------------------------------------------------------------------------ bounds


def prune_all(journal: Journal, older_than_ns: int, max_bytes: int) -> int:
    gone = 0
    while slice_ := journal.prune(older_than_ns, max_bytes):
        assert slice_ <= SLICE
        gone += slice_
    return gone


def test_old_deliveries_go(path):
    journal = Journal(path)
    journal.append(*(delivery(number) for number in range(1000)))
    assert prune_all(journal, older_than_ns=700, max_bytes=1 << 40) == 700
    assert next(journal.deliveries()).arrived_ns == 700
    assert journal.prune(700, 1 << 40) == 0


def test_the_file_shrinks_to_its_bound(path):
    journal = Journal(path)
    for number in range(200):
        journal.append(delivery(number, 20_000))
    assert journal.size_bytes() > 4_000_000
    prune_all(journal, older_than_ns=0, max_bytes=1_000_000)
    assert journal.size_bytes() <= 1_000_000
    journal.append(delivery(999))
    left = [one.arrived_ns for one in journal.deliveries()]
    journal.close()
    assert 900_000 < path.stat().st_size <= 1_100_000
    assert left == [*range(200 - len(left) + 1, 200), 999]


# ------------------------------------------------------------------------------------------ processes

WRITER = """
import os, signal, sys
from pathlib import Path
from aimon_core.journal import Delivery, Journal
journal = Journal(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    journal.append(Delivery(sys.argv[2], b"body " * 50, number))
    print(number, flush=True)
if sys.argv[4] == "die":
    os.kill(os.getpid(), signal.SIGKILL)
"""


def writer(path: Path, name: str, count: int, end: str) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, path, name, str(count), end]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_what_was_acknowledged_survives_kill_9(path):
    process = writer(path, "logs", 100, "die")
    acknowledged, _ = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    journal = Journal(path)
    assert [one.arrived_ns for one in journal.deliveries()] == [int(line) for line in acknowledged.split()]
    assert journal.notice == ""


def test_two_processes_append_side_by_side(path):
    processes = [writer(path, name, 200, "live") for name in ("logs", "traces")]
    for process in processes:
        process.communicate(timeout=30)
        assert process.returncode == 0
    journal = Journal(path)
    read = list(journal.deliveries())
    for name in ("logs", "traces"):
        assert [one.arrived_ns for one in read if one.kind == name] == list(range(200))
    assert journal._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not list(path.parent.glob("*.aside*"))
