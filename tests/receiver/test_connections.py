"""Connections that stand still: who is told, who is dropped, and that nobody else notices."""

import asyncio
import time
from contextlib import AsyncExitStack

import pytest

from tests.fakes.door import answer, opened

AT_ONCE = {"headers_s": 0.05, "body_idle_s": 0.05, "body_s": 0.2}
PATIENT = {"headers_s": 60.0, "body_idle_s": 60.0, "body_s": 60.0}


async def closed(reader):
    """What is still to be read before the other side closes."""
    try:
        return await asyncio.wait_for(reader.read(), 5)
    except ConnectionError:
        return b""


@pytest.mark.parametrize("sent", [b"P", b"POST /v1/logs HTTP/1.1\r\nHost: local"], ids=["one byte", "half a header"])
async def test_s08_408_for_headers_that_do_not_end(sent):
    async with opened(**AT_ONCE) as door, door.connected() as (reader, writer):
        writer.write(sent)
        heard = await answer(reader)
        assert (heard.status, heard.headers["Connection"]) == (408, "close")
        assert await closed(reader) == b""


async def test_s08_headers_that_trickle_in_are_late_all_the_same():
    async with opened(**AT_ONCE) as door, door.connected() as (reader, writer):
        writer.write(b"POST /v1/logs HTTP/1.1\r\nX: ")
        heard = asyncio.ensure_future(answer(reader))
        while not heard.done():
            writer.write(b"x")
            await asyncio.wait({heard}, timeout=0.01)
        assert heard.result().status == 408


async def test_s08_408_for_a_body_without_progress():
    async with opened(**AT_ONCE) as door, door.connected() as (reader, writer):
        writer.write(door.head(length=10) + b"{")
        assert (await answer(reader)).status == 408
        assert door.receiver.counters.refused == {408: 1}


async def test_s08_408_for_a_body_that_takes_too_long_in_all():
    async with opened(**AT_ONCE) as door, door.connected() as (reader, writer):
        writer.write(door.head(length=1000))
        heard = asyncio.ensure_future(answer(reader))
        while not heard.done():
            writer.write(b" ")
            await asyncio.wait({heard}, timeout=0.01)
        assert heard.result().status == 408


async def test_s08_a_slow_body_with_progress_is_taken():
    async with opened(headers_s=60.0, body_idle_s=0.5, body_s=60.0) as door, door.connected() as (reader, writer):
        writer.write(door.head(length=20))
        heard = asyncio.ensure_future(answer(reader))
        for piece in b"{" + b" " * 18 + b"}":
            writer.write(bytes([piece]))
            await asyncio.wait({heard}, timeout=0.01)
        assert (await heard).status == 200


async def test_s08_an_idle_connection_is_kept_for_the_next_export():
    async with opened(**AT_ONCE) as door, door.connected() as (reader, writer):
        writer.write(door.head(length=2) + b"{}")
        assert (await answer(reader)).status == 200
        connections = door.receiver._door.connections
        for _ in range(30):  # long past every deadline, as the sweep sees it
            connections.sweep()
        async with door.connected() as (late, other):
            other.write(b"P")
            assert (await answer(late)).status == 408
        writer.write(door.head(length=2) + b"{}")
        assert (await answer(reader)).status == 200


async def test_s08_an_idle_connection_ends_with_the_keep_alive_time():
    async with opened(keep_alive_s=0.05) as door, door.connected() as (reader, writer):
        writer.write(door.head(length=2) + b"{}")
        assert (await answer(reader)).status == 200
        assert await closed(reader) == b""


@pytest.mark.parametrize("half", ["headers", "body"])
async def test_s08_of_300_half_open_requests_32_stay_and_a_post_is_answered_at_once(half):
    async with opened(headers_s=2.0, body_idle_s=60.0, body_s=60.0) as door, AsyncExitStack() as stack:
        head = door.head(length=10) + b"{"
        pairs = [await stack.enter_async_context(door.connected()) for _ in range(300)]
        for _, writer in pairs:
            writer.write(head if half == "body" else head[:30])
        ended = [asyncio.ensure_future(closed(reader)) for reader, _ in pairs]
        for waiting in asyncio.as_completed(ended):
            await waiting
            if sum(one.done() for one in ended) >= 268:
                break
        assert all(one.done() for one in ended[:268]), "those idle longest go first"
        took = []
        for _ in range(3):
            started = time.perf_counter()
            assert (await door.post("/v1/logs", b"{}")).status == 200
            took.append(time.perf_counter() - started)
        assert min(took) < 0.1
        connections = door.receiver._door.connections
        assert connections.half_open == 32
        for one in ended:
            one.cancel()
        await asyncio.gather(*ended, return_exceptions=True)


async def test_s08_a_burst_of_clients_that_have_only_just_begun_is_let_be():
    async with opened(**PATIENT, half_open=2) as door, AsyncExitStack() as stack:
        pairs = [await stack.enter_async_context(door.connected()) for _ in range(60)]
        for _, writer in pairs:
            writer.write(door.head(length=2) + b"{")
        connections = door.receiver._door.connections
        while connections.half_open < 60:
            await door.get("/health")
        connections.sweep()
        for _, writer in pairs:
            writer.write(b"}")
        assert {(await answer(reader)).status for reader, _ in pairs} == {200}


async def test_s08_one_connection_more_than_allowed_evicts_the_one_idle_longest():
    async with opened(**PATIENT, connections=3) as door, AsyncExitStack() as stack:
        pairs = []
        for _ in range(4):
            reader, writer = await stack.enter_async_context(door.connected())
            writer.write(door.head(length=2) + b"{}")
            assert (await answer(reader)).status == 200
            pairs.append((reader, writer))
        assert await closed(pairs[0][0]) == b""
        for reader, writer in pairs[1:]:
            writer.write(door.head(length=2) + b"{}")
            assert (await answer(reader)).status == 200


async def test_a_body_that_breaks_off_is_no_error_of_ours(caplog):
    async with opened(**PATIENT) as door:
        async with door.connected() as (_, writer):
            writer.write(door.head(length=10) + b"{")
        async with door.connected() as (reader, writer):
            writer.write(door.head(length=10, headers="").replace(b"Content-Length: 10", b"Transfer-Encoding: chunked"))
            writer.write(b"zz\r\n")
            assert (await answer(reader)).status == 400
        assert (await door.post("/v1/logs", b"{}")).status == 200
    assert caplog.records == []


async def test_stopping_ends_half_open_requests_at_once():
    started = time.perf_counter()
    async with opened(**PATIENT) as door, door.connected() as (reader, writer):
        writer.write(door.head(length=10) + b"{")
        assert (await door.post("/v1/logs", b"{}")).status == 200
        await door.receiver.stop()
        assert await closed(reader) == b""
    assert time.perf_counter() - started < 5
