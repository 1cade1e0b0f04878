"""The tree of a session and what was told of its spans, asked over HTTP."""

import asyncio
import json

import pytest

from aimon_core.recent import Recent
from aimon_core.store import SessionStore
from receiver import trees
from receiver.api import Owner
from receiver.shapes import SHAPES
from receiver.told import tell
from tests.fakes.captures import scenarios, sent
from tests.fakes.door import Door, opened
from tests.fakes.events import answered, prompted, tool_began, tool_ended

SPANS = 100_000


async def play(door: Door, name: str) -> Recent:
    """A capture through the door; the receiver tells of it from then on."""
    recent = Recent()
    for one in sent(name):
        door.clock.jump(round(one.unix * 1e9))
        assert (await door.post(one.path, one.body, {"Content-Type": one.content_type})).status == 200
        while door.sink.deliveries:
            recent.append(door.sink.deliveries.pop(0))
    return recent


@pytest.mark.parametrize("name", scenarios())
async def test_the_tree_is_told_as_it_is_drawn(name):
    async with opened() as door:
        await play(door, name)
        for session in door.ledger.sessions(every=True):
            heard = await door.get(f"/api/v1/sessions/{session.key}/spans")
            told = SHAPES["spans"].validate_json(heard.body)
            drawn = door.ledger.turns(session.key)
            assert [len(turn.spans) for turn in told.turns] == [len(turn.spans) for turn in drawn]
            for there, here in zip(told.turns, drawn, strict=True):
                assert [(span.key, span.depth, span.asked_by, span.read_by) for span in there.spans] == [
                    (span.key, span.depth, span.asked_by, span.read_by) for span in here.spans
                ]
                assert [span.ended_at is None for span in there.spans] == [span.end_ns is None for span in here.spans]


async def test_one_span_with_what_was_told_about_it():
    kept = Recent()

    async def tells(key, span):
        return await asyncio.to_thread(tell, kept, key, span)

    async with opened(wants_deliveries=True, owner=Owner(tells=tells)) as door:
        kept.append(*(await play(door, "tui_permission")).reader().between(0, 2**63 - 1))
        (session,) = door.ledger.sessions(every=True)
        spans = [span for turn in door.ledger.turns(session.key) for span in turn.spans]
        for span in spans:
            heard = await door.get(f"/api/v1/sessions/{session.key}/spans/{span.key}")
            told = SHAPES["span"].validate_json(heard.body)
            assert (told.span.key, told.notice) == (span.key, None)
            assert {telling.channel for telling in told.span.told} >= {"log", "span"}
        tool = next(span for span in spans if span.kind == "tool")
        document = (await door.get(f"/api/v1/sessions/{session.key}/spans/{tool.key}")).json
        assert next(iter(document["span"]["told"][0]["attributes"])) == "tool_name"
        assert document["span"]["subject"] == "touch build.stamp", "as in waiting_on of the session"
        for private in ("Create the stamp", "Remove the log", "SQLite it is"):
            assert private not in json.dumps(document) + str(await door.get(f"/api/v1/sessions/{session.key}/spans"))


async def test_where_nothing_is_kept_that_is_said():
    async with opened() as door:
        door.ledger.apply([prompted(0), answered(1, "a/b")])
        document = (await door.get("/api/v1/sessions/claude-code:s1/spans/llm:a/b")).json
        assert (document["span"]["key"], document["span"]["told"]) == ("llm:a/b", [])
        assert "not kept" in document["notice"]


async def test_what_a_tool_said_of_its_failure_is_output_and_stays():
    async with opened() as door:
        door.ledger.apply([prompted(0), tool_ended(2, "t1", ok=False, error="Exit code 1: the private plan")])
        ((span,),) = [turn["spans"] for turn in (await door.get("/api/v1/sessions/claude-code:s1/spans")).json["turns"]]
        assert (span["failed"], span["error"]) == (True, None)


async def test_nobody_has_the_spans_of_nobody():
    async with opened() as door:
        door.ledger.apply([prompted(0), answered(1, "r1")])
        for path in ("claude-code:nobody/spans", "claude-code:nobody/spans/llm:r1", "claude-code:s1/spans/llm:r2"):
            assert (await door.get(f"/api/v1/sessions/{path}")).status == 404
        assert (await door.ask("POST", "/api/v1/sessions/claude-code:s1/spans", b"")).status == 405


async def test_a_reader_that_leaves_early_harms_nobody():
    async with opened() as door:
        door.ledger.apply([prompted(0), *(answered(n, f"r{n}") for n in range(5_000))])
        async with door.connected() as (reader, writer):
            writer.write(f"GET /api/v1/sessions/claude-code:s1/spans HTTP/1.1\r\nHost: {door.host}\r\n\r\n".encode())
            assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        assert (await door.get("/api/v1/sessions/claude-code:s1")).status == 200


async def test_a_session_without_turns_has_none():
    async with opened() as door:
        payload = {"hook_event_name": "SessionStart", "session_id": "s1"}
        await door.post("/hooks/claude-code", json.dumps(payload).encode())
        assert (await door.get("/api/v1/sessions/claude-code:s1/spans")).json == {"v": 1, "turns": []}


async def test_times_beyond_any_clock_are_no_times():
    async with opened() as door:
        door.ledger.apply([prompted(0), answered(1, "r1", duration_ms=1e290)])
        turns = SHAPES["spans"].validate_json((await door.get("/api/v1/sessions/claude-code:s1/spans")).body).turns
        assert [span.started_at for turn in turns for span in turn.spans] == [None]


@pytest.mark.slow
def test_a_hundred_thousand_spans_are_written_in_pieces_that_hold_nobody_up(monkeypatch):
    from aimon_core import merged

    monkeypatch.setattr(merged, "REMEMBERED", SPANS)
    store = _ledger()
    steps = sum(turn is None for turn in store.growing("claude-code:s1"))
    pieces = list(trees.encoded(store.growing("claude-code:s1")))
    assert sum(len(turn["spans"]) for turn in json.loads(b"".join(pieces))["turns"]) == SPANS
    assert steps >= SPANS / 250, "a step reads so many spans at most"
    assert max(map(len, pieces)) < 64 * 1024


def _ledger() -> SessionStore:
    from aimon_core.clock import SteppedClock

    store = SessionStore(SteppedClock())
    store.apply([prompted(0)])
    for number in range(SPANS // 2):
        at_s = number * 0.01
        store.apply(
            [
                answered(at_s + 0.001, f"r{number}"),
                tool_began(at_s + 0.002, f"t{number}"),
                tool_ended(at_s + 0.003, f"t{number}"),
            ]
        )
    return store
