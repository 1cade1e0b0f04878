"""What must not stand in a trace: found wherever it hides, one engine for every way into a document."""

import dataclasses
import re
from pathlib import Path

import pytest

from aimon_core.masking import mask
from aimon_trace import RedactionConfig, Redactor, Tracer, TraceRun
from aimon_trace.convert import SpanConverter
from aimon_trace.encode import to_otlp
from aimon_trace.redaction import is_card

GONE = "[REDACTED]"
SECRETS = [
    "sk-ant-api03-abcdefghijklmnopqrstuvwxyz012345",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "AKIAIOSFODNN7EXAMPLE",
    "password=hunter2hunter2",
    '{\\"api_key\\": \\"abcdefgh12345678\\"}',
    "'Authorization': 'Bearer abcdefgh12345678'",
]
PERSONAL = [
    "me@example.com",
    "first.last+tag@mail.example.co.uk",
    "123-45-6789",
    "4111111111111111",
    "4111 1111 1111 1111",
    "5500-0000-0000-0004",
    "378282246310005",
]
HARMLESS = [
    "1795226400000000000",  # a time in nanoseconds
    "4111111111111112",  # no card: its digits do not add up
    "000-12-3456",
    "2026-11-21",
    "left-pad@1.3.0",
    "max_tokens: 4096",
    "tokens_in",
    "0f2d4c5e-3c1e-4b9a-8f7e-1d2c3b4a5968",
    "4111111111111111abcdef0123456789",  # a hash
    "def secret(): pass",
]


@pytest.mark.parametrize("secret", SECRETS + PERSONAL)
def test_what_is_secret_or_personal_goes(secret):
    told = Redactor().text(f"before {secret} after")
    assert GONE in told
    assert secret not in told
    assert told.startswith("before ")
    assert told.endswith(" after")
    assert Redactor().text(told) == told


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_neither_stays(text):
    assert Redactor().text(f"before {text} after") == f"before {text} after"


@pytest.mark.parametrize("secret", SECRETS)
def test_the_engine_is_that_of_the_ledger(secret):
    assert Redactor(RedactionConfig(personal=False)).text(secret) == mask(secret).replace("‹masked›", GONE)


def test_values_under_telling_names_go_whatever_they_are():
    told = {
        "api_key": "a", "Password": 12345, "session_token": ["a", {"b": "c"}], "credentials": {"user": "u"},
        "max_tokens": 5, "token_count": 7, "verified": True, "secret": None, "nested": [{"client_secret": "x"}],
    }  # fmt: skip
    assert Redactor().value(told) == {
        "api_key": GONE, "Password": GONE, "session_token": [GONE, {"b": GONE}], "credentials": {"user": GONE},
        "max_tokens": 5, "token_count": 7, "verified": True, "secret": None, "nested": [{"client_secret": GONE}],
    }  # fmt: skip


def test_names_patterns_and_replacement_are_ones_own():
    config = RedactionConfig(field_names=("ward",), patterns=(r"case \d+", re.compile("(?i)north")), replacement="###")
    told = Redactor(config).value({"Ward_No": "7b", "said": "CASE case 12, ward_no: 7b in the North"})
    assert told == {"Ward_No": "###", "said": "CASE ###, ward_no: ### in the ###"}


@dataclasses.dataclass
class Thing:
    """An object of an agent."""

    password: str
    path: Path


class Broken:
    """An object that cannot say what it is."""

    def __str__(self):
        raise RuntimeError("no")


def test_any_object_becomes_json():
    loop = []
    loop.append(loop)
    told = Redactor().value({
        "thing": Thing("hunter2", Path("of/me@example.com")), "bytes": b"me@example.com", "set": {1},
        "card": 4111111111111111, "broken": Broken(), "loop": loop, 1: "one",
    })  # fmt: skip
    assert told["thing"] == {"password": GONE, "path": f"of/{GONE}"}
    assert [told["bytes"], told["set"], told["card"], told["broken"], told["1"]] == [GONE, [1], GONE, "<Broken>", "one"]


def test_what_json_cannot_write_is_written_all_the_same():
    with Tracer.run("a") as tracer:
        tracer.tool_call("t", {"nan": float("nan"), "half": "\ud800", "\ud801": 1, "big": 2**80}, float("inf"))
    run = tracer.get_trace()
    assert run.steps[0].arguments == {"nan": "nan", "half": "?", "?": 1, "big": 2**80}
    assert run.steps[0].result == "inf"
    assert TraceRun.from_json(run.to_json()) == run


def record(config):
    """A run in which every field of every step holds a secret."""
    said = "me@example.com"
    with Tracer.run("a", said, redaction=config) as tracer:
        tracer.user_input(said)
        tracer.llm_call("m", [{"role": "user", "content": said}], {"content": said}, metadata={"x": said})
        tracer.tool_call("t", {"x": said}, {said: [said]}, error=said)
        tracer.retrieval(said, [{"content": said, "score": 1, "metadata": {"x": said}}])
        tracer.memory_read({"x": said}, [said])
        tracer.memory_write("fact", "put", said, changes=[{"path": "p", "new_value": said}])
        tracer.interrupt(said, said)
        tracer.state_change("n", said, said, said)
        tracer.final_output([said])
    return tracer.get_trace()


def test_every_way_into_a_document_is_redacted():
    text = record(None).to_json()
    assert "@example" not in text
    assert text.count(GONE) == 22


def test_spans_are_redacted_on_their_way_in():
    open_run = record(RedactionConfig(enabled=False))
    body = to_otlp(open_run)
    assert b"me@example.com" in body
    told = SpanConverter().convert_trace(body)
    assert [step.step_type for step in told.steps] == [step.step_type for step in open_run.steps]
    assert "@example" not in "".join(step.model_dump_json() for step in told.steps)


@pytest.mark.parametrize(
    ("config", "input_", "output"),
    [
        ({"redact_inputs": False}, "me@example.com", GONE),
        ({"redact_outputs": False}, GONE, "me@example.com"),
        ({"enabled": False}, "me@example.com", "me@example.com"),
        ({"personal": False}, "me@example.com", "me@example.com"),
    ],
)
def test_inputs_and_outputs_are_switched_apart(config, input_, output):
    run = record(RedactionConfig(**config))
    assert run.steps[0].content == input_
    assert run.steps[1].output["content"] == output
    assert [run.steps[2].arguments["x"], run.steps[8].content] == [input_, [output]]


def test_what_is_not_captured_leaves_only_its_shape():
    run = record(RedactionConfig(capture_inputs=False, capture_outputs=False))
    assert run.steps[0].content == GONE
    assert run.steps[1].input == [{"role": GONE, "content": GONE}]
    assert (run.steps[3].results[0].content, run.steps[3].results[0].score) == (GONE, None)
    assert run.steps[1].model == "m"


def test_luhn():
    assert is_card("4111 1111 1111 1111")
    assert not is_card("4111 1111 1111 1121")
