"""Secrets are gone before anybody reads a message, private text before the journal keeps it, and nothing else."""

import json

import pytest

from aimon_core.events import Spoke
from aimon_core.masking import MASK
from receiver.codec import decode
from receiver.dialects import Interpreter
from receiver.otlp import records
from receiver.privacy import mask_message, suspicious, without_private
from receiver.slim import CLASSES
from receiver.steps import at_once
from tests.fakes.captures import scenarios, sent
from tests.fakes.door import opened
from tests.fakes.otlp import put

KEY = "sk-ant-api03-" + "a1B2c3D4" * 8


def span(attributes=(), **fields):
    message = CLASSES["Traces"]()
    group = message.resource_spans.add()
    found = group.scope_spans.add().spans.add(**fields)
    put(found.attributes, dict(attributes))
    return message, found


def test_s26_secrets_are_masked_wherever_text_stands():
    message, found = span({"error": f"401 for {KEY}", "api_key": "hunter2", "model": "opus"}, name=f"call {KEY}")
    message.resource_spans[0].resource.attributes["env"].s = f"KEY={KEY}"
    put(found.events.add(name=KEY).attributes, {"text": KEY})
    found.status.message = KEY
    found.attributes["list"].a.values.add().s = KEY
    found.attributes["map"].kv.values["inner"].s = KEY
    found.attributes["map"].kv.values["client_secret"].s = "hunter2"
    at_once(mask_message(message, "traces"))
    wire = message.SerializeToString()
    assert KEY.encode() not in wire
    assert b"hunter2" not in wire
    assert found.attributes["error"].s.startswith("401 for sk-ant-")
    assert found.attributes["api_key"].s == MASK
    assert found.attributes["model"].s == "opus"


def test_s26_a_record_without_a_secret_stays_as_it_is():
    message, found = span({"model": "opus", "n": 3}, name="chat")
    message.resource_spans[0].scope_spans[0].spans.add(name=KEY)
    before = found.SerializeToString()
    at_once(mask_message(message, "traces"))
    assert found.SerializeToString() == before


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
async def test_s26_no_secret_reaches_ledger_or_journal(encoding):
    message, found = span(
        {"session.id": "s1", "span.type": "llm_request", "model": KEY, "error": KEY}, name="claude_code.llm_request"
    )
    message.resource_spans[0].scope_spans[0].scope.name = "com.anthropic.claude_code.tracing"
    found.end_time_unix_nano = 1_795_226_400_000_000_000
    body = message.SerializeToString()
    if encoding == "json":
        attributes = [{"key": key, "value": {"stringValue": value.s}} for key, value in found.attributes.items()]
        one = {"name": found.name, "endTimeUnixNano": str(found.end_time_unix_nano), "attributes": attributes}
        scope = {"name": "com.anthropic.claude_code.tracing"}
        body = json.dumps({"resourceSpans": [{"scopeSpans": [{"scope": scope, "spans": [one]}]}]}).encode()
    content_type = "application/json" if encoding == "json" else "application/x-protobuf"
    async with opened(wants_deliveries=True) as door:
        assert (await door.post("/v1/traces", body, {"Content-Type": content_type})).status == 200
        (delivery,) = door.sink.deliveries
        assert KEY.encode() not in delivery.body
        document = await door.get("/api/v1/sessions?all=1")
        assert len(document.json["sessions"]) == 1
        assert KEY.encode() not in document.body


async def test_s26_no_secret_of_a_hook_reaches_ledger_or_journal():
    payload = {
        "hook_event_name": "PermissionRequest",
        "session_id": "s1",
        "cwd": "/home/dev",
        "tool_name": "Bash",
        "tool_use_id": "t1",
    }
    body = json.dumps(payload | {"tool_input": {"command": f"curl -H 'x-api-key: {KEY}'"}}).encode()
    async with opened(wants_deliveries=True) as door:
        assert (await door.post("/hooks/claude-code", body)).status == 200
        (delivery,) = door.sink.deliveries
        assert delivery.kind == "hooks/claude-code"
        assert b"curl" not in delivery.body
        assert json.loads(delivery.body)["tool_use_id"] == "t1"
        document = await door.get("/api/v1/sessions?all=1")
        assert b"curl" in document.body
        assert KEY.encode() not in document.body


PRIVATE = {
    "prompt": "a plan",
    "user_prompt": "a plan",
    "gen_ai.input.messages": "a plan",
    "llm.input_messages.0.message.content": "a plan",
}


def test_s26_private_attributes_are_left_out_at_every_depth():
    message, found = span(PRIVATE | {"model": "opus"}, name="chat")
    put(found.events.add(name="e").attributes, PRIVATE | {"attempt": 1})
    put(found.attributes["map"].kv.values, PRIVATE | {"kept": 1})
    put(found.attributes["list"].a.values.add().kv.values, PRIVATE | {"kept": 1})
    found.attributes["reasons"].a.values.add().s = "stop"
    again = decode("traces", at_once(without_private(message, "traces")), "protobuf")
    one = again.resource_spans[0].scope_spans[0].spans[0]
    assert b"a plan" not in again.SerializeToString()
    assert set(one.attributes) == {"model", "map", "list", "reasons"}
    assert set(one.events[0].attributes) == {"attempt"}
    assert set(one.attributes["map"].kv.values) == {"kept"}
    assert set(one.attributes["list"].a.values[0].kv.values) == {"kept"}


def test_s26_a_body_stays_only_while_it_is_a_name():
    message = CLASSES["Logs"]()
    logs = message.resource_logs.add().scope_logs.add().log_records
    logs.add().body.s = "claude_code.api_request"
    logs.add().body.s = "a plan " * 100
    logs.add().body.kv.values["content"].s = "a plan"
    logs.add().body.a.values.add().s = "a plan"
    logs.add().body.i = 3
    at_once(without_private(message, "logs"))
    assert [log.body.WhichOneof("value") for log in logs] == ["s", None, None, None, "i"]
    assert logs[0].body.s == "claude_code.api_request"


def test_s26_fields_that_nobody_knows_are_left_out():
    unknown = b"\xfa\x3e\x06a plan"  # field 1007
    assert b"a plan" not in at_once(without_private(decode("logs", unknown, "protobuf"), "logs"))


@pytest.mark.parametrize("scenario", scenarios())
def test_what_the_journal_keeps_of_a_capture_gives_the_same_calls(scenario):
    def calls(signal, message):
        events = Interpreter().translate(records(signal, message, 1))
        return [
            (type(event), getattr(event, "call_id", None), getattr(event, "tokens", None))
            for event in events
            if not isinstance(event, Spoke)  # words are what the journal does not keep
        ]

    for one in sent(scenario):
        if one.signal == "hooks":
            continue
        encoding = "json" if "json" in one.content_type else "protobuf"
        before = calls(one.signal, decode(one.signal, one.body, encoding))
        kept = at_once(without_private(decode(one.signal, one.body, encoding), one.signal))
        assert calls(one.signal, decode(one.signal, kept, "protobuf")) == before


@pytest.mark.parametrize("at", [0, 256 * 1024 - 3, 256 * 1024 + 8, 600_000])
def test_s26_a_secret_is_found_wherever_it_stands_in_a_large_body(at):
    body = bytearray(b"." * 700_000)
    assert not at_once(suspicious(bytes(body)))
    body[at : at + len(KEY)] = KEY.encode()
    assert at_once(suspicious(bytes(body)))


def test_s26_how_a_process_was_called_does_not_stay_in_its_resource():
    message, _ = span({"model": "opus"}, name="chat")
    resource = message.resource_spans[0].resource
    resource.attributes["process.command_args"].a.values.add().s = "fix the secret plan"
    resource.attributes["process.pid"].i = 7
    message.resource_spans[0].scope_spans[0].scope.attributes["input.value"].s = "another secret plan"
    again = decode("traces", at_once(without_private(message, "traces")), "protobuf")
    assert b"secret plan" not in again.SerializeToString()
    assert again.resource_spans[0].resource.attributes["process.pid"].i == 7


def test_of_a_line_of_a_log_stays_which_session_and_subagent_it_is_of():
    message = CLASSES["Logs"]()
    values = message.resource_logs.add().scope_logs.add().log_records.add().body.a.values
    values.add().s = "asking"
    whose = '{"session.id":"ses_1","step":0,"mode":"subagent","agent":"explore"'
    values.add().s = whose + r',"parentID":undefined,"patterns":["echo \"a secret\""]}'
    kept = CLASSES["Logs"].FromString(at_once(without_private(message, "logs")))
    body = kept.resource_logs[0].scope_logs[0].log_records[0].body
    assert [one.s for one in body.a.values] == ["asking", whose + "}"]
