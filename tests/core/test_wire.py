"""The JSON of a session: names, order of magnitude and the difference between unknown and nothing."""

import json

import pytest

from aimon_core.session import (
    Auxiliary,
    Context,
    Cost,
    Evidence,
    Session,
    Subagent,
    Terminal,
    Tokens,
    Totals,
)
from aimon_core.wire import dollars, iso, session_dict, sessions_document, tokens_dict, totals_dict

AT = 1_795_227_364_123_999_999
BARE = Session(key="codex:1", agent="codex", session_id="1", name="shop")
FULL = Session(
    key="claude-code:abaa", agent="claude-code", session_id="abaa", name="shop-api", cwd="/p/shop-api",
    branch="main", model="m2", models=("m1", "m2"), state="waiting", waiting_for="permission",
    waiting_on="Bash: rm -rf build", since_ns=AT, started_at_ns=AT - 10**9, last_activity_at_ns=AT,
    evidence=(Evidence("hook:PermissionRequest", AT, "waiting", decides=True),),
    turns=2, llm_calls=5, tool_calls=4, waited_ns=11_230_900_000,
    tokens=Tokens(515, 13220, 3000, 800, 15, 215, 0),
    cost=Cost(0.0280794999, 0.0280794999, 0.028, "reported"),
    context=Context(14000, 200000), auxiliary=Auxiliary(1, Tokens(input=7), Cost(None, basis="unknown")),
    subagents=(Subagent("a3", "general-purpose", "completed", Tokens(output=3), Cost(0.01)),),
    pid=5722, pid_started_at=1_795_226_300.25,
    terminal=Terminal(("tmux %3", "kitty 7"), focusable=True, confidence="hook"),
)  # fmt: skip

CONTRACT = """key agent session_id name cwd branch host model models state waiting_for waiting_on since evidence
started_at last_activity_at ended_at turns llm_calls llm_calls_failed tool_calls tool_errors errors last_error_type
waited_ms tokens cost_usd cost context limits cache_expires_at auxiliary blind_spots refused_bodies parent parent_span
verdict scores subagents pid pid_started_at terminal""".split()


@pytest.mark.parametrize("session", [BARE, FULL])
def test_every_name_of_the_contract_stands_whether_known_or_not(session):
    assert sorted(session_dict(session)) == sorted(CONTRACT)


def test_what_is_unknown_is_none_and_what_is_nothing_is_zero():
    told = session_dict(BARE)
    unknown = {name for name, value in told.items() if value is None}
    assert unknown >= {"cwd", "model", "since", "started_at", "ended_at", "context", "pid", "terminal", "limits"}
    assert (told["llm_calls"], told["cost_usd"], told["tokens"]["reasoning"]) == (0, 0.0, None)
    assert session_dict(FULL)["auxiliary"]["cost_usd"] is None


def test_a_full_session_is_told_to_the_token():
    told = session_dict(FULL)
    assert told["tokens"] == {
        "input": 515, "cache_read": 13220, "cache_write": 3815, "cache_write_5m": 3000, "cache_write_1h": 800,
        "output": 215, "reasoning": 0, "total": 17765,
    }  # fmt: skip
    assert (told["cost_usd"], told["cost"]["computed_usd"], told["waited_ms"]) == (0.028079, 0.028, 11230)
    assert told["evidence"] == [{"signal": "hook:PermissionRequest", "at": iso(AT), "says": "waiting", "decides": True}]
    assert told["subagents"][0]["cost_usd"] == 0.01
    assert told["terminal"] == {"chain": ["tmux %3", "kitty 7"], "focusable": True, "confidence": "hook"}
    assert told["context"] == {"used": 14000, "limit": 200000}
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize(
    ("at_ns", "text"),
    [
        (AT, "2026-11-21T02:16:04.123Z"),  # cut, not rounded: a moment never moves into the future
        (1_000_000_000, "1970-01-01T00:00:01.000Z"),
        (2**64 - 1, "2554-07-21T23:34:33.709Z"),  # the largest time OTLP can hold
        (0, None),
        (None, None),
    ],
)
def test_times_are_utc_with_milliseconds(at_ns, text):
    assert iso(at_ns) == text


def test_dollars_have_six_places_and_unknown_dollars_stay_unknown():
    assert (dollars(0.1 + 0.2), dollars(0.0000004), dollars(None)) == (0.3, 0.0, None)


def test_a_write_of_untold_life_counts_as_a_write():
    assert tokens_dict(Tokens(cache_write_unknown=9)) == {
        "input": 0, "cache_read": 0, "cache_write": 9, "cache_write_5m": 0, "cache_write_1h": 0,
        "output": 0, "reasoning": None, "total": 9,
    }  # fmt: skip


def test_the_document_holds_the_version_the_sessions_and_the_sums():
    document = sessions_document([FULL, BARE], Totals(sessions=2, llm_calls=5, cost=Cost(None, basis="unknown")))
    assert (document["v"], [told["key"] for told in document["sessions"]]) == (1, [FULL.key, BARE.key])
    assert document["totals"] == totals_dict(Totals(sessions=2, llm_calls=5, cost=Cost(None, basis="unknown")))
    assert (document["totals"]["llm_calls"], document["totals"]["cost_usd"]) == (5, None)


def test_a_start_time_keeps_its_milliseconds():
    assert session_dict(FULL)["pid_started_at"] == "2026-11-21T01:58:20.250Z"
