"""The sender: what is refused, what is sent again and when, what goes when too much waits, what the end leaves."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from aimon_core.clock import SteppedClock
from aimon_core.errors import UsageError
from receiver import posting
from receiver.export import sender as module
from receiver.export.encode import Piece
from receiver.export.sender import Sender
from receiver.target import traces_url
from tests.fakes.collector import WAIT_S, Answer, collecting

NOBODY = "http://127.0.0.1:9/v1/traces"


class Pauses:
    """Waits for nothing and remembers how long it should have waited; after some pauses it stays."""

    def __init__(self, allowed: int = 100) -> None:
        self.told: list[float] = []
        self.allowed = allowed
        self.enough = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.told.append(seconds)
        if len(self.told) >= self.allowed:
            self.enough.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)


@asynccontextmanager
async def running(sender: Sender):
    task = asyncio.get_running_loop().create_task(sender.run())
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def settled(sender: Sender) -> None:
    """Until nothing waits."""
    async with asyncio.timeout(WAIT_S):
        while sender.queued:  # noqa: ASYNC110 - its own task empties it
            await asyncio.sleep(0.001)


def sender_to(url: str, pauses: Pauses | None = None, **more) -> Sender:
    return Sender(f"{url}/v1/traces", SteppedClock(), pause=pauses or Pauses(), **more)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_what_may_be_repeated_is_sent_again_with_longer_pauses(status):
    async with collecting() as collector:
        collector.answers = [Answer(status), Answer(status), Answer(status)]
        sender = sender_to(collector.url, pauses := Pauses())
        sender.put(Piece(b"", 3))
        async with running(sender):
            await settled(sender)
    assert (collector.asked, len(collector.requests)) == (4, 1)
    assert (sender.exported.sent, sender.exported.problem) == (3, None)
    assert pauses.told == pytest.approx([1, 2, 4], rel=0.21)


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        ("7", 7.0),
        ("99999", posting.LONGEST_ASKED_S),
        ("Sat, 21 Nov 2026 02:00:05 GMT", 5.0),
        ("Sat, 21 Nov 2020 02:00:05 GMT", 0.0),
    ],
)
async def test_a_collector_that_asks_for_patience_gets_it(asked, pause):
    async with collecting() as collector:
        collector.answers = [Answer(503, Retry_After=asked)]
        sender = sender_to(collector.url, pauses := Pauses())
        sender.put(Piece(b"", 1))
        async with running(sender):
            await settled(sender)
    assert pauses.told == [pause]


async def test_nonsense_in_the_place_of_a_time_is_no_time():
    async with collecting() as collector:
        collector.answers = [Answer(503, Retry_After="soon")]
        sender = sender_to(collector.url, pauses := Pauses())
        sender.put(Piece(b"", 1))
        async with running(sender):
            await settled(sender)
    assert pauses.told == pytest.approx([1], rel=0.21)


async def test_pauses_do_not_grow_for_ever_while_nobody_is_there():
    sender = Sender(NOBODY, SteppedClock(), pause=(pauses := Pauses(12)))
    sender.put(Piece(b"", 1))
    async with running(sender):
        await asyncio.wait_for(pauses.enough.wait(), WAIT_S)
    assert pauses.told[-1] == pytest.approx(posting.LONGEST_PAUSE_S, rel=0.21)
    assert sender.queued == 1
    assert "127.0.0.1" in sender.exported.problem


@pytest.mark.parametrize("status", [302, 307, 400, 401, 404, 413, 500])
async def test_what_may_not_be_repeated_is_refused_and_counted(status):
    async with collecting() as collector:
        collector.answers = [Answer(status, Location=f"{collector.url}/v1/traces")]
        sender = sender_to(collector.url, pauses := Pauses())
        sender.put(Piece(b"", 2))
        sender.put(Piece(b"", 5))
        async with running(sender):
            await settled(sender)
    assert (sender.exported.refused, sender.exported.sent) == (2, 5)
    assert collector.asked == 2, "a redirect leads nowhere"
    assert pauses.told == []


async def test_spans_that_a_collector_leaves_out_are_refused():
    answer = ExportTraceServiceResponse()
    answer.partial_success.rejected_spans, answer.partial_success.error_message = 2, "too\x1b[31m old"
    async with collecting() as collector:
        collector.answers = [Answer(200, answer.SerializeToString())]
        sender = sender_to(collector.url)
        sender.put(Piece(b"", 5))
        async with running(sender):
            await settled(sender)
    assert (sender.exported.sent, sender.exported.refused, sender.exported.problem) == (3, 2, "too old")


async def test_an_answer_that_is_no_protobuf_has_taken_all():
    async with collecting() as collector:
        collector.answers = [Answer(200, b"{}")]
        sender = sender_to(collector.url)
        sender.put(Piece(b"", 5))
        async with running(sender):
            await settled(sender)
    assert (sender.exported.sent, sender.exported.refused) == (5, 0)


async def test_where_too_much_waits_the_oldest_goes_and_is_counted(monkeypatch):
    monkeypatch.setattr(module, "QUEUE_BYTES", 25)
    sender = Sender(NOBODY, SteppedClock())
    for spans in (1, 10, 100):
        sender.put(Piece(b"x" * 10, spans))
    assert (sender.queued, sender.exported.dropped) == (110, 1)
    sender.put(Piece(b"x" * 1000, 1000))
    assert (sender.queued, sender.exported.dropped) == (1000, 111), "one request always has room"


async def test_what_made_room_while_it_was_sent_is_not_counted_twice(monkeypatch):
    monkeypatch.setattr(module, "QUEUE_BYTES", 15)
    async with collecting() as collector:
        collector.answers = [Answer(after_s=0.05)]
        sender = sender_to(collector.url)
        sender.put(Piece(b"", 1))
        async with running(sender):
            await asyncio.sleep(0)
            sender.put(Piece(b"\x0a\x00" * 8, 2))
            await settled(sender)
    assert sender.exported.sent + sender.exported.dropped == 3


async def test_the_end_sends_what_is_left_and_does_not_wait_for_who_is_not_there():
    async with collecting() as collector:
        sender = sender_to(collector.url)
        sender.put(Piece(b"", 1))
        sender.put(Piece(b"", 2))
        await sender.flush()
        assert (len(collector.requests), sender.queued) == (2, 0)
    gone = Sender(NOBODY, SteppedClock())
    gone.put(Piece(b"", 4))
    await gone.flush()
    assert (gone.queued, gone.exported.dropped) == (0, 4)


async def test_the_end_waits_for_a_slow_collector_only_so_long():
    async with collecting() as collector:
        collector.answers = [Answer(after_s=WAIT_S / 10)]
        sender = sender_to(collector.url)
        sender.put(Piece(b"", 4))
        async with asyncio.timeout(WAIT_S / 20):
            await sender.flush(0.05)
    assert (sender.exported.sent, sender.exported.dropped) == (0, 4)


async def test_a_name_that_no_host_can_have_ends_nothing():
    sender = Sender("http://a..b:1/v1/traces", SteppedClock(), pause=(pauses := Pauses(2)))
    sender.put(Piece(b"", 1))
    async with running(sender):
        await asyncio.wait_for(pauses.enough.wait(), WAIT_S)
    assert "idna" in sender.exported.problem


async def test_headers_of_the_settings_go_along():
    async with collecting() as collector:
        sender = sender_to(collector.url, headers={"Authorization": "Basic eA=="})
        sender.put(Piece(b"", 1))
        await sender.flush()
    assert collector.headers[0]["Authorization"] == "Basic eA=="


@pytest.mark.parametrize(
    ("told", "url"),
    [
        ("http://tempo:4318", "http://tempo:4318/v1/traces"),
        ("http://tempo:4318/", "http://tempo:4318/v1/traces"),
        ("https://example.org/otlp", "https://example.org/otlp/v1/traces"),
        ("https://example.org/otlp/v1/traces", "https://example.org/otlp/v1/traces"),
        ("http://127.0.0.1:4319", "http://127.0.0.1:4319/v1/traces"),
    ],
)
def test_an_address_is_completed_as_otlp_has_it(told, url):
    assert traces_url(told, host="127.0.0.1", port=4318) == url


@pytest.mark.parametrize(
    "told", ["tempo:4318", "ftp://tempo", "http://", "http://[::1", "http://a:b@tempo", "http://t?a=b"]
)
def test_what_is_no_address_of_a_collector_is_said(told):
    with pytest.raises(UsageError):
        traces_url(told, host="127.0.0.1", port=4318)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1.2.3", "[::1]", "0.0.0.0", "LOCALHOST"])
def test_aimon_does_not_export_to_itself(host):
    with pytest.raises(UsageError, match="is this aimon itself"):
        traces_url(f"http://{host}:4318", host="127.0.0.1", port=4318)
