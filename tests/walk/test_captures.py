"""Every capture of a real client, through codec, dialect and ledger, gives the figures of its `expected.json`."""

import json
import random
from collections.abc import Iterable
from typing import Any

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.events import Event
from aimon_core.pricing import load
from aimon_core.session import Session, Tokens
from aimon_core.store import SessionStore
from receiver.codec import decode
from receiver.dialects import Interpreter
from receiver.hooks import translate
from receiver.otlp import records
from tests.fakes.captures import Sent, cases, expected, scenarios, sent

PRICES = load()

CASES = cases("claude-code", "codex", "gemini-cli", "qwen-code", "copilot", "opencode")
"""Agents whose telemetry is understood, with what their clients were seen to send."""

MISSING = {"print_beta": {"logs"}, "print_minimal": {"traces"}, "real_kill9": {"metrics"}}
"""Channels that a scenario does not have, or has only in part."""


def translated(one: Sent, interpreter: Interpreter) -> list[Event]:
    """The events of one request, in its languages."""
    arrived_ns = round(one.unix * 1e9)
    if one.signal == "hooks":
        return list(translate(one.path.rsplit("/", 1)[1], json.loads(one.body), arrived_ns))
    encoding = "json" if "json" in one.content_type else "protobuf"
    message = decode(one.signal, one.body, encoding)  # type: ignore[arg-type]
    return list(interpreter.translate(records(one.signal, message, arrived_ns)))  # type: ignore[arg-type]


def fed(requests: Iterable[Sent]) -> SessionStore:
    """A ledger that has taken in some requests."""
    clock = SteppedClock()
    store, interpreter = SessionStore(clock), Interpreter()
    store.prices = PRICES
    for one in requests:
        clock.jump(round(one.unix * 1e9))
        store.apply(translated(one, interpreter))
    assert not interpreter.unread
    store.drain()
    return store


def figures(tokens: Tokens) -> dict[str, int | None]:
    """Tokens with the names of `expected.json`."""
    return {
        "input": tokens.input,
        "cache_read": tokens.cache_read,
        "cache_write": tokens.cache_write,
        "output": tokens.output,
        "reasoning": tokens.reasoning or 0,
        "input_inclusive": tokens.context,
    }


def dollars(usd: float | None) -> float | None:
    return None if usd is None else round(usd, 6)


def owned(truth: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The sessions that are rows, each with what its hidden helpers did."""
    rows: dict[str, list[dict[str, Any]]] = {
        session_id: [] for session_id, one in truth["sessions"].items() if not one.get("auxiliary")
    }
    for one in truth["sessions"].values():
        if one.get("auxiliary"):
            rows[one["auxiliary_of"]].append(one)
    return rows


def check(store: SessionStore, truth: dict[str, Any]) -> None:
    rows = {session.session_id: session for session in store.sessions(every=True)}
    assert set(rows) == set(owned(truth)), "exactly these are rows, ghosts are not"
    for session_id, helpers in owned(truth).items():
        row, expects = rows[session_id], truth["sessions"][session_id]
        assert row.llm_calls == expects["llm_calls"]
        assert figures(row.tokens) == expects["tokens"]
        if "cost_usd_reported" in expects:
            assert dollars(row.cost.usd) == expects["cost_usd_reported"]
        assert row.auxiliary.llm_calls == sum(one["llm_calls"] for one in helpers)
        assert row.auxiliary.tokens.total == sum(
            one["tokens"]["input_inclusive"] + one["tokens"]["output"] for one in helpers
        )
    totals = store.totals()
    assert totals.llm_calls == truth["totals"]["llm_calls"]
    assert figures(totals.tokens) == truth["totals"]["tokens"]
    if "cost_usd_reported" in truth["totals"]:
        assert dollars(totals.cost.usd) == truth["totals"]["cost_usd_reported"]


@pytest.mark.parametrize(("agent", "name"), CASES)
def test_the_ledger_equals_the_truth(agent: str, name: str) -> None:
    check(fed(sent(name, agent)), expected(name, agent))


def pictures(store: SessionStore) -> list[Session]:
    return sorted(store.sessions(every=True), key=lambda one: one.key)


def same(one: list[Session], other: list[Session]) -> None:
    """The same figures and states; what a hook tells of its arrival may differ where arrival differs."""
    for left, right in zip(one, other, strict=True):
        for field in Session.__struct_fields__:
            assert getattr(left, field) == getattr(right, field), field


@pytest.mark.parametrize(("agent", "name"), CASES)
def test_hearing_everything_twice_changes_nothing(agent: str, name: str) -> None:
    once = sent(name, agent)
    same(pictures(fed([*once, *once])), pictures(fed(once)))


@pytest.mark.parametrize(("agent", "name"), CASES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_arrival_changes_no_figure(agent: str, name: str, seed: int) -> None:
    shuffled = sent(name, agent)
    random.Random(seed).shuffle(shuffled)
    store = fed(shuffled)
    check(store, expected(name, agent))
    for left, right in zip(pictures(store), pictures(fed(sent(name, agent))), strict=True):
        for field in ("turns", "tool_calls", "tool_errors", "errors", "waits", "waited_ns", "retries", "state"):
            assert getattr(left, field) == getattr(right, field), field


def single(one: Sent) -> list[Sent]:
    """A request of many records as requests of one record each."""
    if one.signal == "hooks":
        return [one]
    groups, scopes, items = {
        "logs": ("resource_logs", "scope_logs", "log_records"),
        "traces": ("resource_spans", "scope_spans", "spans"),
        "metrics": ("resource_metrics", "scope_metrics", "metrics"),
    }[one.signal]
    whole = decode(one.signal, one.body, "json" if "json" in one.content_type else "protobuf")  # type: ignore[arg-type]
    parts = []
    for group in getattr(whole, groups):
        for scope in getattr(group, scopes):
            for item in getattr(scope, items):
                part = type(whole)()
                kept = getattr(part, groups).add()
                kept.resource.CopyFrom(group.resource)
                inner = getattr(kept, scopes).add()
                inner.scope.CopyFrom(scope.scope)
                getattr(inner, items).add().CopyFrom(item)
                parts.append(Sent(one.unix, one.path, "application/x-protobuf", part.SerializeToString()))
    return parts


@pytest.mark.parametrize(("agent", "name"), CASES)
def test_splitting_requests_changes_nothing(agent: str, name: str) -> None:
    whole = sent(name, agent)
    parts = [part for one in whole for part in single(one)]
    assert len(parts) > len(whole) or all(one.signal == "hooks" for one in whole)
    same(pictures(fed(parts)), pictures(fed(whole)))


@pytest.mark.parametrize("signal", ["logs", "traces"])
@pytest.mark.parametrize("name", scenarios())
def test_one_channel_alone_gives_the_same_tokens(name: str, signal: str) -> None:
    if signal in MISSING.get(name, ()):
        pytest.skip("this channel is not in the capture")
    truth = expected(name)
    store = fed([one for one in sent(name) if one.signal == signal])
    assert figures(store.totals().tokens) == truth["totals"]["tokens"]
    assert store.totals().llm_calls == truth["totals"]["llm_calls"]


@pytest.mark.parametrize("name", [one for one in scenarios() if not one.endswith("_interrupt")])
def test_metrics_alone_are_machine_totals_and_no_row(name: str) -> None:
    if "metrics" in MISSING.get(name, ()):
        pytest.skip("this channel is not in the capture")
    store = fed([one for one in sent(name) if one.signal == "metrics"])
    tokens = expected(name)["totals"]["tokens"]
    assert store.sessions(every=True) == []
    assert store.machine.tokens.get("input", 0) == tokens["input"]
    assert store.machine.tokens.get("cacheCreation", 0) == tokens["cache_write"]
    assert store.machine.cost_usd == expected(name)["totals"]["cost_usd_reported"]


def test_what_only_metrics_saw_stands_beside_the_calls() -> None:
    """Esc while an answer streams: the client counts the aborted call in its metrics and tells of it nowhere else."""
    store, truth = fed(sent("tui_interrupt")), expected("tui_interrupt")
    seen = {part: count - truth["metrics_only"]["tokens"][name] for part, count, name in (
        ("input", store.machine.tokens["input"], "input"),
        ("output", store.machine.tokens["output"], "output"),
    )}  # fmt: skip
    assert seen == {name: truth["totals"]["tokens"][name] for name in ("input", "output")}


@pytest.mark.parametrize("name", scenarios())
def test_every_tool_the_model_asked_for_is_counted_once(name: str) -> None:
    for session in fed(sent(name)).sessions(every=True):
        asked = expected(name)["sessions"][session.session_id]["tool_uses_asked"]
        assert session.tool_calls == sum(asked.values())


def session_of(name: str) -> Session:
    return fed(sent(name)).sessions(every=True)[0]


def test_a_permission_capture_tells_three_waits_and_a_question() -> None:
    session = session_of("tui_permission")
    assert (session.waits, round(session.waited_ns / 1e6)) == (4, 9461 + 2520 + 2268 + 5334)
    assert (session.turns, session.state, session.errors) == (4, "ended", 0)


def test_subagents_have_their_own_figures() -> None:
    session = session_of("tui_subagents")
    assert [(one.type, one.state) for one in session.subagents] == [("general-purpose", "completed")] * 3
    assert sum(one.llm_calls for one in session.subagents) == 7


def test_recovered_retries_are_no_errors() -> None:
    session = session_of("print_e500")
    assert (session.retries, session.errors, session.state) == (2, 0, "ended")


def test_a_lost_key_is_one_failed_call_of_three_attempts() -> None:
    session = session_of("print_e401")
    assert (session.llm_calls_failed, session.errors, session.last_error_type, session.cost.usd) == (1, 1, "auth", 0.0)


def test_a_session_that_compacts_works_until_the_summary_is_there() -> None:
    states, requests = [], sent("real_clear_compact")
    for number, one in enumerate(requests):
        if one.signal == "hooks" and b"Compact" in one.body:
            states.append(fed(requests[: number + 1]).sessions(every=True)[0].state)
    assert states == ["working", "idle"]
