"""The journal's file: an older version is brought up with a copy kept, what is none is moved aside, by one process."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from aimon_core import journal_file
from aimon_core.journal import Delivery, Journal, JournalFailed
from aimon_core.journal_file import VERSION, backup_of

FIRST = """
    PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;
    CREATE TABLE deliveries (id INTEGER PRIMARY KEY, arrived_ns INTEGER, kind TEXT, body BLOB);
    CREATE INDEX arrivals ON deliveries (arrived_ns);
    PRAGMA user_version = 1;
"""
"""What aimon wrote before it kept pictures."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def older(path: Path, count: int = 3) -> None:
    db = sqlite3.connect(path)
    db.executescript(FIRST)
    db.executemany("INSERT INTO deliveries VALUES (NULL, ?, 'logs', ?)", [(one, b"\0x") for one in range(count)])
    db.commit()
    db.close()


def arrivals(path: Path) -> list[int]:
    return [one.arrived_ns for one in Journal.read_only(path).deliveries()]


def version(path: Path) -> int:
    return sqlite3.connect(path).execute("PRAGMA user_version").fetchone()[0]


def test_an_older_journal_is_brought_up_and_its_copy_is_as_it_was(path):
    older(path)
    assert arrivals(path) == [0, 1, 2], "whoever only looks can read it as it is"
    journal = Journal(path)
    journal.append(Delivery("logs", b"", 3))
    journal.close()
    assert (version(path), arrivals(path), journal.notice) == (VERSION, [0, 1, 2, 3], "")
    backup = backup_of(path)
    assert (version(backup), arrivals(backup)) == (1, [0, 1, 2])
    assert backup.stat().st_mode & 0o777 == 0o600
    assert not list(path.parent.glob("*.backup-*")), "nothing unfinished is left"


def test_without_room_for_the_copy_nothing_is_changed(path, monkeypatch):
    older(path)
    backup_of(path).mkdir()  # a file cannot take its place
    with pytest.raises(JournalFailed):
        Journal(path)
    assert (version(path), arrivals(path)) == (1, [0, 1, 2])
    backup_of(path).rmdir()
    Journal(path).close()
    assert version(path) == VERSION


def test_the_copy_goes_when_all_that_it_holds_is_too_old(path):
    older(path)
    journal = Journal(path)
    written_ns = backup_of(path).stat().st_mtime_ns
    while journal.prune(written_ns - 1, 1 << 40):
        assert backup_of(path).exists()
    assert backup_of(path).exists()
    journal.prune(written_ns + 1, 1 << 40)
    assert not backup_of(path).exists()


def test_a_newer_journal_is_moved_aside_unharmed(path):
    older(path)
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    journal = Journal(path)
    assert "newer aimon" in journal.notice
    assert version(path.with_name("journal.db.aside-1")) == VERSION + 1
    assert arrivals(path) == []


def test_what_another_process_has_moved_aside_already_stays_where_it_is(path, monkeypatch):
    path.write_bytes(b"rubbish" * 500)
    prepared = journal_file.prepared

    def overtaken(path: Path) -> sqlite3.Connection:
        """While we look at the broken file, another process begins a new one."""
        monkeypatch.undo()
        other = Journal(path)
        other.append(Delivery("logs", b"", 7))
        other.close()
        raise journal_file.Foreign("file is not a database")

    monkeypatch.setattr(journal_file, "prepared", overtaken)
    journal = Journal(path)
    assert journal_file.prepared is prepared
    assert (arrivals(path), journal.notice) == ([7], "")
    assert [one.name for one in path.parent.glob("*.aside-*")] == ["journal.db.aside-1"]


PROCESS = """
import os, sys
from pathlib import Path
from aimon_core.journal import Delivery, Journal
from aimon_core.writer import Writer
writer, name = Writer(Journal(Path(sys.argv[1]))), sys.argv[2]
for number in range(1, 10_000):
    writer.append(Delivery(name, os.urandom(300), number)).result()
    if number % 10 == 0:
        writer.do(lambda journal: journal.prune(0, 1 << 40)).result()
    print(number, flush=True)
"""


def test_processes_that_write_prune_and_are_killed_leave_a_whole_journal(path):
    older(path)
    names = [f"p{number}" for number in range(4)]
    processes = [
        subprocess.Popen([sys.executable, "-c", PROCESS, path, name], stdout=subprocess.PIPE, text=True)
        for name in names
    ]
    acknowledged = {}
    for name, process in zip(names, processes, strict=True):
        for line in process.stdout:  # each is killed in the middle of its work, once it has got somewhere
            if int(line) >= 40:
                break
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read().split()
        acknowledged[name] = int(rest[-1] if rest else line)
        process.stdout.close()
        process.wait()
    journal = Journal(path)
    read = list(journal.deliveries())
    for name in names:
        numbers = [one.arrived_ns for one in read if one.kind == name]
        assert numbers[: acknowledged[name]] == list(range(1, acknowledged[name] + 1)), "none lost, none twice"
        assert len(numbers) <= acknowledged[name] + 1, "at most the one that was under way"
    assert journal._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not list(path.parent.glob("*.aside*"))
    assert version(backup_of(path)) == 1
