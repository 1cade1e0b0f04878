"""What other aimons and scripts may ask, and the stream of changes."""

import asyncio
import json
from contextlib import asynccontextmanager

from receiver.shapes import SHAPES
from tests.fakes.door import opened


def payload(session_id, event="UserPromptSubmit", **more):
    return json.dumps(
        {"hook_event_name": event, "session_id": session_id, "cwd": "/home/dev/shop", "prompt": "hi"} | more
    ).encode()


async def prompt(door, session_id, **more):
    assert (await door.post("/hooks/claude-code", payload(session_id, **more))).status == 200


@asynccontextmanager
async def stream(door):
    """The lines of the stream, parsed and held to their shape."""

    async def lines():
        async for line in response.content:
            document = json.loads(line)
            if document["seq"] < 10:
                SHAPES["stream"].validate_json(line)
            yield document

    async with door.session.get(f"http://{door.host}/api/v1/stream") as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "application/x-ndjson"
        yield lines()


async def following(lines):
    return await asyncio.wait_for(anext(lines), 5)


async def test_the_sessions_and_one_of_them():
    async with opened() as door:
        await prompt(door, "s1")
        await prompt(door, "s2")
        document = (await door.get("/api/v1/sessions")).json
        assert document["v"] == 1
        assert [session["key"] for session in document["sessions"]] == ["claude-code:s1", "claude-code:s2"]
        assert document["totals"]["sessions"] == 2
        one = (await door.get("/api/v1/sessions/claude-code:s2")).json
        assert one == {"v": 1, "session": document["sessions"][1]}
        assert (await door.get("/api/v1/sessions/claude-code:nobody")).status == 404


async def test_ended_sessions_are_asked_for():
    async with opened() as door:
        await prompt(door, "s1")
        door.clock.advance(1)
        await door.post("/hooks/claude-code", payload("s1", "SessionEnd", reason="other"))
        door.clock.advance(3600)
        for _ in range(2):
            door.ledger.tick()
        assert (await door.get("/api/v1/sessions")).json["sessions"] == []
        assert (await door.get("/api/v1/sessions?all=0")).json["sessions"] == []
        (session,) = (await door.get("/api/v1/sessions?all=1")).json["sessions"]
        assert session["state"] == "ended"


async def test_a_session_id_may_hold_anything():
    async with opened() as door:
        await prompt(door, "a/b c%ü")
        (session,) = (await door.get("/api/v1/sessions")).json["sessions"]
        one = await door.get("/api/v1/sessions/claude-code:a%2Fb%20c%25%C3%BC")
        assert one.json["session"] == session
        assert one.body.isascii()


async def test_stats_count_what_passed():
    async with opened() as door:
        await prompt(door, "s1")
        assert (await door.post("/v1/logs", b"{")).status == 400
        door.clock.advance(5)
        stats = (await door.get("/api/v1/stats")).json
        assert (stats["requests"], stats["records"], stats["refused"], stats["uptime_s"]) == (3, 1, {"400": 1}, 5.0)
        assert stats["ledger"]["events"] >= 1
        assert stats["connections"] == 1


async def test_the_stream_begins_with_the_list_and_goes_on_with_changes():
    async with opened() as door:
        await prompt(door, "s1")
        async with stream(door) as lines:
            first = await following(lines)
            assert (first["type"], first["seq"]) == ("session_list", 0)
            assert [item["session_id"] for item in first["sessions"]] == ["s1"]
            assert (await following(lines))["key"] == "claude-code:s1"
            await prompt(door, "s2")
            door.receiver.publish(door.ledger.drain() - {"claude-code:s1"})
            second, third = await following(lines), await following(lines)
            assert (second["type"], second["seq"], second["session_id"]) == ("session_update", 1, "s2")
            assert (third["type"], third["seq"], third["has_working"]) == ("session_list", 2, True)
            assert [item["project"] for item in third["sessions"]] == ["shop", "shop"]


async def test_a_line_holds_what_scripts_knew_and_all_that_is_told_of_a_session():
    async with opened() as door:
        await prompt(door, "s1")
        told = (await door.get("/api/v1/sessions/claude-code:s1")).json["session"]
        async with stream(door) as lines:
            await following(lines)
            update = await following(lines)
    assert {name: update[name] for name in told} == told
    assert {name: update[name] for name in ("tool", "project", "timestamp")} == {
        "tool": "claude-code", "project": "shop", "timestamp": door.clock.now_ns() // 10**9,
    }  # fmt: skip
    assert update["metrics"]["input_tokens"] == 0


async def test_a_row_that_leaves_the_list_is_told_once_more_and_then_gone():
    async with opened() as door:
        await prompt(door, "s1")
        async with stream(door) as lines:
            await following(lines)
            await following(lines)
            await door.post("/hooks/claude-code", payload("s1", "SessionEnd", reason="other"))
            door.ledger.drain()
            door.clock.advance(61)
            door.ledger.tick()
            assert door.ledger.get("claude-code:s1")
            door.receiver.publish(door.ledger.drain())
            last, gone, listed = [await following(lines) for _ in range(3)]
            assert (last["type"], last["state"]) == ("session_update", "ended")
            assert (gone["type"], gone["key"]) == ("session_gone", "claude-code:s1")
            assert (listed["type"], listed["sessions"]) == ("session_list", [])
            door.receiver.publish({"claude-code:s1"})  # nobody knows it any more
            door.clock.advance(5)
            door.receiver.publish(set())
            assert (await following(lines))["type"] == "session_list", "and the list comes every five seconds anyway"


async def test_a_late_reader_knows_where_it_stands():
    async with opened() as door:
        await prompt(door, "s1")
        async with stream(door) as early:
            await following(early)
            await following(early)
            door.receiver.publish({"claude-code:s1"})
            async with stream(door) as late:
                assert [(await following(late))["seq"] for _ in range(2)] == [1, 1]
                door.receiver.publish({"claude-code:s1"})
                assert (await following(late))["seq"] == 2
            assert [(await following(early))["seq"] for _ in range(2)] == [1, 2]


async def test_a_change_that_nobody_follows_costs_nothing():
    async with opened() as door:
        await prompt(door, "s1")
        door.receiver.publish({"claude-code:s1"})
        async with stream(door) as lines:
            assert (await following(lines))["seq"] == 0


async def test_s21_a_reader_that_stops_reading_is_dropped_and_holds_up_nobody():
    async with opened(stream_unsent=64 * 1024) as door:
        await prompt(door, "s1")
        async with stream(door) as lines, door.connected() as (reader, writer):
            writer.write(f"GET /api/v1/stream HTTP/1.1\r\nHost: {door.host}\r\n\r\n".encode())
            await reader.readuntil(b"session_list")
            writer.transport.pause_reading()
            await following(lines)
            for number in range(500):
                for _ in range(20):
                    door.receiver.publish({"claude-code:s1"})
                while (await following(lines))["seq"] < 20 * number + 20:
                    pass
            assert (await door.get("/api/v1/stats")).json["connections"] == 2
            writer.transport.resume_reading()
            assert b'"seq": 10000,' not in await asyncio.wait_for(reader.read(), 5)


async def test_a_frame_may_be_more_than_a_reader_may_leave_unread():
    async with opened(stream_unsent=1024) as door:
        for number in range(5):
            await prompt(door, f"s{number}")
        async with stream(door) as lines:
            while (await following(lines))["type"] != "session_update":
                pass
            door.receiver.publish({f"claude-code:s{number}" for number in range(5)})
            while (await following(lines))["seq"] < 5:
                pass


async def test_a_reader_that_leaves_is_forgotten():
    async with opened() as door:
        async with stream(door) as lines:
            await following(lines)
            assert len(door.receiver._api._stream.readers) == 1
        while (await door.get("/api/v1/stats")).json["connections"] > 1:
            pass
        assert len(door.receiver._api._stream.readers) == 0


async def test_readers_are_limited():
    async with opened(streams=1) as door, stream(door) as lines:
        await following(lines)
        refused = await door.get("/api/v1/stream")
        assert (refused.status, refused.headers["Retry-After"]) == (429, "1")


async def test_a_stream_ends_when_the_receiver_stops():
    async with opened() as door, stream(door) as lines:
        await following(lines)
        await door.receiver.stop()
        assert [line async for line in lines] == []


async def test_s22_lines_are_ascii():
    async with opened() as door:
        await prompt(door, "ü\u2028", cwd="/home/dev/ümläut")
        async with door.session.get(f"http://{door.host}/api/v1/stream") as response:
            await response.content.readline()
            line = await response.content.readline()
            assert line.isascii()
            assert json.loads(line)["cwd"] == "/home/dev/ümläut"
