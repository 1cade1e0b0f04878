"""Where what was told is looked for, how much of it is read, and what is said when it cannot be."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from aimon_core.journal import Delivery, Journal
from aimon_core.recent import Recent
from aimon_core.spans import Span
from receiver import told
from receiver.slim import CLASSES
from receiver.told import EARLY_NS, LATE_NS, TELLINGS, Told, tell
from tests.fakes.door import requests
from tests.fakes.otlp import put

KEY = "claude-code:s1"
AT_NS = 1_795_226_400_000_000_000
S = 10**9


def call(number: int = 0, at_ns: int = AT_NS) -> Span:
    return Span(f"llm:req_{number}", "llm", "claude-opus-5-5", "", at_ns - S, at_ns + number, 1)


def tool(call_id: str, start_ns: int = AT_NS, end_ns: int | None = AT_NS + S) -> Span:
    return Span(f"tool:{call_id}", "tool", "Bash", "", start_ns, end_ns, 1)


def hook(event: str, at_ns: int = AT_NS, **more: object) -> Delivery:
    payload = {"hook_event_name": event, "session_id": "s1", "tool_name": "Bash"} | more
    return Delivery("hooks/claude-code", json.dumps(payload).encode(), at_ns)


def kept(*deliveries: Delivery) -> Recent:
    recent = Recent()
    recent.append(*deliveries)
    return recent


def signals(found: Told) -> list[str]:
    return [telling.signal for telling in found.tellings]


def test_a_call_is_found_among_many_and_each_telling_is_told_once():
    bodies = [Delivery("logs", requests(50), AT_NS + number * S) for number in range(3)]  # sent again twice
    (telling,) = tell(kept(*bodies), KEY, call(7)).tellings
    assert (telling.channel, telling.signal, telling.at_ns) == ("log", "claude_code.api_request", AT_NS + 7)
    assert dict(telling.attributes)["request_id"] == "req_7"
    assert "prompt" not in dict(telling.attributes)


def test_a_hook_sent_again_is_one_telling_and_others_sessions_are_none_of_it():
    once = hook("PreToolUse", tool_use_id="t1")
    again = replace(once, arrived_ns=AT_NS + S)
    other = hook("PreToolUse", tool_use_id="t1", session_id="s2")
    assert signals(tell(kept(once, again, other), KEY, tool("t1"))) == ["PreToolUse"]


def test_a_long_tool_is_looked_for_at_both_its_ends_and_not_between():
    end_ns = AT_NS + 3600 * S
    ours = [hook("PreToolUse", AT_NS, tool_use_id="t1"), hook("PostToolUse", end_ns, tool_use_id="t1")]
    between = hook("PostToolUseFailure", AT_NS + 1800 * S, tool_use_id="t1")
    assert signals(tell(kept(ours[0], between, ours[1]), KEY, tool("t1", end_ns=end_ns))) == [
        "PreToolUse",
        "PostToolUse",
    ]
    assert signals(tell(kept(*ours), KEY, tool("t1", end_ns=None))) == ["PreToolUse"]


def test_what_came_late_is_found_by_its_id():
    late = Delivery("logs", requests(3), AT_NS + 10 * LATE_NS)
    assert signals(tell(kept(late), KEY, call(1))) == ["claude_code.api_request"]
    early = Delivery("logs", requests(3), AT_NS - 10 * EARLY_NS)
    assert tell(kept(early), KEY, call(1)) == Told()


def test_the_same_question_asked_twice_belongs_to_the_call_before_it():
    digest = {"tool_input": {"command": "rm old.log"}}
    deliveries = []
    for number in (1, 2):
        at_ns = AT_NS + number * 5 * S
        deliveries += [hook("PreToolUse", at_ns, tool_use_id=f"t{number}", **digest)]
        deliveries += [hook("PermissionRequest", at_ns + S, **digest)]
    for number in (1, 2):
        span = tool(f"t{number}", AT_NS + number * 5 * S, AT_NS + 12 * S)
        found = tell(kept(*deliveries), KEY, span).tellings
        assert [telling.at_ns - span.start_ns for telling in found] == [0, S]
        (asked,) = tell(kept(*deliveries), KEY, replace(span, key=f"wait:t{number}", kind="wait")).tellings
        assert asked.signal == "PermissionRequest"


def test_only_what_begins_and_ends_a_subagent_is_told_of_it():
    deliveries = [
        hook("SubagentStart", agent_id="a1", agent_type="general-purpose"),
        hook("PreToolUse", agent_id="a1", tool_use_id="t1"),
        hook("SubagentStop", AT_NS + S, agent_id="a1", agent_type="general-purpose"),
        hook("SubagentStop", AT_NS + S, agent_id="a2", agent_type="general-purpose"),
    ]
    span = Span("agent:a1", "agent", "a1", "", AT_NS, AT_NS + S, 1)
    assert signals(tell(kept(*deliveries), KEY, span)) == ["SubagentStart", "SubagentStop"]


def results(*agents: str | None) -> Delivery:
    """Results of calls without ids, one of each agent, 10 ms apart."""
    message = CLASSES["Logs"]()
    scoped = message.resource_logs.add().scope_logs.add()
    scoped.scope.name = "com.anthropic.claude_code.events"
    for number, agent in enumerate(agents):
        log = scoped.log_records.add(time_unix_nano=AT_NS + number * 10**7)
        log.body.s = "claude_code.tool_result"
        put(log.attributes, {"session.id": "s1", "tool_name": "Bash", "number": number})
        if agent is not None:
            log.attributes["agent_id"].s = agent
    return Delivery("logs", message.SerializeToString(), AT_NS)


def test_without_ids_the_nearest_report_of_the_same_agent_is_told():
    span = replace(tool("0"), agent_id="a1", end_ns=AT_NS)
    for agents, number in ((("a2", "a1", "a1"), "1"), (("a2", None, "a1"), "1"), ((None, "a1"), "0")):
        (telling,) = tell(kept(results(*agents)), KEY, span).tellings
        assert dict(telling.attributes)["number"] == number
    assert tell(kept(results("a2")), KEY, span) == Told()


def test_a_record_repeated_with_other_words_is_bounded():
    repeated = [hook("PreToolUse", AT_NS + n, tool_use_id="t1", model=f"m{n}") for n in range(3 * TELLINGS)]
    assert len(tell(kept(*repeated), KEY, tool("t1")).tellings) == TELLINGS


def test_no_more_is_read_than_a_bound(monkeypatch):
    bodies = [Delivery("logs", requests(10), AT_NS + number) for number in range(10)]
    bodies.append(hook("PreToolUse", AT_NS + 11, tool_use_id="t1"))
    assert signals(tell(kept(*bodies), KEY, tool("t1"))) == ["PreToolUse"]
    monkeypatch.setattr(told, "READ", 5 * len(requests(10)))
    assert tell(kept(*bodies), KEY, tool("t1")) == Told()
    monkeypatch.undo()
    monkeypatch.setattr(told, "DECODED", 5 * len(requests(10)))
    assert signals(tell(kept(*bodies), KEY, tool("t1"))) == ["PreToolUse"], "found by its id all the same"


@pytest.mark.parametrize("start_ns", [-(10**30), 0, 2**64 - 1, 10**300])
def test_a_span_of_no_time_at_all_is_asked_for_without_harm(start_ns: int, tmp_path: Path):
    journal = Journal(tmp_path / "journal.db")
    assert tell(journal, KEY, call(at_ns=start_ns)) == Told()
    journal.close()


def test_what_cannot_be_read_any_more_is_left_out():
    broken = [Delivery("logs", b"\xff\xff s1", AT_NS), Delivery("hooks/claude-code", b"{", AT_NS)]
    broken += [Delivery("hooks/claude-code", b"[]", AT_NS), Delivery("hooks/nobody", b"{}", AT_NS)]
    broken += [Delivery("carrier pigeon", b"s1", AT_NS), Delivery("metrics", b"s1", AT_NS)]
    assert signals(tell(kept(*broken, hook("PreToolUse", tool_use_id="t1")), KEY, tool("t1"))) == ["PreToolUse"]


def test_a_journal_that_is_gone_gives_a_line(tmp_path: Path):
    path = tmp_path / "journal.db"
    journal = Journal(path)
    journal.close()
    path.unlink()
    found = tell(journal, KEY, call())
    assert found.tellings == ()
    assert found.notice.startswith(f"The journal {path} cannot be opened")
