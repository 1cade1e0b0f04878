"""What Codex's dialect makes of single records; whole sessions are in `tests/walk`."""

import pytest

from aimon_core.events import (
    Event,
    LlmBegun,
    LlmCalled,
    LlmTried,
    PermissionAnswered,
    PromptSubmitted,
    SessionSeen,
    SubagentEnded,
    ThreadSeen,
    ToolFinished,
    TurnEnded,
)
from aimon_core.session import Tokens
from receiver.dialects import Interpreter
from receiver.dialects.codex import LOGS, METRICS, SPANS, Codex
from receiver.record import Record, Scope
from tests.fakes import otlp
from tests.fakes.captures import scenarios, sent
from tests.fakes.otlp import ARRIVED_NS, put, span
from tests.fakes.reading import read
from tests.walk.test_captures import decode, records

COUNTS = {
    "event.kind": "response.completed", "input_token_count": "1850", "output_token_count": "71",
    "cached_token_count": 1024, "cache_write_token_count": 300, "reasoning_token_count": 17, "model": "gpt-5.5",
}  # fmt: skip


def log(name: str, *, thread: str | None = "t1", **attributes) -> Record:
    told = {"event.name": f"codex.{name}"} | ({"conversation.id": thread} if thread else {})
    return otlp.log("", told | attributes, scope="codex_otel.log_only")


def one(*records_: Record) -> Event:
    (event,) = read(*records_)
    return event


def with_event(record: Record, **attributes) -> Record:
    """A span with an event of these attributes, dots written as two underscores."""
    put(record.message.events.add().attributes, {key.replace("__", "."): value for key, value in attributes.items()})
    return record


def codex_span(name: str, **attributes) -> Record:
    told = {key.replace("__", "."): value for key, value in attributes.items()}
    return span(name, told, scope="codex_cli_rs", service="codex_cli_rs")


# ------------------------------------------------------------------------------------------ logs


def test_input_holds_what_was_cached_and_output_its_reasoning():
    call = one(log("sse_event", **COUNTS))
    assert isinstance(call, LlmCalled)
    assert call.tokens == Tokens(1850 - 1024 - 300, 1024, 0, 0, 300, 71, 17)
    assert (call.model, call.call_id, call.session_id, call.ok) == ("gpt-5.5", None, "t1", True)


def test_the_end_of_an_answer_is_told_twice_and_counts_once():
    assert read(log("sse_event", **{"event.kind": "response.completed", "duration_ms": "19"})) == []
    assert read(log("sse_event", **{"event.kind": "response.output_text.delta"})) == []


def test_reasoning_that_nobody_reports_is_unknown():
    call = one(log("sse_event", **{key: value for key, value in COUNTS.items() if "reasoning" not in key}))
    assert isinstance(call, LlmCalled)
    assert call.tokens.reasoning is None


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"http.response.status_code": 429, "error.message": "http 429"}, "rate_limit"),
        ({"http.response.status_code": 500, "error.message": "http 500"}, "server"),
        ({"http.response.status_code": 401}, "auth"),
        ({"error.message": "operation timed out"}, "timeout"),
        ({"error.message": "odd"}, "unknown"),
    ],
)
def test_an_attempt_that_failed_says_why(attributes, kind):
    tried = one(log("api_request", endpoint="/responses", attempt=0, duration_ms="12", **attributes))
    assert isinstance(tried, LlmTried)
    assert (tried.error_type, tried.status) == (kind, attributes.get("http.response.status_code"))


def test_an_answer_that_breaks_off_is_one_failed_attempt():
    """Codex tells the event that failed and then, once more, that the answer did not complete."""
    failed = log("sse_event", **{"event.kind": "response.failed", "error.message": '{"type": "response.failed"}'})
    broken = log("sse_event", **{"event.kind": "response.completed", "error.message": "stream disconnected"})
    assert read(failed) == []
    assert isinstance(one(broken), LlmTried)


def test_what_is_asked_beside_the_model_is_no_call():
    assert read(log("api_request", endpoint="/models", **{"http.response.status_code": 404})) == []


def test_an_attempt_that_is_answered_tells_when_the_call_began():
    begun = one(log("api_request", endpoint="/responses", duration_ms="1", **{"http.response.status_code": 200}))
    assert isinstance(begun, LlmBegun)
    assert begun.at_ns == 1 - 1_000_000


def test_a_websocket_connects_once_and_asks_often():
    assert read(log("websocket_connect", success="true")) == []
    assert isinstance(one(log("websocket_request", success="true", duration_ms="5")), LlmBegun)
    assert isinstance(one(log("websocket_request", success="false", **{"error.message": "closed"})), LlmTried)
    assert isinstance(one(log("websocket_connect", success="false", **{"error.message": "refused"})), LlmTried)


@pytest.mark.parametrize(
    ("decision", "source", "accepted", "by_person", "ends"),
    [
        ("approved", "Config", True, False, False),
        ("approved_for_session", "User", True, True, False),
        ("approvedforsession", "User", True, True, False),
        ("denied", "User", False, True, False),
        ("abort", "User", False, True, True),
        ("denied", "AutomatedReviewer", False, False, False),
    ],
)
def test_decisions(decision, source, accepted, by_person, ends):
    answer = one(log("tool_decision", tool_name="exec_command", call_id="c1", decision=decision, source=source))
    assert isinstance(answer, PermissionAnswered)
    assert (answer.call_id, answer.name) == ("c1", "Bash")
    assert (answer.accepted, answer.by_person, answer.ends_turn) == (accepted, by_person, ends)


@pytest.mark.parametrize(
    ("success", "output", "ok"),
    [
        ("true", "Chunk ID: 1\nProcess exited with code 0\nOutput:\n", True),
        ("true", "Chunk ID: 1\nProcess exited with code 2\nOutput:\n", False),
        ("true", "Exit code: 1\nWall time: 0 seconds\n", False),
        ("true", "a file that says Exit code: 1 in its middle", True),
        ("false", "unsupported call", False),
        ("true", None, True),
    ],
)
def test_a_command_that_ends_badly_failed_though_codex_calls_it_a_success(success, output, ok):
    told = {"output": output} if output else {}
    done = one(log("tool_result", tool_name="exec_command", call_id="c1", duration_ms="141", success=success, **told))
    assert isinstance(done, ToolFinished)
    assert (done.ok, done.duration_ms, done.name) == (ok, 141.0, "Bash")


@pytest.mark.parametrize(
    ("name", "space", "arguments", "called", "subject"),
    [
        ("exec_command", "functions", '{"cmd": "ls src"}', "Bash", "ls src"),
        ("apply_patch", "functions", "*** Begin Patch", "apply_patch", ""),
        ("spawn_agent", "collaboration", "{}", "collaborationspawn_agent", ""),
        ("read_file", "mcp__files__", '{"path": "a.py"}', "mcp__files__read_file", "a.py"),
        ("exec_command", "functions", '{"cmd": "cut of', "Bash", ""),
    ],
)
def test_tools_are_called_as_hooks_call_them(name, space, arguments, called, subject):
    done = one(log("tool_result", tool_name=name, tool_namespace=space, call_id="c1", arguments=arguments))
    assert isinstance(done, ToolFinished)
    assert (done.name, done.subject) == (called, subject)


def test_a_prompt_that_the_person_keeps_private_has_no_words():
    private, open_ = read(log("user_prompt", prompt="[REDACTED]"), log("user_prompt", prompt="Fix it"))
    assert isinstance(private, PromptSubmitted)
    assert isinstance(open_, PromptSubmitted)
    assert (private.text, open_.text) == ("", "Fix it")


def test_a_thread_tells_what_it_may_do():
    thread, seen = read(
        log(
            "conversation_starts", originator="codex-tui", sandbox_policy="workspace-write", model="gpt-5.5",
            approval_policy="on-request", reasoning_effort="high", mcp_servers="files, web",
        )
    )  # fmt: skip
    assert isinstance(thread, ThreadSeen)
    assert isinstance(seen, SessionSeen)
    assert (thread.auxiliary, thread.certain) == (False, False)
    facts = (seen.model, seen.effort, seen.approval_policy, seen.sandbox, seen.mcp_servers)
    assert facts == ("gpt-5.5", "high", "on-request", "workspace-write", "files, web")


@pytest.mark.parametrize(
    ("changed", "guessed"),
    [({}, True), ({"sandbox_policy": "workspace-write"}, False), ({"mcp_servers": "codex_tui"}, False),
     ({"originator": "codex_exec"}, False)],
)  # fmt: skip
def test_a_bare_thread_that_may_only_read_is_perhaps_a_helpers(changed, guessed):
    bare = {"originator": "codex-tui", "sandbox_policy": "read-only", "mcp_servers": ""}
    thread = read(log("conversation_starts", **bare | changed))[0]
    assert isinstance(thread, ThreadSeen)
    assert (thread.auxiliary, thread.certain) == (guessed, False)


def test_the_first_letter_makes_a_thread_a_subagents():
    letter = {"kind": "spawn", "state": "send", "sender_thread_id": "root", "receiver_thread_id": "child"}
    thread = one(log("agent_communication", thread=None, **letter))
    assert isinstance(thread, ThreadSeen)
    assert (thread.session_id, thread.parent) == ("child", "root")
    back = {"kind": "result", "sender_thread_id": "child", "receiver_thread_id": "root"}
    ended = one(log("agent_communication", thread=None, **letter | back))
    assert isinstance(ended, SubagentEnded)
    assert (ended.session_id, ended.agent_id) == ("root", "child")
    assert read(log("agent_communication", thread=None, state="receive")) == []


def test_a_record_without_a_thread_is_counted_as_unread():
    interpreter = Interpreter()
    assert interpreter.translate([log("user_prompt", thread=None)]) == []
    assert interpreter.unread == {"codex": 1}


# ------------------------------------------------------------------------------------------ spans


@pytest.mark.parametrize(
    ("request_id", "auxiliary"), [("temporary-structured-1f", True), ("startup-thread-start-1f", False), ("7", False)]
)
def test_who_asked_for_a_thread_tells_what_it_is(request_id, auxiliary):
    record = with_event(codex_span("thread/start", rpc__request_id=request_id), conversation__id="t1")
    thread = one(record)
    assert isinstance(thread, ThreadSeen)
    assert (thread.session_id, thread.auxiliary, thread.certain) == ("t1", auxiliary, True)


@pytest.mark.parametrize(
    ("name", "reason", "complete"),
    [("session_task.turn", "span", True), ("op.dispatch.interrupt", "interrupted", False),
     ("op.dispatch.exec_approval", "denied", False), ("op.dispatch.shutdown", "interrupted", False)],
)  # fmt: skip
def test_the_span_that_a_turn_ended_in_tells_how(name, reason, complete):
    profile = {"event__name": "codex.turn_profile", "conversation__id": "t1", "turn_id": "u1"}
    ended = one(with_event(codex_span(name), **profile))
    assert isinstance(ended, TurnEnded)
    assert (ended.session_id, ended.prompt_id, ended.reason, ended.complete) == ("t1", "u1", reason, complete)
    assert read(codex_span(name)) == [], "without a profile it is another turn that goes on"


def test_a_tools_span_is_called_like_the_tool():
    names = {"call_id": "c1", "tool_name": "exec_command", "conversation__id": "t1"}
    done = one(codex_span("exec_command", aborted=True, **names))
    assert isinstance(done, ToolFinished)
    assert (done.call_id, done.name, done.duration_ms, done.interrupted) == ("c1", "Bash", 1000.0, True)


def test_usage_on_spans_is_left_to_the_logs():
    assert read(codex_span("handle_responses", gen_ai__usage__input_tokens="1500")) == []


# ------------------------------------------------------------------------------------------ what is noise


def names(signal: str) -> set[str]:
    found = set()
    for name in scenarios("codex"):
        for request in sent(name, "codex"):
            if request.signal == signal:
                encoding = "json" if "json" in request.content_type else "protobuf"
                message = decode(signal, request.body, encoding)
                found |= {record.name for record in records(signal, message, ARRIVED_NS)}
    return found


def test_what_real_clients_say_is_read_or_known_to_be_noise():
    assert len(names("traces") - set(SPANS)) > 140
    for signal, reads in (("logs", LOGS), ("traces", SPANS), ("metrics", METRICS)):
        assert all(name in Codex.noise[signal] for name in names(signal) - set(reads))
    assert "codex.brand_new" not in Codex.noise["logs"]


@pytest.mark.parametrize(
    ("scope", "service", "claims"),
    [("codex_otel.log_only", "codex_cli_rs", True), ("codex", "codex_exec", True), ("x", "codex-app-server", True),
     ("my.codexify", "codexify", False), ("gemini-cli", "gemini-cli", False)],
)  # fmt: skip
def test_what_it_claims(scope, service, claims):
    record = span("x", {}, scope=scope, service=service)
    assert isinstance(record.scope, Scope)
    assert Codex().claims(record.scope) is claims
