"""What the dialects make of single records; what they make of whole sessions is in `tests/walk/test_captures.py`."""

import pytest

from aimon_core.events import (
    CallWithdrawn,
    Event,
    LlmCalled,
    Nested,
    PermissionAnswered,
    PromptSubmitted,
    SessionEnded,
    SessionSeen,
    ToolFinished,
    TurnEnded,
)
from aimon_core.traces import Traces
from receiver.dialects import Interpreter
from receiver.dialects.openllmetry import OpenLLMetry
from tests.fakes.otlp import log, span

REQUEST = {
    "session.id": "s1",
    "event.sequence": 4,
    "model": "claude-opus-5-5",
    "input_tokens": 401,
    "output_tokens": 51,
    "cache_read_tokens": 0,
    "cache_creation_tokens": 2500,
    "cost_usd": 0.015124,
}


def read(*records: object) -> list[Event]:
    interpreter = Interpreter()
    events = interpreter.translate(records)  # type: ignore[arg-type]
    assert not interpreter.unread
    return [told for event in events for told in (event.told if isinstance(event, Nested) else (event,))]


def placed(*records: object) -> list[Event]:
    """The same where the ledger has put them in their session."""
    traces = Traces()
    return [told for event in Interpreter().translate(records) for told in traces.enter(event)]  # type: ignore[arg-type]


def test_numbers_may_be_strings() -> None:
    """Builds before 2.1.1xx write every number as text."""
    numbers, strings = (
        read(
            log(
                "claude_code.api_request",
                {key: kind(value) if key != "session.id" else value for key, value in REQUEST.items()},
            )
        )
        for kind in (lambda value: value, str)
    )
    assert numbers == strings
    call = numbers[0]
    assert isinstance(call, LlmCalled)
    assert (call.cost_picodollars, call.tokens.cache_write_unknown, call.tokens.input) == (15_124_000_000, 2500, 401)


def test_a_zero_is_a_zero_and_no_missing_value() -> None:
    call = read(log("claude_code.api_request", REQUEST | {"cost_usd": 0.0}))[0]
    assert isinstance(call, LlmCalled)
    assert call.cost_picodollars == 0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "much", "", None])
def test_a_cost_that_is_no_number_is_unknown(value: float | str | None) -> None:
    call = read(log("claude_code.api_request", REQUEST | {"cost_usd": value}))[0]
    assert isinstance(call, LlmCalled)
    assert call.cost_picodollars is None


def test_cache_writes_keep_their_time_to_live() -> None:
    call = read(
        log("claude_code.api_request", REQUEST | {"cache_creation_5m_tokens": 500, "cache_creation_1h_tokens": 2000})
    )[0]
    assert isinstance(call, LlmCalled)
    tokens = call.tokens
    assert (tokens.cache_write_5m, tokens.cache_write_1h, tokens.cache_write_unknown) == (500, 2000, 0)


@pytest.mark.parametrize(
    ("source", "side"),
    [("repl_main_thread", False), ("agent:builtin:general-purpose", False), ("generate_session_title", True)],
)
def test_helper_calls_beside_the_conversation_are_told_apart(source: str, *, side: bool) -> None:
    call = read(log("claude_code.api_request", REQUEST | {"query_source": source}))[0]
    assert isinstance(call, LlmCalled)
    assert call.side is side


@pytest.mark.parametrize(
    ("decision", "source", "by_person", "ends_turn"),
    [
        ("accept", "config", False, False),
        ("accept", "user_temporary", True, False),
        ("reject", "config", False, False),
        ("reject", "user_reject", True, True),
        ("reject", "user_abort", True, True),
    ],
)
def test_who_decided(decision: str, source: str, *, by_person: bool, ends_turn: bool) -> None:
    found = read(
        log(
            "claude_code.tool_decision",
            {"session.id": "s", "tool_name": "Bash", "decision": decision, "source": source},
        )
    )[0]
    assert isinstance(found, PermissionAnswered)
    assert (found.by_person, found.ends_turn, found.accepted) == (by_person, ends_turn, decision == "accept")


@pytest.mark.parametrize("command", ["exit", "clear"])
def test_leaving_by_command_ends_the_session_where_no_hook_tells(command: str) -> None:
    kinds = [type(one) for one in read(log("claude_code.user_prompt", {"session.id": "s", "command_name": command}))]
    assert kinds == [PromptSubmitted, SessionEnded]


def test_a_wrapper_can_tell_pid_and_folder_by_resource_attributes() -> None:
    record = log("claude_code.user_prompt", {"session.id": "s"}, resource={"aimon.pid": "77", "aimon.cwd": "/home/dev"})
    seen = next(one for one in read(record) if isinstance(one, SessionSeen))
    assert (seen.pid, seen.cwd) == (77, "/home/dev")


def test_a_record_without_a_session_is_counted_as_unread() -> None:
    interpreter = Interpreter()
    assert interpreter.translate([log("claude_code.api_request", {"model": "m"})]) == []
    assert interpreter.unread == {"claude-code": 1}


def test_noise_makes_no_event_and_is_counted_by_name() -> None:
    interpreter = Interpreter()
    assert interpreter.translate([log("claude_code.hook_registered", {"session.id": "s"})] * 3) == []
    assert interpreter.noise == {"claude-code/claude_code.hook_registered": 3}
    assert not interpreter.unclaimed


def test_names_of_unknown_records_are_bounded() -> None:
    interpreter = Interpreter()
    interpreter.translate(log(f"noise {number}", {}, scope="elsewhere") for number in range(3_000))
    assert len(interpreter.unclaimed) <= 1_001
    assert sum(interpreter.unclaimed.values()) == 3_000


CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.conversation.id": "c1",
    "gen_ai.request.model": "gpt-5.5",
    "gen_ai.usage.input_tokens": 1_000,
    "gen_ai.usage.output_tokens": 50,
    "gen_ai.usage.cache_read.input_tokens": 800,
}


def test_an_unknown_agent_that_follows_the_conventions_is_a_row() -> None:
    call = placed(span("chat gpt-5.5", CHAT))[0]
    assert isinstance(call, LlmCalled)
    assert (call.agent, call.session_id, call.model) == ("my-agent", "c1", "gpt-5.5")
    assert (call.tokens.input, call.tokens.cache_read, call.tokens.output) == (200, 800, 50), (
        "input includes the cached part"
    )


def test_the_old_spelling_of_usage_is_understood() -> None:
    old = {"gen_ai.operation.name": "chat", "gen_ai.usage.prompt_tokens": 10, "gen_ai.usage.completion_tokens": 5}
    call = placed(span("chat", old))[0]
    assert isinstance(call, LlmCalled)
    assert (call.tokens.input, call.tokens.output, call.session_id) == (10, 5, "02" * 16), "the trace holds it together"


RUN = CHAT | {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "pipeline"}


def test_an_agents_sum_counts_only_where_nothing_below_tells_of_it() -> None:
    run = span("invoke_agent", RUN)
    call = span("chat", CHAT | {"gen_ai.response.id": "r1"}, span_id=b"\3" * 8, parent_id=run.span_id)
    alone = [one for one in placed(run) if isinstance(one, LlmCalled)]
    assert [(one.counts, one.tokens.output) for one in alone] == [(False, 50)], "tokens, but no call"
    assert [one.call_id for one in placed(call, run) if isinstance(one, LlmCalled)] == ["r1"]
    late = placed(run, call)
    assert [type(one) for one in late if isinstance(one, LlmCalled | CallWithdrawn)] == [
        LlmCalled, LlmCalled, CallWithdrawn,
    ]  # fmt: skip


def test_a_nested_run_is_no_turn_of_its_own() -> None:
    assert read(span("invoke_agent", {"gen_ai.operation.name": "invoke_agent"}, parent_id=b"\3" * 8)) == []


def test_goose_speaks_the_conventions_and_names_its_session_twice() -> None:
    """Spans as goose's `state_machine.rs` opens them (no capture): a reply, its run inside, the call of a model."""
    of = {"service": "goose", "scope": "goose"}
    named = {"session.id": "20261121_1", "session.agent_type": "goose"}
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "goose"}
    reply = span("reply", named | agent, **of)
    run = span(
        "invoke_agent goose", named | agent | {"gen_ai.conversation.id": "20261121_1"},
        span_id=b"\3" * 8, parent_id=reply.span_id, **of,
    )  # fmt: skip
    chat = {name: value for name, value in CHAT.items() if name != "gen_ai.conversation.id"}
    call = span("chat gpt-5.5", chat | named, span_id=b"\4" * 8, parent_id=run.span_id, **of)
    told = placed(call, run, reply)
    assert {(one.agent, one.session_id) for one in told} == {("goose", "20261121_1")}
    assert [one.tokens.output for one in told if isinstance(one, LlmCalled) and one.counts] == [50]
    assert sum(isinstance(one, PromptSubmitted) for one in told) == sum(isinstance(one, TurnEnded) for one in told) == 1


def test_a_failed_tool_is_a_tool_error() -> None:
    tool = read(
        span("execute_tool", {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}, error="boom")
    )[0]
    assert isinstance(tool, ToolFinished)
    assert (tool.ok, tool.name, tool.error) == (False, "search", "boom")


def test_spans_that_are_no_genai_are_counted() -> None:
    interpreter = Interpreter()
    assert interpreter.translate([span("SELECT", {"db.system": "sqlite"})]) == []
    assert interpreter.unclaimed == {"my-agent/my-agent/SELECT": 1}


def test_older_spellings_of_openllmetry_are_understood() -> None:
    scope = "opentelemetry.instrumentation.openai.v1"
    old = {"llm.request.type": "chat", "gen_ai.usage.prompt_tokens": 10, "gen_ai.usage.completion_tokens": 5}
    named = old | {"traceloop.association.properties.session_id": "s7", "gen_ai.response.model": "gpt-5.5"}
    call = placed(span("openai.chat", named, scope=scope))[0]
    assert isinstance(call, LlmCalled)
    assert (call.session_id, call.model, call.tokens.input, call.tokens.output) == ("s7", "gpt-5.5", 10, 5)
    tool = read(span("search.tool", {"traceloop.span.kind": "tool", "traceloop.entity.name": "search"}, scope=scope))[0]
    assert isinstance(tool, ToolFinished)
    assert tool.name == "search"


@pytest.mark.parametrize(
    ("scope", "ours"),
    [
        ("opentelemetry.instrumentation.langchain", True),
        ("traceloop.tracer", True),
        ("opentelemetry.instrumentation.genai.langchain", False),
        ("opentelemetry.instrumentation.openai_v2", False),
        ("opentelemetry.instrumentation.", False),
        ("my.opentelemetry.instrumentation.langchain", False),
    ],
)
def test_openllmetry_is_told_from_opentelemetrys_own_instrumentors(scope: str, *, ours: bool) -> None:
    assert OpenLLMetry().claims(span("x", {}, scope=scope).scope) is ours


def test_goose_is_a_row_by_the_conventions() -> None:
    """`invoke_agent goose` over `chat …`, as crates/goose/src/agents names them."""
    said = {"gen_ai.conversation.id": "20261121_1", "session.id": "20261121_1"}
    run = span("invoke_agent goose", RUN | said | {"gen_ai.agent.name": "goose"}, service="goose")
    call = span("chat", CHAT | said, service="goose", span_id=b"\3" * 8, parent_id=run.span_id)
    told = placed(call, run)
    assert {(one.agent, one.session_id) for one in told} == {("goose", "20261121_1")}
    assert [type(one) for one in told if isinstance(one, LlmCalled | TurnEnded)] == [LlmCalled, TurnEnded]
