"""Every capture, delivered through the intake and asked again: each span is told of by each channel that knew of it.

What must be told is read off the raw attributes and fields, not off the dialects: a record that carries a span's id
tells of it. Where the client told no id, `agrees` of the truth says which channels saw the calls.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from aimon_core.journal import Journal
from aimon_core.recent import Recent
from aimon_core.spans import Span
from receiver.codec import decode
from receiver.otlp import records
from receiver.told import Told, tell
from tests.fakes.captures import Sent, expected, scenarios, sent
from tests.fakes.kept import delivered

IDS = {
    "claude_code.llm_request": "request_id",
    "claude_code.api_request": "request_id",
    "claude_code.api_error": "request_id",
    "claude_code.tool": "tool_use_id",
    "claude_code.tool.execution": "tool_use_id",
    "claude_code.tool_decision": "tool_use_id",
    "claude_code.tool_result": "tool_use_id",
    "PreToolUse": "tool_use_id",
    "PostToolUse": "tool_use_id",
    "PostToolUseFailure": "tool_use_id",
}
"""By signal, the attribute that names what it is about."""

JOINED = {"PermissionRequest", "PostToolBatch", "claude_code.tool.blocked_on_user"}
"""Signals that name no single thing and are joined to one in other ways."""


async def asked(name: str, kept: Journal | Recent) -> list[tuple[str, Span, Told]]:
    """All spans of a capture, each with its session and what was told about it."""
    store = await delivered(sent(name), kept)
    return [
        (session.session_id, span, tell(kept, session.key, span))
        for session in store.sessions(every=True)
        for turn in store.turns(session.key)
        for span in turn.spans
    ]


def carried(requests: list[Sent]) -> Iterator[tuple[str, str]]:
    """Each id with the signal that carries it, off the raw bytes."""
    for one in requests:
        if one.signal == "hooks":
            payload = json.loads(one.body)
            signal = payload["hook_event_name"]
            if thing := payload.get(IDS.get(signal, "")):
                yield thing, signal
        elif one.signal != "metrics":
            message = decode(one.signal, one.body, "json" if "json" in one.content_type else "protobuf")  # type: ignore[arg-type]
            for record in records(one.signal, message, 0):  # type: ignore[arg-type]
                if thing := record.identity(IDS.get(record.name, "")):
                    yield thing, record.name


@pytest.mark.parametrize("name", scenarios())
async def test_whatever_names_a_call_or_a_tool_is_told_of_it(name: str, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    must = set(carried(sent(name)))
    for _, span, told in await asked(name, journal):
        kind, _, thing = span.key.partition(":")
        signals = [telling.signal for telling in told.tellings]
        assert told.notice == ""
        assert [telling.at_ns for telling in told.tellings] == sorted(telling.at_ns for telling in told.tellings)
        if kind in {"llm", "tool"}:
            assert {signal for known, signal in must if known == thing} <= set(signals), span.key
        if kind == "wait":
            assert set(signals) <= JOINED | {"claude_code.tool_decision"}
            assert signals
        if kind == "agent":
            assert "SubagentStart" in signals
    journal.close()


@pytest.mark.parametrize("name", scenarios())
async def test_each_channel_that_saw_the_calls_tells_of_each(name: str) -> None:
    truth = expected(name)["sessions"]
    for session_id, span, told in await asked(name, Recent()):
        if span.kind == "llm" and not span.failed:
            agrees = truth[session_id]["agrees"]
            channels = [telling.channel for telling in told.tellings]
            assert channels.count("log") == (agrees["logs"] is True), span.key
            assert channels.count("span") == (agrees["spans"] is True), span.key


@pytest.mark.parametrize("name", scenarios())
async def test_nothing_told_belongs_to_another_span(name: str) -> None:
    told_of: Counter[tuple[object, ...]] = Counter()
    for session_id, span, told in await asked(name, Recent()):
        kind, _, thing = span.key.partition(":")
        for telling in told.tellings:
            if kind != "wait" and telling.signal != "PostToolBatch":  # a wait lies in its tool, a batch holds several
                told_of[telling] += 1
            own = dict(telling.attributes)
            assert session_id in {own.get("session.id"), own.get("session_id")}
            named = {value for attribute, value in own.items() if attribute.endswith("tool_use_id")}
            if kind in {"tool", "wait"}:
                assert named <= {thing}
            if kind == "llm" and not thing.isdecimal():
                assert own["request_id"] == thing
    assert [telling for telling, times in told_of.items() if times > 1] == []


async def test_calls_without_ids_are_told_by_their_tokens_and_times() -> None:
    for _, span, told in await asked("old_subagents2", Recent()):
        if span.kind == "llm":
            assert span.tokens is not None
            for telling in told.tellings:
                assert dict(telling.attributes)["input_tokens"] == str(span.tokens.input)
        if span.kind == "tool":
            assert span.end_ns is not None
            lasted_ms = (span.end_ns - span.start_ns) / 1e6
            took = [float(dict(telling.attributes).get("duration_ms", lasted_ms)) for telling in told.tellings]
            assert all(abs(ms - lasted_ms) < 300 for ms in took), (span.subject, lasted_ms, took)


async def test_a_decision_joins_its_span_to_the_tool_though_the_tool_was_killed() -> None:
    found = [told for _, span, told in await asked("tui_kill9", Recent()) if span.kind == "tool"]
    assert [[telling.signal for telling in told.tellings] for told in found] == [
        ["PreToolUse", "claude_code.tool_decision", "claude_code.tool.blocked_on_user"]
    ]


async def test_what_somebody_wrote_is_not_told() -> None:
    for _, span, told in await asked("tui_permission", Recent()):
        text = " ".join(value for telling in told.tellings for _, value in telling.attributes)
        for private in ("touch build.stamp", "rm -f old.log", "Which database", "SQLite it is"):
            assert private not in text, span.key


async def test_a_person_reads_first_what_was_done_and_how_it_went() -> None:
    for _, span, told in await asked("print_denied", Recent()):
        if span.kind == "tool":
            names = [name for name, _ in told.attributes]
            assert names[:4] == ["tool_name", "gen_ai.tool.name", "decision", "source"]
            assert dict(told.attributes)["decision"] == "reject"
            assert names.index("session.id") > names.index("tool_use_id") > names.index("duration_ms")
            assert len(set(told.attributes)) == len(told.attributes)
