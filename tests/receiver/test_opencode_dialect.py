"""What opencode's single spans and lines mean; what whole sessions come to is in `tests/walk`."""

import pytest

from aimon_core.events import (
    Drifted,
    LlmBegun,
    LlmCalled,
    LlmTried,
    PermissionAnswered,
    PermissionAsked,
    PromptSubmitted,
    SessionSeen,
    ThreadSeen,
    ToolFinished,
    TraceSeen,
    TurnEnded,
)
from receiver.dialects import Interpreter
from receiver.otlp import records
from receiver.slim import CLASSES
from tests.fakes import otlp
from tests.fakes.reading import only, read

CALL = {
    "session.id": "ses_1",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.response.model": "claude-opus-5-5",
    "ai.usage.inputTokens": 2350,
    "ai.usage.inputTokenDetails.noCacheTokens": 1300,
    "ai.usage.inputTokenDetails.cacheReadTokens": 1024,
    "ai.usage.inputTokenDetails.cacheWriteTokens": 26,
    "ai.usage.outputTokens": 71,
    "ai.usage.reasoningTokens": 17,
    "ai.settings.maxRetries": 0,
    "ai.response.finishReason": "stop",
}


def span(name, attributes, **more):
    return otlp.span(name, attributes, scope="opencode", service="opencode", **more)


def line(word, told):
    """A line of the log as the client writes it."""
    message = CLASSES["Logs"]()
    scoped = message.resource_logs.add().scope_logs.add()
    scoped.scope.name = "opencode"
    body = scoped.log_records.add(time_unix_nano=1).body.a
    body.values.add().s = word
    body.values.add().s = told
    return next(records("logs", message, 1))


@pytest.mark.parametrize("details", [True, False])
def test_every_token_counts_once(details):
    kept = {key: value for key, value in CALL.items() if details or "noCache" not in key}
    call = only(LlmCalled, span("ai.streamText.doStream", kept))
    tokens = call.tokens
    assert (tokens.input, tokens.cache_read, tokens.cache_write, tokens.output) == (1300, 1024, 26, 71)
    assert (tokens.reasoning, call.call_id, call.asks_tool, call.side) == (17, "chatcmpl-1", False, False)


def test_the_span_around_a_call_and_the_hundreds_beside_it_say_nothing():
    interpreter = Interpreter()
    beside = [span(name, CALL) for name in ("ai.streamText", "sql.execute", "Session.updatePart")]
    new = interpreter.translate([*beside, span("ai.embed.doEmbed", CALL)])
    assert [(type(one), one.signal) for one in new] == [(Drifted, "ai.embed.doEmbed")]


def test_what_the_sdk_may_repeat_is_a_helper():
    assert only(LlmCalled, span("ai.streamText.doStream", CALL | {"ai.settings.maxRetries": 2})).side


def test_a_failed_attempt_and_one_that_was_taken_back():
    failed, aborted = (
        span("ai.streamText.doStream", CALL, error=words)
        for words in ("Too many requests", "The operation was aborted")
    )
    assert only(LlmTried, failed).error_type == "rate_limit"
    assert only(LlmCalled, aborted).error_type is None


@pytest.mark.parametrize(
    ("words", "ok", "interrupted"),
    [(None, True, False), ("no such file", False, False), ("The user rejected permission to use this", False, True)],
)
def test_how_a_tool_ended(words, ok, interrupted):
    told = {"session.id": "ses_1", "tool.name": "bash", "tool.call_id": "call_1"}
    tool = only(ToolFinished, span("Tool.execute", told, error=words))
    assert (tool.ok, tool.interrupted, tool.call_id) == (ok, interrupted, "call_1")


def test_the_sdk_knows_what_a_tool_was_given():
    told = {"session.id": "ses_1", "ai.toolCall.name": "bash", "ai.toolCall.args": '{"command": "ls"}'}
    assert only(ToolFinished, span("ai.toolCall", told)).subject == "ls"


def test_a_prompt_is_a_request_that_is_answered_when_the_turn_is_over():
    prompt, end = read(span("http.server POST", {"url.path": "/session/ses_1/message"}))
    assert isinstance(prompt, PromptSubmitted)
    assert isinstance(end, TurnEnded)
    assert (prompt.session_id, end.reason, prompt.at_ns < end.at_ns) == ("ses_1", "span", True)
    taken_back = only(TurnEnded, span("http.server POST", {"url.path": "/session/ses_1/abort"}))
    assert (taken_back.reason, taken_back.complete) == ("interrupted", False)
    for path, status in (("/session/ses_1/message", 400), ("/session", 200), ("/session/ses_1/fork", 200)):
        assert read(span("http.server POST", {"url.path": path, "http.response.status_code": status})) == []


def test_lines_tell_where_a_turn_begins_calls_and_ends():
    ours = '{"session.id":"ses_1","step":%d,"small":"%s"}'
    assert isinstance(read(line("loop", ours % (0, "false")))[-1], PromptSubmitted)
    assert isinstance(read(line("stream", ours % (0, "false")))[-1], LlmBegun)
    for beside in (line("loop", ours % (1, "false")), line("stream", ours % (0, "true"))):
        assert [type(event) for event in read(beside)] == [TraceSeen]
    assert only(TurnEnded, line("exiting loop", '{"session.id":"ses_1"}')).complete
    assert read(line("tracking", '{"cwd":"/srv"}'), line("loop", "not JSON")) == []


def test_a_question_and_its_answer_are_of_the_session_of_their_trace():
    question = line("asking", r'{"id":"per_1","permission":"bash","patterns":["echo \"hi\""]}')
    asked, answer = only(PermissionAsked, question), only(PermissionAnswered, span("Permission.ask", {}))
    assert (asked.subject, asked.session_id) == ('bash: echo "hi"', "trace:")
    assert (answer.session_id, answer.accepted) == ("trace:" + "02" * 16, True)
    assert not only(PermissionAnswered, span("Permission.ask", {}, error="RejectedError")).accepted
    ruled = span("Permission.ask", {})
    ruled.message.start_time_unix_nano = ruled.message.end_time_unix_nano - 2_000_000
    assert read(ruled) == []


def test_a_new_session_tells_its_folder_and_whose_subagent_it_is():
    told = '{"id":"ses_2","directory":"/srv/shop","workspaceID":undefined,"parentID":%s}'
    told = told[:-1] + ',"model":{"id":"mock-1"}}'
    own, child = read(line("created", told % "undefined")), read(line("created", told % '"ses_1"'))
    assert [event.cwd for event in own if isinstance(event, SessionSeen)] == ["/srv/shop"]
    assert [[event.parent for event in told if isinstance(event, ThreadSeen)] for told in (own, child)] == [
        [None],
        ["ses_1"],
    ]
    header = {"ai.request.headers.x-parent-session-id": "ses_1"}
    assert only(ThreadSeen, span("ai.streamText.doStream", CALL | header)).parent == "ses_1"
