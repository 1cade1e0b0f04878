"""From a connection to a session's process: real programs post to a real door, and the ledger learns who they are."""

import asyncio
import os
import sys
import threading
from unittest.mock import ANY

import pytest
from msgspec.structs import replace

from aimon_core.process import Process, facts
from receiver import http, peer
from receiver.attribution import attributed
from receiver.connections import Connection
from receiver.intake import Intake
from receiver.peer import UNKNOWN, Peer
from receiver.slim import CLASSES
from tests.fakes.agent import running
from tests.fakes.door import opened, requests
from tests.fakes.otlp import put

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")

KEY = "claude-code:s1"
HOOK = b'{"session_id": "s1", "hook_event_name": "UserPromptSubmit", "prompt": "a plan"}'


async def told(door, key=KEY):
    """The process of a session once it is known."""
    async with asyncio.timeout(10):
        while door.ledger.get(key).pid is None:
            door.sink.taken.clear()
            await door.sink.taken.wait()
    session = door.ledger.get(key)
    return session.pid, session.pid_started_at


async def never_told(door, key=KEY):
    """The process of a session when everything about its connection is known."""
    await asyncio.gather(*(one.peer for one in door.receiver._door.connections._open))
    await asyncio.sleep(0)
    return door.ledger.get(key).pid


async def test_an_exporter_is_its_session_with_pid_and_start_time(tmp_path):
    async with opened() as door, running(tmp_path, door, "claude") as agent:
        assert (await agent.post("/v1/logs", requests(1)))[0] == 200
        assert await told(door) == (agent.pid, facts(agent.pid).started_at)


async def test_a_hook_is_told_by_a_child_of_its_session(tmp_path):
    async with opened() as door, running(tmp_path, door, "claude", "sender.py") as agent:
        assert (await agent.post("/hooks/claude-code", HOOK, "application/json"))[0] == 200
        assert await told(door) == (agent.pid, facts(agent.pid).started_at)


async def test_a_hook_that_is_gone_once_it_is_answered_is_found_all_the_same(tmp_path, monkeypatch):
    taken, search, take = threading.Event(), peer._own_pids, Intake.hook

    async def hook(*arguments):
        try:
            return await take(*arguments)
        finally:
            taken.set()

    monkeypatch.setattr(Intake, "hook", hook)
    monkeypatch.setattr(http, "_HELD_S", 10)  # however slow this machine is
    monkeypatch.setattr(peer, "_own_pids", lambda: taken.wait(10) and search())
    async with opened() as door, running(tmp_path, door, "claude", "curl.py", last="break") as agent:
        assert (await agent.post("/hooks/claude-code", HOOK, "application/json"))[0] == 200
        assert await told(door) == (agent.pid, ANY)


@pytest.mark.parametrize(
    "names", [["relay.py"], ["claude", "collector.py"], ["codex"]], ids=["a relay", "below an agent", "another agent"]
)
async def test_who_merely_passes_on_what_others_say_is_nobody(tmp_path, names):
    async with opened() as door, running(tmp_path, door, *names) as agent:
        for session_id in ("s1", "s2"):
            assert (await agent.post("/v1/logs", requests(1, session_id)))[0] == 200
        assert await never_told(door) is None
        assert {one.state for one in door.ledger.sessions()} == {"working"}


def test_only_a_session_of_its_own_kind_and_never_what_aimon_sends_itself():
    spoken = {("claude-code", "s2"): 9, ("codex", "s1"): 7, ("claude-code", "s1"): 5, ("my-app", "s1"): 3}
    claude = Process(77, 1.5, os.getuid(), None, None, "node /usr/bin/claude")
    seen = attributed(Peer(os.getuid(), claude, claude), spoken, by_child=False)
    assert [(one.agent, one.session_id, one.at_ns, one.pid, one.pid_started_at) for one in seen] == [
        ("claude-code", "s1", 5, 77, 1.5),
        ("claude-code", "s2", 9, 77, 1.5),
    ]
    ourselves = replace(claude, pid=os.getpid(), command="python aimon demo")
    assert attributed(Peer(os.getuid(), ourselves, claude), spoken, by_child=True) == []
    assert attributed(UNKNOWN, spoken, by_child=True) == []


async def test_a_client_whose_own_word_names_the_process_is_not_contradicted(tmp_path, monkeypatch):
    from aimon_core.events import SessionSeen
    from receiver import hooks

    def with_pid(agent, payload, arrived_ns, process, above, translate=hooks.translate):
        seen = SessionSeen(
            agent=agent, session_id="s1", at_ns=arrived_ns, channel="hook", signal="x", pid=7, pid_started_at=1.5
        )
        return [seen, *translate(agent, payload, arrived_ns, process, above)]

    monkeypatch.setattr(hooks, "translate", with_pid)
    async with opened() as door, running(tmp_path, door, "claude", "hook.py") as agent:
        await agent.post("/hooks/claude-code", HOOK, "application/json")
        await never_told(door)
        assert await told(door) == (7, 1.5)


async def test_metrics_go_on_counting_a_session_that_was_left_and_prove_nothing(tmp_path):
    message = CLASSES["Metrics"]()
    scoped = message.resource_metrics.add().scope_metrics.add()
    scoped.scope.name = "com.anthropic.claude_code"
    metric = scoped.metrics.add(name="claude_code.token.usage")
    put(
        metric.sum.data_points.add(as_int=7, time_unix_nano=(1_795_226_400 + 7) * 10**9).attributes,
        {"session.id": "s1", "type": "input", "model": "m"},
    )
    async with opened() as door, running(tmp_path, door, "claude") as agent:
        await agent.post("/v1/logs", requests(1, "s1"))
        await told(door)
        await agent.post("/v1/logs", requests(1, "s2", after_s=5))
        assert await told(door, "claude-code:s2") == await told(door)
        await agent.post("/v1/metrics", message.SerializeToString())
        await agent.post("/v1/logs", requests(1, "s3", after_s=9))
        await told(door, "claude-code:s3")
        assert [one.state for one in door.ledger.sessions()] == ["ended", "ended", "working"]


async def test_two_sessions_of_one_process_both_have_it_and_live_on(tmp_path):
    async with opened() as door, running(tmp_path, door, "claude") as agent:
        for number in range(6):
            await agent.post("/v1/logs", requests(number + 1, f"s{number % 2}", after_s=number))
            await told(door, f"claude-code:s{number % 2}")
        assert {(one.pid, one.state) for one in door.ledger.sessions()} == {(agent.pid, "working")}


async def test_a_connection_tells_the_ledger_once(tmp_path):
    async with opened() as door, running(tmp_path, door, "claude") as agent:
        await agent.post("/v1/logs", requests(1))
        await told(door)
        parts = len(door.sink.parts)
        await agent.post("/v1/logs", requests(2))
        await never_told(door)
        assert len(door.sink.parts) == parts + 1


async def test_nobody_waits_for_the_search(tmp_path, monkeypatch):
    allowed = threading.Event()
    search = peer._own_pids
    monkeypatch.setattr(peer, "_own_pids", lambda: allowed.wait(10) and search())
    async with opened() as door, running(tmp_path, door, "claude") as agent:
        assert (await agent.post("/v1/logs", requests(1)))[0] == 200
        assert door.ledger.get(KEY).pid is None
        allowed.set()
        assert (await told(door))[0] == agent.pid


async def test_s05_a_known_stranger_is_refused_with_a_reason_and_nothing_of_it_counts(monkeypatch):
    async with opened() as door:
        monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
        heard = await door.post("/v1/logs", b"{}")
        assert (heard.status, door.receiver.counters.refused, door.sink.parts) == (403, {403: 1}, [])
        assert f"listens to the user who started it alone; yours is {os.geteuid()}" in heard.json["message"]
        assert (await door.get("/api/v1/sessions")).status == 403


@pytest.mark.skipif(os.getuid() != 0, reason="only root starts programs of other users")
async def test_s05_a_real_stranger_is_refused(tmp_path):
    leave = "import os, http.client, encodings.idna; os.setuid(65534)\n"
    async with opened() as door, running(tmp_path, door, "claude", first=leave) as agent:
        status, why = await agent.post("/v1/logs", requests(1))
        assert (status, b"yours is 65534" in why, door.ledger.sessions()) == (403, True, [])


async def test_s05_where_the_kernel_does_not_tell_the_table_is_read_before_anybody_is_let_in(monkeypatch):
    monkeypatch.setattr(peer, "ask_kernel", lambda *addresses: None)
    async with opened() as door:
        assert (await door.post("/v1/logs", b"{}")).status == 200
        asked = threading.Event()
        monkeypatch.setattr(peer, "from_table", lambda *addresses: asked.wait(10) and Peer(65534))
        monkeypatch.setattr(Connection, "turn", lambda connection, phase: asked.set())  # its request is being handled
        async with door.connected() as (reader, writer):
            writer.write(door.head(length=2) + b"{}")
            assert b"403" in await reader.readline()


async def test_s05_who_is_not_known_is_let_in_and_has_no_process(monkeypatch):
    monkeypatch.setattr(peer, "ask_kernel", lambda *addresses: None)
    monkeypatch.setattr(peer, "from_table", lambda *addresses: peer.UNKNOWN)
    async with opened() as door:
        assert (await door.post("/v1/logs", requests(1), {"Content-Type": "application/x-protobuf"})).status == 200
        assert await never_told(door) is None


async def test_s05_who_is_not_known_is_refused_where_that_is_wanted(monkeypatch):
    async with opened(strict_peer=True) as door:
        assert (await door.get("/health")).status == 200
    monkeypatch.setattr(peer, "ask_kernel", lambda *addresses: None)
    monkeypatch.setattr(peer, "from_table", lambda *addresses: peer.UNKNOWN)
    async with opened(strict_peer=True) as door:
        heard = await door.post("/v1/logs", requests(1), {"Content-Type": "application/x-protobuf"})
        assert (heard.status, door.sink.parts) == (403, [])
        assert b"strict_peer" in heard.body
