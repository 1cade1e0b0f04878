"""The receiver starts and stops as one: what is open, and what is left when something is in the way."""

import asyncio
import socket

import pytest

from aimon_core import process
from aimon_core.errors import PortTaken, Unavailable, Unsafe
from receiver import server
from receiver.guard import DoorOptions
from receiver.server import Receiver
from tests.fakes.door import PROTOBUF, LedgerSink, opened, requests


def receiver(**options):
    from aimon_core.clock import SteppedClock
    from aimon_core.store import SessionStore
    from receiver.dialects import Interpreter

    clock = SteppedClock()
    store = SessionStore(clock)
    return Receiver(
        sink=LedgerSink(store), ledger=store, interpreter=Interpreter(), clock=clock, options=DoorOptions(**options)
    )


@pytest.fixture
def taken():
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def test_s01_only_loopback_is_bound():
    async with opened() as door:
        for listener in door.receiver._listeners:
            assert {bound.getsockname()[0] for bound in listener.sockets} <= {"127.0.0.1", "::1"}
        assert door.receiver.address == f"127.0.0.1:{door.receiver.port}"


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
async def test_s01_the_other_loopback_address_answers_too():
    async with opened() as door:
        if len(door.receiver._listeners) < 2:
            pytest.skip("no ::1 here")
        async with door.session.get(f"http://[::1]:{door.receiver.port}/health") as response:
            assert response.status == 200


async def test_s01_an_open_address_is_refused():
    with pytest.raises(Unsafe):
        await receiver(host="0.0.0.0", port=0).start()


async def test_s25_a_taken_port_names_its_owner(taken):
    one = receiver(port=taken)
    with pytest.raises(PortTaken) as caught:
        await one.start()
    assert str(taken) in caught.value.message
    assert str(process.port_owner(taken)) in caught.value.message
    assert "--port" in caught.value.hint


async def test_s25_a_taken_port_without_a_known_owner_is_told_as_well(taken, monkeypatch):
    monkeypatch.setattr(server, "port_owner", lambda port: None)
    with pytest.raises(PortTaken, match="another program"):
        await receiver(port=taken).start()


async def test_a_start_that_fails_half_way_undoes_itself():
    with socket.socket(socket.AF_INET6) as listener:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            listener.bind(("::1", 0))
        except OSError:
            pytest.skip("no ::1 here")
        listener.listen()
        port = listener.getsockname()[1]
        one = receiver(port=port)
        with pytest.raises(PortTaken):
            await one.start()
        assert one._listeners == []
        with socket.create_server(("127.0.0.1", port)):
            pass


async def test_an_address_that_is_not_ours_is_unavailable(monkeypatch):
    monkeypatch.setattr(server.guard, "addresses", lambda *_: ("192.0.2.1",))
    with pytest.raises(Unavailable, match="Cannot listen"):
        await receiver(port=0).start()


async def test_a_machine_without_ipv6_is_served_all_the_same(monkeypatch):
    monkeypatch.setattr(server.guard, "addresses", lambda *_: ("127.0.0.1", "2001:db8::1"))
    one = receiver(port=0)
    await one.start()
    assert len(one._listeners) == 1
    await one.stop()


async def test_stopping_twice_and_without_a_start_is_harmless():
    one = receiver(port=0)
    await one.stop()
    await one.start()
    await one.stop()
    await one.stop()


async def test_a_stopped_receiver_starts_again_on_the_same_port():
    one = receiver(port=0)
    await one.start()
    port = one.port
    await one.stop()
    await one.start()
    assert one.port == port
    await one.stop()


async def test_stopping_lets_a_running_request_finish():
    async with opened() as door:
        running = asyncio.ensure_future(door.post("/v1/logs", requests(2_500), PROTOBUF))
        await door.sink.taken.wait()
        assert sum(door.sink.parts) < 2_500
        await door.receiver.stop()
        assert (await running).status == 200
        assert sum(door.sink.parts) == 2_500
