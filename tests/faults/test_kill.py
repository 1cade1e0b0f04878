"""`kill -9` at any moment: what was acknowledged is there afterwards, each of it once."""

import asyncio
import random
import signal
import socket
import subprocess

import pytest

from aimon_core.clock import SystemClock
from aimon_core.journal import Journal
from aimon_core.store import SessionStore
from aimon_tui.restoring import restore
from receiver import codec
from tests.fakes.program import AIMON
from tests.fakes.sender import Sender
from tests.faults import KILLS

LONGEST_S = 1.0
"""From the moment that its doors are open, or from its very start."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def kept(journal: Journal) -> list[int]:
    """The number of each record that is in the journal, as often as it is."""
    messages = (codec.decode("logs", one.body, "protobuf") for one in journal.deliveries())
    records = (record for message in messages for record in message.resource_logs[0].scope_logs[0].log_records)
    return [int(record.attributes["request_id"].s.removeprefix("req_")) for record in records]


def counted(journal: Journal) -> int:
    """The calls in the books of whoever reads that journal."""
    clock = SystemClock()
    store = SessionStore(clock)
    asyncio.run(restore(journal, store, clock, 43_200.0, pytest.fail))
    return store.totals().llm_calls


def test_every_acknowledged_record_is_there_after_each_kill_and_none_twice(program):
    chance = random.Random(7)
    port = free_port()
    command = [AIMON, "serve", "--port", str(port)]
    sender = Sender(port)
    path = program.folder / "state" / "aimon" / "journal.db"
    for _ in range(KILLS):
        with subprocess.Popen(
            command, env=program.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            opened = chance.random() < 0.8
            if opened:
                assert any(line.startswith("listening ") for line in process.stderr), process.poll()
            sender.ended.wait(chance.uniform(0, LONGEST_S))
            process.send_signal(signal.SIGKILL)
            process.wait()
        acknowledged = sender.acknowledged
        if not path.exists():  # killed before it came so far
            assert acknowledged == 0
            continue
        journal = Journal.read_only(path)
        found = kept(journal)
        assert set(range(acknowledged)) <= set(found)
        assert counted(journal) == len(set(found)) <= acknowledged + 1  # one may be in that nobody was told of
        journal.close()
    assert sender.acknowledged > KILLS
    print(f"{KILLS} kills, {sender.end():,} records acknowledged, {sender.failures:,} tries failed")
