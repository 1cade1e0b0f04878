"""Transcripts of real clients give the same figures as their telemetry: alone, before it, after it, and never twice."""

import json
import random
from collections.abc import Iterable

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.events import Event, LlmCalled
from aimon_core.pricing import load
from aimon_core.session import Session
from aimon_core.store import SessionStore
from receiver.codec import decode
from receiver.dialects import Interpreter
from receiver.hooks import translate
from receiver.otlp import records
from tests.fakes.captures import cases, expected, scenarios, sent
from tests.fakes.transcripts import events_of, files
from tests.walk.test_captures import check, figures

PRICES = load()
UNTOLD = {"tui_clear_compact", "real_clear_compact"}
"""A transcript leaves out the call that writes the summary for `/compact`."""
UNEXPORTED = {"tui_interrupt_agent"}
"""Its last call is in the transcript alone: the client ended before it could export."""
OTHERS = cases("codex", "copilot", "gemini-cli", "qwen-code")
UNNOTED = {("qwen-code", "interactive-approval")}
"""The calls of the helper that extracts memories are in no chat."""
COUNTED = ("turns", "llm_calls", "llm_calls_failed", "tokens", "tool_calls", "tool_errors", "waits", "retries")
Delivery = tuple[list[Event], int]


def wire(name: str, agent: str = "claude-code", *, hooks: bool = True) -> list[Delivery]:
    """What telemetry of a scenario says, and its hooks."""
    told, interpreter = [], Interpreter()
    for one in sent(name, agent):
        arrived_ns = round(one.unix * 1e9)
        if one.signal == "hooks":
            if hooks:
                told.append((translate(agent, json.loads(one.body), arrived_ns), arrived_ns))
        else:
            message = decode(one.signal, one.body, "json" if "json" in one.content_type else "protobuf")  # type: ignore[arg-type]
            told.append((interpreter.translate(records(one.signal, message, arrived_ns)), arrived_ns))  # type: ignore[arg-type]
    return told


def written(agent: str, name: str) -> list[Delivery]:
    """What its transcripts say."""
    return [([event], event.at_ns) for path in files(agent, name) for event in events_of(agent, path)]


def fed(deliveries: Iterable[Delivery]) -> SessionStore:
    clock = SteppedClock()
    store = SessionStore(clock)
    store.prices = PRICES
    for events, arrived_ns in deliveries:
        clock.jump(max(clock.now_ns(), arrived_ns))
        store.apply(events, arrived_ns)
    store.drain()
    return store


def rows(store: SessionStore) -> dict[str, Session]:
    return {session.session_id: session for session in store.sessions(every=True)}


@pytest.mark.parametrize("name", sorted(set(scenarios()) - UNTOLD - UNEXPORTED))
def test_a_transcript_alone_gives_the_tokens(name):
    truth, store = expected(name), fed(written("claude-code", name))
    assert set(rows(store)) == set(truth["sessions"])
    for session_id, wants in truth["sessions"].items():
        session = rows(store)[session_id]
        assert (session.llm_calls, figures(session.tokens)) == (wants["llm_calls"], wants["tokens"])
        assert session.tool_calls == sum(wants["tool_uses_asked"].values())
        assert session.cwd
        assert session.model != "<synthetic>"
    assert figures(store.totals().tokens) == truth["totals"]["tokens"]


@pytest.mark.parametrize(("agent", "name"), [case for case in OTHERS if case not in UNNOTED])
def test_other_agents_transcripts_give_their_tokens(agent, name):
    truth, store = expected(name, agent), fed(written(agent, name))
    own = {session_id: one for session_id, one in truth["sessions"].items() if not one["auxiliary"]}
    assert set(rows(store)) == set(own), "hidden threads have no file"
    for session_id, wants in own.items():
        session = rows(store)[session_id]
        assert (session.llm_calls, figures(session.tokens)) == (wants["llm_calls"], wants["tokens"])


@pytest.mark.parametrize("name", sorted(set(scenarios()) - UNEXPORTED))
@pytest.mark.parametrize("order", ["wire first", "files first", "mixed", "twice"])
def test_a_transcript_beside_telemetry_adds_nothing(name, order):
    told, files_say = wire(name), written("claude-code", name)
    deliveries = [*files_say, *told] if order == "files first" else [*told, *files_say]
    if order == "twice":
        deliveries += deliveries
    if order == "mixed":
        random.Random(name).shuffle(deliveries)
    both, alone = fed(deliveries), rows(fed(told))
    check(both, expected(name))
    for session_id, session in rows(both).items():
        for field in ("turns", "tool_calls", "errors", "llm_calls_failed", "waits", "waited_ns", "retries", "state"):
            assert getattr(session, field) == getattr(alone[session_id], field), field
        assert session.cwd == alone[session_id].cwd or alone[session_id].cwd is None


@pytest.mark.parametrize(("agent", "name"), OTHERS)
@pytest.mark.parametrize("hooks", [True, False], ids=["hooks", "no hooks"])
@pytest.mark.parametrize("order", ["wire first", "files first", "live"])
def test_other_agents_transcripts_beside_telemetry_add_nothing(agent, name, hooks, order):
    told, files_say = wire(name, agent, hooks=hooks), written(agent, name)
    deliveries = [*files_say, *told] if order == "files first" else [*told, *files_say]
    if order == "live":
        deliveries.sort(key=lambda one: one[1])
    both, alone = rows(fed(deliveries)), rows(fed(told))
    assert set(both) >= set(alone)
    for session_id, known in alone.items():
        session = both[session_id]
        assert [getattr(session, field) for field in COUNTED] == [getattr(known, field) for field in COUNTED]
        assert abs(session.waited_ns - known.waited_ns) < 100_000_000
        assert _done(session) == _done(known)
        assert not hooks or session.state == known.state


def _done(session: Session) -> list[tuple[str | None, str, int, int]]:
    """What its subagents did."""
    return sorted((one.type or "", one.state, one.llm_calls, one.tool_calls) for one in session.subagents)


def test_what_telemetry_never_sent_the_transcript_tells():
    session = next(
        iter(rows(fed([*wire("tui_interrupt_agent"), *written("claude-code", "tui_interrupt_agent")])).values())
    )
    assert session.llm_calls == expected("tui_interrupt_agent")["totals"]["llm_calls"] + 1


def test_a_transcript_fills_what_telemetry_does_not_know():
    name = "print_tools"
    only_logs = [delivery for delivery, one in zip(wire(name), sent(name), strict=True) if one.signal == "logs"]
    before = next(iter(rows(fed(only_logs)).values()))
    after = next(iter(rows(fed([*only_logs, *written("claude-code", name)])).values()))
    assert (before.name, before.cwd) == (before.session_id[:8], None)
    assert (after.name, after.cwd) == ("shop-api", "/home/dev/projects/shop-api")
    assert "no telemetry: figures from the transcript" not in after.blind_spots


def test_subagents_of_a_transcript_have_their_own_figures():
    session = next(iter(rows(fed(written("claude-code", "tui_subagents"))).values()))
    assert [(one.type, one.state) for one in session.subagents] == [("general-purpose", "completed")] * 3
    assert sum(one.llm_calls for one in session.subagents) == 7
    assert session.state == "completed"


@pytest.mark.parametrize(
    ("agent", "name", "state", "reason", "doing"),
    [
        ("claude-code", "tui_tools", "completed", "transcript", None),
        ("claude-code", "tui_auto_check_dialog", "idle", "interrupted", "interrupted"),
        ("claude-code", "print_e401", "failed", "failed", None),
        ("claude-code", "tui_kill9", "working", None, "Bash: python3 -c 'import time; time.sleep(40)'"),
        ("codex", "tools-http-json", "completed", "transcript", "“All 3 tests pass.”"),
        ("codex", "interactive-approval", "idle", "interrupted", "interrupted"),
        ("codex", "error-429-fatal", "failed", "failed", None),
        ("gemini-cli", "tools-http", "working", None, "thinking"),
        ("qwen-code", "tools-http", "working", None, "thinking"),
        ("copilot", "interactive-agents-protobuf", "ended", "interrupted", None),
        ("copilot", "print-401", "ended", "failed", None),
    ],
)
def test_a_transcript_tells_where_a_session_stands(agent, name, state, reason, doing):
    session = next(iter(rows(fed(written(agent, name))).values()))
    assert (session.state, session.turn.end_reason) == (state, reason)
    assert doing is None or session.doing == doing


@pytest.mark.parametrize("fork_first", [False, True])
@pytest.mark.parametrize("named", [False, True])
def test_a_forked_transcript_counts_nothing_twice(tmp_path, fork_first, named):
    origin = files("claude-code", "print_tools")[0]
    fork = tmp_path / "5f0c2b1e-0000-4000-8000-000000000001.jsonl"
    copied = []
    for line in map(json.loads, origin.read_text().splitlines()):
        if "sessionId" in line:
            parent = {"forkedFrom": {"sessionId": origin.stem, "messageUuid": line.get("uuid")}} if named else {}
            copied.append(json.dumps(line | {"sessionId": fork.stem} | parent))
    fork.write_text("\n".join(copied) + "\n")
    paths = [fork, origin] if fork_first else [origin, fork]
    store = fed(([event], event.at_ns) for path in paths for event in events_of("claude-code", path))
    truth = expected("print_tools")["totals"]
    assert (store.totals().llm_calls, figures(store.totals().tokens)) == (truth["llm_calls"], truth["tokens"])
    assert store.totals().tool_calls == 4
    if named:
        assert set(rows(store)) == {origin.stem}


def test_telemetry_takes_back_what_a_fork_has_claimed():
    calls = [
        event
        for event in events_of("claude-code", files("claude-code", "print_tools")[0])
        if isinstance(event, LlmCalled)
    ]
    claimed = [([_of(event, "fork")], event.at_ns) for event in calls]
    store = fed([*claimed, *wire("print_tools")])
    assert store.totals().llm_calls == len(calls)
    assert {session.session_id: session.llm_calls for session in store.sessions(every=True)} == {
        "fork": 0,
        expected("print_tools")["sessions"].popitem()[0]: len(calls),
    }
    check_totals = expected("print_tools")["totals"]
    assert figures(store.totals().tokens) == check_totals["tokens"]


def _of(event: LlmCalled, session_id: str) -> LlmCalled:
    fields = {name: getattr(event, name) for name in LlmCalled.__struct_fields__}
    return LlmCalled(**fields | {"session_id": session_id})
