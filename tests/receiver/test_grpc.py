"""OTLP over gRPC: the original bytes of clients, the same figures as over HTTP, the same limits, and silence."""

import asyncio
import gzip
import os
import pty
import socket
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import grpc
import pytest

from aimon_core.errors import PortTaken, Unavailable
from receiver import grpc as door_of_grpc
from receiver.grpc import SERVICES
from receiver.slim import CLASSES
from receiver.status import Overloaded, Reason, Refused
from tests.fakes.captures import expected, sent
from tests.fakes.door import opened, requests
from tests.walk.test_captures import figures

WAIT_S = 15.0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@asynccontextmanager
async def called(**options):
    """A receiver with both doors, and a way to call the one for gRPC with bare bytes."""
    port = free_port()
    async with opened(grpc_port=port, **options) as door, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        assert await door.receiver.start_grpc() == port

        async def call(signal, body, **how):
            return await channel.unary_unary(f"/{SERVICES[signal]}/Export")(body, timeout=WAIT_S, **how)

        yield door, call


@pytest.mark.parametrize("name", ["print_tools_grpc", "tui_permission"])
async def test_a_capture_gives_the_same_figures_as_over_http(name):
    async with called() as (door, call):
        for one in sent(name):
            if one.signal != "hooks":
                assert await call(one.signal, one.body) == b""
        totals = door.ledger.totals()
        assert figures(totals.tokens) == expected(name)["totals"]["tokens"]
        assert totals.llm_calls == expected(name)["totals"]["llm_calls"]


async def test_gzip_is_understood():
    async with called() as (door, call):
        await call("logs", requests(3), compression=grpc.Compression.Gzip)
        assert door.ledger.totals().llm_calls == 3


async def test_points_without_a_value_are_told_as_partial_success():
    async with called() as (_, call):
        message = CLASSES["Metrics"]()
        metric = message.resource_metrics.add().scope_metrics.add().metrics.add(name="claude_code.token.usage")
        metric.sum.data_points.add(as_double=float("nan"))
        answer = CLASSES["ExportResponse"].FromString(await call("metrics", message.SerializeToString()))
        assert (answer.partial_success.rejected, bool(answer.partial_success.error_message)) == (1, True)


async def refusal(call, body, signal="logs"):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(signal, body)
    return caught.value


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"\xff\xff\xff", grpc.StatusCode.INVALID_ARGUMENT), (requests(11), grpc.StatusCode.RESOURCE_EXHAUSTED)],
    ids=["malformed", "too many records"],
)
async def test_a_bad_request_is_told_so_and_counted(body, code):
    async with called(records_limit=10) as (door, call):
        error = await refusal(call, body)
        assert error.code() is code
        assert error.details()
        assert sum(door.receiver.counters.refused.values()) == 1
        await call("logs", requests(2))
        assert door.ledger.totals().llm_calls == 2, "the door stays open"


async def test_a_body_that_inflates_beyond_the_limit_is_refused():
    async with called(body_limit=1000) as (door, call):
        error = await refusal(
            lambda signal, body: call(signal, body, compression=grpc.Compression.Gzip), bytes(100_000)
        )
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert len(gzip.compress(bytes(100_000))) < 1000
        assert door.ledger.sessions() == []


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (Overloaded(7), grpc.StatusCode.UNAVAILABLE),
        (Refused(Reason.TOO_MANY, "slowly", retry_after_s=7), grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
async def test_what_a_later_attempt_can_cure_says_when(trouble, code):
    async with called() as (door, call):
        door.sink.trouble = trouble
        error = await refusal(call, requests(1))
        assert error.code() is code
        status = CLASSES["RpcStatus"].FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
        detail = status.details[0]
        assert detail.type_url == "type.googleapis.com/google.rpc.RetryInfo"
        assert CLASSES["RetryInfo"].FromString(detail.value).retry_delay.seconds == 7
        door.sink.trouble = None
        await call("logs", requests(1))
        assert door.ledger.totals().llm_calls == 1


async def test_an_unknown_service_is_unimplemented():
    async with opened(grpc_port=free_port()) as door:
        port = await door.receiver.start_grpc()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await channel.unary_unary("/evil.Service/Export")(b"", timeout=WAIT_S)
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_no_port_and_no_otlp_open_no_door():
    async with opened() as door:
        assert await door.receiver.start_grpc() is None
    async with opened(grpc_port=free_port(), takes=frozenset({"hooks"})) as door:
        assert await door.receiver.start_grpc() is None


async def test_a_taken_port_is_named_and_everything_else_goes_on():
    with socket.create_server(("127.0.0.1", 0)) as other:
        async with opened(grpc_port=other.getsockname()[1]) as door:
            with pytest.raises(PortTaken, match=f"pid {os.getpid()}.*no OTLP over gRPC"):
                await door.receiver.start_grpc()
            assert (await door.get("/health")).status == 200


async def test_two_doors_do_not_share_a_port():
    async with called() as (door, _), opened(grpc_port=door.receiver._options.grpc_port) as second:
        with pytest.raises(PortTaken):
            await second.receiver.start_grpc()


async def test_a_missing_library_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "grpc", None)
    async with opened(grpc_port=free_port()) as door:
        with pytest.raises(Unavailable, match=r"grpcio is not installed.*aimon-tui\[grpc\]"):
            await door.receiver.start_grpc()
        assert (await door.get("/health")).status == 200


def test_the_address_of_a_caller_is_read_as_grpc_writes_it():
    assert door_of_grpc._address("ipv4:127.0.0.1:4711") == ("127.0.0.1", 4711)
    assert door_of_grpc._address("ipv6:%5B::1%5D:4711") == ("::1", 4711)
    assert door_of_grpc._address("unix:/tmp/x") is None


def agent_that_sends(port):
    """A process by the name of an agent that says a word when it has sent, and stays."""
    code = (
        "import grpc, sys\n"
        f"channel = grpc.insecure_channel('127.0.0.1:{port}')\n"
        f"channel.unary_unary('/{SERVICES['logs']}/Export')({requests(1)!r}, timeout=15)\n"
        "print('.', flush=True)\n"
        "sys.stdin.read()\n"
    )
    return subprocess.Popen(
        ["/bin/bash", "-c", 'exec -a claude "$@"', "-", str(Path(sys.executable).resolve()), "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel is asked over netlink")
async def test_a_session_is_the_process_that_the_kernel_names():
    async with called() as (door, _):
        client = agent_that_sends(door.receiver._options.grpc_port)
        with client:
            assert await asyncio.to_thread(client.stdout.readline) == b".\n"
            async with asyncio.timeout(WAIT_S):
                while door.ledger.sessions()[0].pid != client.pid:
                    await asyncio.sleep(0.01)
                    door.ledger.drain()
            client.stdin.close()


async def test_a_client_that_hangs_up_harms_nobody():
    async with called() as (door, call):
        _, writer = await asyncio.open_connection("127.0.0.1", door.receiver._options.grpc_port)
        writer.write(b"GET / HTTP/1.1\r\nHost: evil\r\n\r\n" + bytes(500))
        writer.close()
        await call("logs", requests(1))
        assert door.ledger.totals().llm_calls == 1


def test_s27_it_writes_nothing_on_the_screen(tmp_path):
    """grpcio reports a taken port on file descriptor 2, where Textual draws."""
    script = (
        "import asyncio, socket\n"
        "from aimon_core.errors import PortTaken\n"
        "from tests.fakes.door import opened\n"
        "async def main():\n"
        "    with socket.create_server(('127.0.0.1', 0)) as other:\n"
        "        async with opened(grpc_port=other.getsockname()[1]) as door:\n"
        "            try:\n"
        "                await door.receiver.start_grpc()\n"
        "            except PortTaken:\n"
        "                print('taken')\n"
        "asyncio.run(main())\n"
    )
    ours, theirs = pty.openpty()
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=theirs, text=True)
    os.close(theirs)
    os.set_blocking(ours, False)
    with suppress(OSError):  # nothing to read, or nobody at the other end
        assert os.read(ours, 4096) == b""
    os.close(ours)
    assert done.stdout == "taken\n"
