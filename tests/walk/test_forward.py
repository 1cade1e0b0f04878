"""What comes through the doors of a running aimon goes on to other collectors, and nobody waits for them."""

import asyncio
import gzip
import json
import os
import signal
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import unused_port
from click.testing import CliRunner

from aimon_core.clock import SystemClock
from aimon_core.config import Settings
from aimon_core.errors import UsageError
from aimon_core.probe import PROBE
from aimon_desktop.doctor import Mark, chain
from aimon_tui.console import program
from aimon_tui.runtime import Runtime
from receiver.grpc import SERVICES
from receiver.passing import MARK
from tests.fakes.captures import Sent, sent
from tests.fakes.collector import WAIT_S
from tests.fakes.door import requests
from tests.fakes.program import Program
from tests.fakes.relayed import absent, relayed

CAPTURE = "print_tools"
PROTOBUF = {"Content-Type": "application/x-protobuf"}


def aimon(folder: Path, *urls: str, port: int = 0, **more) -> Runtime:
    folder.mkdir(exist_ok=True)
    settings = Settings(port=port, state_dir=str(folder), forward=urls, **more)
    return Runtime(settings, SystemClock(), runtime_folder=str(folder / "run"))


async def post(runtime: Runtime, path: str, body: bytes, headers: dict[str, str] = PROTOBUF) -> int:
    url = f"http://{runtime.door.address}{path}"
    async with aiohttp.ClientSession() as client, client.post(url, data=body, headers=headers) as answer:
        return answer.status


async def until(true) -> None:
    async with asyncio.timeout(WAIT_S):
        while not true():  # noqa: ASYNC110 - a thread of its own keeps it
            await asyncio.sleep(0.001)


async def test_all_that_a_client_sent_arrives_as_it_was_sent_and_hooks_stay_here(tmp_path):
    wire = [one for one in sent(CAPTURE) if one.signal != "hooks"]
    assert {one.signal for one in wire} == {"logs", "traces", "metrics"}
    async with relayed() as collector:
        runtime = aimon(tmp_path, collector.url)
        await runtime.start()
        for one in sent(CAPTURE):
            assert await post(runtime, one.path, one.body, {"Content-Type": one.content_type}) == 200
        await until(lambda: runtime.door.forwards() == (len(wire), False))
        (figures,) = runtime._forwarding.figures()
        await runtime.stop()
    assert [(one.path, one.body) for one in collector.taken] == [(one.path, one.body) for one in wire]
    assert (figures["sent"], figures["queued"], figures["problem"]) == (len(wire), 0, None)
    assert runtime.store.totals().llm_calls


async def test_each_collector_gets_its_own_headers_and_no_other(tmp_path):
    async with relayed() as one, relayed() as two:
        headers = {f"{one.url}/": {"Authorization": "one"}, "http://not.now": {"Authorization": "none"}}
        runtime = aimon(tmp_path, one.url, two.url, forward_headers=headers)
        await runtime.start()
        await post(runtime, "/v1/logs", requests(1))
        await until(lambda: runtime.door.forwards() == (2, False))
        await runtime.stop()
    assert one.taken[0].headers["Authorization"] == "one"
    assert "Authorization" not in two.taken[0].headers


async def test_compression_stays_and_what_is_refused_goes_nowhere(tmp_path):
    body = gzip.compress(requests(3), mtime=0)
    async with relayed() as collector:
        runtime = aimon(tmp_path, collector.url)
        await runtime.start()
        assert await post(runtime, "/v1/logs", b"\xff\xff", PROTOBUF) == 400
        assert await post(runtime, "/v1/logs", body, PROTOBUF | {"Content-Encoding": "gzip"}) == 200
        await until(lambda: runtime.door.forwards() == (1, False))
        await runtime.stop()
    (one,) = collector.taken
    assert (one.body, one.headers["Content-Encoding"]) == (body, "gzip")


async def test_what_comes_over_grpc_goes_on_over_http(tmp_path):
    grpc = pytest.importorskip("grpc")
    port = unused_port()
    async with relayed() as collector:
        runtime = aimon(tmp_path, collector.url, grpc_port=port)
        await runtime.start()
        async with asyncio.timeout(WAIT_S):
            await runtime.complete.wait()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            await channel.unary_unary(f"/{SERVICES['logs']}/Export")(requests(2))
        await until(lambda: runtime.door.forwards() == (1, False))
        await runtime.stop()
    (one,) = collector.taken
    assert (one.path, one.body, one.headers["Content-Type"]) == ("/v1/logs", requests(2), "application/x-protobuf")


async def test_a_collector_that_stands_still_delays_no_answer_and_nothing_is_lost(tmp_path):
    async with relayed() as collector:
        collector.held.clear()
        runtime = aimon(tmp_path, collector.url, "http://127.0.0.1:9")
        await runtime.start()
        async with asyncio.timeout(WAIT_S):
            for number in range(100):
                assert await post(runtime, "/v1/logs", requests(10, session_id=f"s{number}")) == 200
        assert runtime.store.totals().llm_calls == 1000
        await until(lambda: all(one["queued"] == 100 for one in runtime._forwarding.figures()))
        await until(lambda: runtime.door.forwards() == (200, True))
        collector.held.set()
        await until(lambda: len(collector.taken) == 100)
        await runtime.stop()


def committed(folder: Path) -> int:
    """Bytes of SQLite's write-ahead log (https://sqlite.org/fileformat2.html#walformat); 0 amid a transaction."""
    data = next((path.read_bytes() for path in folder.rglob("forward/*-wal")), b"")
    frame = 24 + int.from_bytes(data[8:12], "big")
    whole = len(data) > 32 and (len(data) - 32) % frame == 0
    return len(data) if whole and any(data[-frame + 4 : -frame + 8]) else 0


async def test_what_waited_when_aimon_was_killed_is_sent_by_the_next_one(tmp_path):
    program, bodies = Program(tmp_path), [requests(1, prompt=os.urandom(50_000).hex()) for _ in range(3)]
    collector, place = absent()

    def killed() -> None:
        with program.serving("--forward", collector.url) as serving:
            assert (
                serving.send(*(Sent(0.0, "/v1/logs", PROTOBUF["Content-Type"], body) for body in bodies)) == [200] * 3
            )
            while committed(tmp_path) < sum(map(len, bodies)):
                assert serving.process.poll() is None
            serving.end(signal.SIGKILL)

    await asyncio.wait_for(asyncio.to_thread(killed), WAIT_S)
    async with relayed(collector, place):
        again = program.serving("--forward", collector.url)
        await asyncio.to_thread(again.__enter__)
        try:
            await until(lambda: len(collector.taken) == 3)
        finally:
            again.__exit__(None, None, None)
    assert [one.body for one in collector.taken] == bodies


async def test_two_aimons_that_forward_to_each_other_stop_after_one_round(tmp_path):
    port = unused_port()
    two = aimon(tmp_path / "two", f"http://127.0.0.1:{port}")
    await two.start()
    one = aimon(tmp_path / "one", f"http://{two.door.address}", port=port)
    await one.start()
    assert await post(one, "/v1/logs", requests(3)) == 200
    await until(lambda: one._forwarding.figures()[0]["looped"] == 1)
    await until(lambda: two._forwarding.figures()[0]["sent"] == 1)
    assert (one.store.totals().llm_calls, two.store.totals().llm_calls) == (3, 3)
    assert await post(one, "/v1/logs", requests(3), PROTOBUF | {MARK: "a,b,c,d,e,f,g,h"}) == 200
    assert one._forwarding.figures()[0]["looped"] == 2
    await one.stop()
    await two.stop()


async def test_stats_tell_and_the_doctor_reads_them(tmp_path):
    runtime = aimon(tmp_path, "http://127.0.0.1:9")
    await runtime.start()
    await post(runtime, "/v1/logs", requests(1))
    await until(lambda: runtime.door.forwards() == (1, True))
    async with aiohttp.ClientSession() as client, client.get(f"http://{runtime.door.address}/api/v1/stats") as answer:
        stats = json.loads(await answer.read())
    await runtime.stop()

    class Told:
        def get(self, _path):
            return stats

    (check,) = chain._forward(Told())
    assert check.mark is Mark.BROKEN
    assert check.says.startswith("0 requests went to http://127.0.0.1:9, 1 wait. Last: Cannot connect")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"forward": ("nonsense",)}, "is no address"),
        ({"forward": ("http://localhost:4318",)}, "is this aimon itself"),
        ({"forward": ("http://a",), "forward_headers": {"b": {}}}, "is no address"),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_is_opened(tmp_path, settings, words):
    with pytest.raises(UsageError, match=words):
        Runtime(Settings(state_dir=str(tmp_path), **settings), SystemClock())


def test_the_settings_show_collectors_and_none_of_their_headers(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text('forward = ["http://a"]\n[forward_headers."http://a"]\nAuthorization = "Basic s3cret"\n')
    done = CliRunner().invoke(program, ["--config", str(file), "config", "show"])
    assert "Authorization" in done.output
    assert "s3cret" not in done.output
    done = CliRunner().invoke(program, ["--forward", "http://a", "--forward", "http://b", "config", "show"])
    assert 'forward                   ["http://a", "http://b"]' in done.output


async def test_the_doctors_made_up_session_goes_nowhere(tmp_path):
    async with relayed() as collector:
        runtime = aimon(tmp_path, collector.url)
        await runtime.start()
        probe = json.dumps(chain._call(f"{PROBE}1")).encode()
        assert await post(runtime, "/v1/traces", probe, {"Content-Type": "application/json"}) == 200
        assert await post(runtime, "/v1/logs", requests(1)) == 200
        await until(lambda: runtime.door.forwards() == (1, False))
        await runtime.stop()
    assert [one.path for one in collector.taken] == ["/v1/logs"]
