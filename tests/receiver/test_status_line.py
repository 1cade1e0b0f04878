"""What Claude Code tells its status line becomes an event and figures in the journal, whatever stands in it."""

import json
from typing import Any

import pytest

from aimon_core.events import Gauged
from aimon_core.recent import Recent
from aimon_core.session import Context, RateLimit
from receiver import hooks, shapes
from tests.fakes.captures import ROOT, Sent
from tests.fakes.door import opened
from tests.fakes.kept import delivered

AT_NS = 1_795_256_800_000_000_000
LINES = [json.loads(line) for line in (ROOT / "claude-code-statusline.jsonl").read_text().splitlines()]
"""Of Claude Code 2.1.329: before and after the first answer, with a key and with a subscription."""
AGENT = "claude-code"
PROMPT = {"hook_event_name": "UserPromptSubmit", "prompt": "say hello", "cwd": "/home/dev/projects/shop-api"}


def read(payload: dict[str, Any]) -> Gauged:
    (only,) = hooks.translate(AGENT, payload, AT_NS)
    assert isinstance(only, Gauged)
    return only


def line(**changes: Any) -> dict[str, Any]:
    return LINES[3] | changes


def test_before_the_first_answer_it_says_where_it_is_and_how_large_its_window():
    told = read(LINES[0])
    assert (told.session_id, told.at_ns, told.channel) == (LINES[0]["session_id"], AT_NS, "statusline")
    assert (told.cwd, told.model) == ("/home/dev/projects/shop-api", "claude-opus-5-5")
    assert (told.context_used, told.context_limit) == (None, 1_000_000)
    assert (told.limits, told.cache_ttl, told.cache_expires_at_ns) == ((), None, None)


def test_after_it_context_limits_and_the_cache():
    told = read(LINES[3])
    assert (told.context_used, told.context_limit) == (2_620, 1_000_000)
    assert told.limits == (
        RateLimit("five_hour", 41, 1_795_264_011_000_000_000),
        RateLimit("seven_day", 12, 1_795_556_811_000_000_000),
    )
    assert (told.cache_ttl, told.cache_expires_at_ns) == ("1h", 1_795_260_412_000_000_000)


def test_the_name_that_older_builds_give_it_is_none_of_a_hook():
    assert read(line(hook_event_name="Status")) == read(line())
    assert read(line(session_name="cart")).title == "cart"
    with pytest.raises(ValueError, match="hook_event_name"):
        hooks.translate(AGENT, {"session_id": "s1", "cwd": "/"}, AT_NS)


@pytest.mark.parametrize("bad", [None, True, "41", -1, 1e9, float("nan"), float("inf"), 10**400, [], {"a": 1}])
def test_what_is_no_figure_says_nothing(bad):
    usage = {"input_tokens": bad, "cache_creation_input_tokens": 1, "cache_read_input_tokens": 1}
    window = {"current_usage": usage, "context_window_size": -5 if bad == 1e9 else bad}
    limits = {"five_hour": {"used_percentage": bad, "resets_at": 5}, "seven_day": bad, "odd name": LINES[3]["cost"]}
    cache = {"ttl": bad, "expires_at": 1e12 if bad == 1e9 else bad}
    told = read(line(context_window=window, rate_limits=limits, prompt_cache=cache, model=bad, cwd=bad))
    assert (told.context_limit, told.limits, told.cache_ttl, told.model) == (None, (), None, None)
    assert told.context_used in {None, 10**9 + 2}
    assert told.cache_expires_at_ns in {None, -1}


@pytest.mark.parametrize("field", ["context_window", "rate_limits", "prompt_cache", "model", "cost"])
@pytest.mark.parametrize("bad", [None, 3, "x", [1, 2], {}])
def test_a_missing_or_broken_part_leaves_the_others(field, bad):
    told = read(line(**{field: bad}))
    assert (told.limits != ()) == (field != "rate_limits")
    assert (told.context_used is None) == (field == "context_window")


def test_allowances_without_number_are_read_to_a_bound():
    many = {f"window_{number}": {"used_percentage": number} for number in range(50)}
    assert len(read(line(rate_limits=many)).limits) == 8
    flat = {f"window_{number}_used_percent": number for number in range(50)}
    assert len(read({"hook_event_name": "StatusLine", "session_id": "s1"} | flat).limits) == 8


@pytest.mark.parametrize("payload", LINES)
def test_the_journal_keeps_figures_and_nothing_that_somebody_wrote(payload):
    kept = hooks.kept(AGENT, payload | {"session_name": "a secret plan"}, None)
    assert "secret" not in json.dumps(kept)
    assert hooks.restored(AGENT, json.loads(json.dumps(kept)), AT_NS) == [read(payload)]


def sent(at_s: float, payload: dict[str, Any]) -> Sent:
    body = json.dumps({"session_id": "s1"} | payload | {"session_id": "s1"}).encode()
    return Sent(AT_NS / 1e9 + at_s, "/hooks/claude-code", "application/json", body)


async def test_the_journal_hears_a_line_only_when_it_says_something_new():
    kept = Recent()
    busy = [line(cost={"total_cost_usd": 1.0, "total_duration_ms": number}) for number in range(20)]
    fuller = line(rate_limits={"five_hour": {"used_percentage": 42, "resets_at": 1795264011}})
    await delivered([sent(0, PROMPT), *(sent(1 + at, one) for at, one in enumerate((*busy, fuller, fuller)))], kept)
    bodies = [json.loads(one.body) for one in kept.between(0, 1 << 63)]
    assert [body["hook_event_name"] for body in bodies] == ["UserPromptSubmit", "StatusLine", "StatusLine"]
    assert [body.get("five_hour_used_percent") for body in bodies] == [None, 41.0, 42.0]


async def test_it_is_told_in_the_frozen_shape():
    async with opened() as door:
        for payload in (PROMPT, LINES[3]):
            assert (await door.post("/hooks/claude-code", sent(0, payload).body)).status == 200
        door.ledger.drain()
        answer = await door.get("/api/v1/sessions/claude-code:s1")
        told = shapes.SHAPES["session"].validate_json(answer.body).session
        assert answer.json["session"]["limits"] == {
            "five_hour": {"used_percent": 41.0, "resets_at": "2026-11-21T12:26:51.000Z"},
            "seven_day": {"used_percent": 12.0, "resets_at": "2026-11-24T21:46:51.000Z"},
        }
        assert told.cache_expires_at == "2026-11-21T11:26:52.000Z"
        assert told.cost_usd == 0.0  # the client's own sum is in no book
        assert door.ledger.get("claude-code:s1").context == Context(2_620, 1_000_000)


async def test_a_secret_in_a_name_is_masked():
    async with opened() as door:
        hidden = line(session_name="sk-ant-api03-" + "x" * 90, cwd=None, workspace={})
        for payload in (PROMPT | {"cwd": None}, hidden):
            assert (await door.post("/hooks/claude-code", sent(0, payload).body)).status == 200
        assert "sk-ant-api03-x" not in door.ledger.get("claude-code:s1").name
