"""Lines of transcripts become events: each call once, what is the client's own business not at all."""

import msgspec
import pytest

from aimon_core.events import (
    LlmCalled,
    PermissionAnswered,
    PromptSubmitted,
    SessionSeen,
    Spoke,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from aimon_core.masking import MASK
from aimon_core.session import Tokens
from receiver.transcripts import LANGUAGES
from receiver.transcripts.base import command, subject_of
from tests.fakes.transcripts import BY_AGENT, asked_tool, result, said, stamp, told, user

CLAUDE, CODEX, GEMINI = "claude-code", "codex", "gemini-cli"


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


# ------------------------------------------------------------------------------------------ Claude Code


def test_one_answer_on_several_lines_is_one_call():
    events = told(CLAUDE, said(1, "first"), said(2, "second"))
    assert len(of(LlmCalled, events)) == 1
    assert [event.text for event in of(Spoke, events)] == ["first", "second"]


def test_an_answer_without_a_stop_reason_counts_once_it_is_whole_with_its_largest_output():
    lines = [said(1, "a", output=1, stop=None), said(2, "b", output=40, stop=None), said(3, "c", output=7, stop=None)]
    assert of(LlmCalled, told(CLAUDE, *lines)) == []
    assert [call.tokens.output for call in of(LlmCalled, told(CLAUDE, *lines, user(4, "thanks")))] == [40]
    assert len(told(CLAUDE, *lines, {"type": "last-prompt"})) == len(told(CLAUDE, *lines)) + 1
    calls = of(LlmCalled, told(CLAUDE, *lines, said(4, "d", "req_2")))
    assert [(call.call_id, call.tokens.output) for call in calls] == [("req_1", 40), ("req_2", 10)]


def test_an_answer_without_a_request_id_goes_by_its_message():
    line = said(1, "hello")
    del line["requestId"]
    assert [call.call_id for call in of(LlmCalled, told(CLAUDE, line))] == ["msg_req_1"]


def test_cache_writes_are_told_by_their_time_to_live():
    line = said(1, "hello")
    line["message"]["usage"] |= {
        "cache_read_input_tokens": 7,
        "cache_creation_input_tokens": 60,
        "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
    }
    assert of(LlmCalled, told(CLAUDE, line))[0].tokens == Tokens(100, 7, 10, 20, 30, 10, 0)


def test_searches_of_the_web_are_told_with_their_call():
    line = said(1, "hello")
    line["message"]["usage"] |= {"server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 1}}
    assert [call.searches for call in of(LlmCalled, told(CLAUDE, line, said(2, "more", "req_2")))] == [2, 0]


@pytest.mark.parametrize("line", [
    said(1, "No response requested.", model="<synthetic>"),
    said(1, "slow slow", isAbortedMidStream=True),
    user(1, "<command-name>/clear</command-name>"),
    user(1, "<local-command-stdout>See ya!</local-command-stdout>"),
    user(1, "a caveat", isMeta=True),
    user(1, "This session is being continued", isCompactSummary=True),
    user(1, "of another session", forkedFrom={"sessionId": "s0"}),
    {"type": "file-history-snapshot", "snapshot": {}},
    {"type": "attachment", "timestamp": stamp(1), "sessionId": "s1", "attachment": {"type": "date"}},
    {"type": "progress", "timestamp": stamp(1), "message": {"content": [{"type": "video"}]}},
])  # fmt: skip
def test_the_clients_own_business_is_nobodys(line):
    assert told(CLAUDE, line) == []


def test_a_failed_request_fails_the_turn():
    line = said(1, "API Error: 529 overloaded", model="<synthetic>", isApiErrorMessage=True, apiErrorStatus=529)
    (event,) = told(CLAUDE, line)
    assert (type(event), event.reason, event.error_type, event.text) == (
        TurnEnded, "failed", "rate_limit", "API Error: 529 overloaded"
    )  # fmt: skip


def test_a_tool_has_a_subject_and_a_result():
    events = told(CLAUDE, asked_tool(1, command="npm test"), result(2, error=True))
    (began,), (ended,) = of(ToolStarted, events), of(ToolFinished, events)
    assert (began.name, began.subject, began.call_id) == ("Bash", "npm test", "toolu_1")
    assert (ended.name, ended.ok, ended.call_id) == ("Bash", False, "toolu_1")


@pytest.mark.parametrize(("fields", "by_person"), [({}, True), ({"permissionDecision": {"source": "config"}}, False)])
def test_a_refused_tool_is_a_decision_and_no_failure(fields, by_person):
    events = told(CLAUDE, asked_tool(1), result(2, error=True, toolDenialKind="user-rejected", **fields))
    assert of(ToolFinished, events) == []
    assert [(one.accepted, one.by_person) for one in of(PermissionAnswered, events)] == [(False, by_person)]


@pytest.mark.parametrize("words", ["[Request interrupted by user]", "[Request interrupted by user for tool use]"])
def test_an_interruption_ends_the_turn(words):
    events = told(CLAUDE, user(1, "go", promptId="p1"), user(2, [{"type": "text", "text": words}]))
    assert [(one.reason, one.prompt_id) for one in of(TurnEnded, events)] == [("interrupted", "p1")]
    assert len(of(PromptSubmitted, events)) == 1


def test_a_detail_of_another_build_loses_no_prompt_and_no_answer():
    events = told(CLAUDE, user(1, "go", origin="human", permissionDecision=7), said(2, "done", error={"x": 1}))
    assert [type(event) for event in events] == [PromptSubmitted, SessionSeen, LlmCalled, Spoke]


def test_facts_come_with_the_first_event_and_again_when_they_change():
    events = told(
        CLAUDE,
        {"type": "summary", "summary": "Fix the login"},
        user(1, "go"),
        said(2, "done"),
        user(3, "and on", gitBranch="fix", cwd="/home/dev/shop-api/web"),
        user(4, "again", gitBranch="HEAD"),
    )
    seen = of(SessionSeen, events)
    assert [(one.title, one.branch, one.cwd) for one in seen] == [
        ("Fix the login", "main", "/home/dev/shop-api"),
        ("Fix the login", "fix", "/home/dev/shop-api/web"),
        ("Fix the login", "fix", "/home/dev/shop-api"),
    ]


def test_secrets_are_masked_and_texts_are_short():
    key = "sk-ant-api03-" + "a1" * 20
    events = told(CLAUDE, user(1, f"use {key} " + "x" * 9999), asked_tool(2, command=f"curl -H {key}"))
    assert key not in str(events)
    assert MASK in of(PromptSubmitted, events)[0].text
    assert MASK in of(ToolStarted, events)[0].subject
    assert len(of(PromptSubmitted, events)[0].text) == 256


def test_a_subagents_file_tells_of_its_session(tmp_path):
    path = tmp_path / "agent-a1.jsonl"
    path.with_suffix(".meta.json").write_text('{"agentType":"Explore"}')
    inside = {"isSidechain": True, "agentId": "a1"}
    events = told(CLAUDE, user(1, "look", **inside), said(2, "found", **inside), path=str(path))
    assert {(event.session_id, event.agent_id) for event in events} == {("s1", "a1")}
    assert [type(event) for event in events] == [SubagentStarted, LlmCalled, SubagentEnded]
    assert events[0].type == "Explore"
    stopped = told(
        CLAUDE, user(1, "look", **inside), user(2, "[Request interrupted by user]", **inside), path=str(path)
    )
    assert [(type(event), getattr(event, "ok", None)) for event in stopped][-1] == (SubagentEnded, False)


def test_a_sidechain_without_a_name_is_one_subagent():
    assert {event.agent_id for event in told(CLAUDE, said(1, "hm", isSidechain=True))} == {"sidechain"}


def test_a_notice_that_a_task_is_done_begins_a_turn_that_nobody_typed():
    notice = "<task-notification>\n<task-id>a1</task-id>"
    line = {
        "type": "queue-operation",
        "operation": "enqueue",
        "timestamp": stamp(1),
        "sessionId": "s1",
        "content": notice,
    }
    assert [(type(one), one.agent_id) for one in told(CLAUDE, line)] == [(SubagentEnded, "a1")]
    (prompt, _) = told(CLAUDE, user(2, notice, origin={"kind": "task-notification"}))
    assert prompt.text == ""


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b'{"timestamp": "yesterday"}', b'{"message": {"usage": {"input_tokens": -1}}}']
)
def test_a_bad_line_is_refused(line):
    for language in LANGUAGES:
        reader = language.reader(BY_AGENT[CLAUDE].roots()[0] / "s1.jsonl")
        if line.startswith(b'{"message') and language.agent != CLAUDE:
            continue
        with pytest.raises(msgspec.MsgspecError):
            reader.read(line)


# ------------------------------------------------------------------------------------------ Codex


def rollout(*lines):
    return told(CODEX, *lines, path="rollout-2026-11-21T02-12-05-01a1fbe0-0791-73e3-a8ab-73344fba7327.jsonl")


def line(seconds, kind, **payload):
    return {"timestamp": stamp(seconds), "type": kind, "payload": payload}


def counted(seconds, total, last):
    usage = {"input_tokens": last, "cached_input_tokens": 5, "output_tokens": 3, "reasoning_output_tokens": 1}
    info = {"total_token_usage": {"total_tokens": total}, "last_token_usage": usage}
    return line(seconds, "event_msg", type="token_count", info=info)


def test_running_totals_count_where_a_build_tells_nothing_better():
    events = rollout(
        line(1, "turn_context", model="gpt-5.5"), counted(2, 23, 20), counted(3, 23, 20), counted(4, 46, 20)
    )
    calls = of(LlmCalled, events)
    assert [(call.model, call.tokens) for call in calls] == [("gpt-5.5", Tokens(15, 5, 0, 0, 0, 3, 1))] * 2
    assert len({call.unit for call in calls}) == 2


def test_running_totals_do_not_count_beside_records():
    record = line(1, "token_usage_record", response_id="resp_1", usage={"input_tokens": 20, "output_tokens": 3})
    assert [call.call_id for call in of(LlmCalled, rollout(record, counted(2, 23, 20)))] == ["resp_1"]


def test_searches_count_for_the_call_that_made_them_and_pages_do_not():
    def web(seconds, kind):
        return line(seconds, "response_item", type="web_search_call", status="completed", action={"type": kind})

    events = rollout(web(1, "search"), web(2, "open_page"), web(3, "search"), counted(4, 23, 20), counted(5, 46, 20))
    assert [call.searches for call in of(LlmCalled, events)] == [2, 0]


def test_a_thread_that_another_one_started_is_its_subagent():
    meta = line(0, "session_meta", id="thread-2", session_id="thread-1", cwd="/elsewhere")
    events = rollout(
        meta, line(1, "event_msg", type="task_started"), counted(2, 23, 20), line(3, "event_msg", type="task_complete")
    )
    assert {(event.session_id, event.agent_id) for event in events} == {("thread-1", "thread-2")}
    assert [type(event) for event in events] == [SubagentStarted, LlmCalled, SubagentEnded]


def test_prompts_of_older_builds_and_commands_as_lists_are_read():
    events = rollout(
        line(1, "event_msg", type="user_message", message="fix it"),
        line(2, "response_item", type="local_shell_call", call_id="c1", action={"command": ["bash", "-lc", "make"]}),
        line(3, "event_msg", type="item_completed", item={"type": "CommandExecution", "id": "c1", "exit_code": 2}),
        line(4, "response_item", type="function_call_output", call_id="c1"),
    )
    assert [event.text for event in of(PromptSubmitted, events)] == ["fix it"]
    assert [(event.subject, event.name) for event in of(ToolStarted, events)] == [("make", "Bash")]
    assert [event.ok for event in of(ToolFinished, events)] == [False]


@pytest.mark.parametrize(("given", "means"), [
    (["bash", "-lc", "npm test"], "npm test"), (["npm", "test"], "npm test"), ("npm test", "npm test"), (None, None),
])  # fmt: skip
def test_a_command_is_what_a_person_would_type(given, means):
    assert command(given) == means


def test_an_input_that_is_no_object_has_no_subject():
    assert subject_of("apply_patch", "*** Begin Patch") == ""


# ------------------------------------------------------------------------------------------ Gemini CLI


def message(seconds, kind, content="", **fields):
    return {"id": f"{kind}{seconds}", "timestamp": stamp(seconds), "type": kind, "content": content} | fields


HEAD = {"sessionId": "g1", "kind": "main", "startTime": stamp(0)}
TOKENS = {"input": 20, "output": 3, "cached": 5, "thoughts": 2, "tool": 1, "total": 26}


def test_a_message_written_again_with_its_tools_is_one_call():
    call = {
        "id": "t1",
        "name": "run_shell_command",
        "args": {"command": "ls"},
        "status": "success",
        "timestamp": stamp(9),
    }
    answer = message(5, "gemini", tokens=TOKENS, model="gemini-2.5-pro")
    events = told(GEMINI, HEAD, answer, answer | {"toolCalls": [call]})
    assert [one.tokens for one in of(LlmCalled, events)] == [Tokens(16, 5, output=5, reasoning=2)]
    assert [(one.subject, one.call_id) for one in of(ToolStarted, events)] == [("ls", "t1")]
    assert of(ToolFinished, events)[0].at_ns - of(ToolStarted, events)[0].at_ns == 4_000_000_000
    assert {event.session_id for event in events} == {"g1"}


def test_a_failed_tool_and_a_subagent_end_where_their_answer_stands():
    call = {"id": "t1", "name": "read_file", "args": {}, "status": "error", "timestamp": stamp(9)}
    report = {"isSubagentProgress": True, "agentName": "codebase_investigator", "terminateReason": "MAX_TURNS"}
    helper = {"id": "t2", "name": "invoke_agent", "status": "success", "agentId": "a1", "resultDisplay": report}
    answer = message(5, "gemini", tokens=TOKENS, toolCalls=[call, helper, helper | {"resultDisplay": "done"}])
    events = told(GEMINI, HEAD, answer)
    assert next(iter(of(ToolFinished, events))).ok is False
    assert {one.signal for one in of(ToolFinished, events)}.isdisjoint(one.signal for one in of(ToolStarted, events))
    ended = [(one.agent_id, one.type, one.ok) for one in of(SubagentEnded, events)]
    assert ended == [("a1", "codebase_investigator", False), ("a1", None, True)]


def test_a_conversation_written_anew_is_no_prompt():
    events = told(
        GEMINI,
        HEAD,
        message(1, "user", [{"text": "add a changelog"}]),
        message(5, "info", "Request cancelled."),
        message(5.004, "user", [{"text": "add a changelog"}]),
        message(5.005, "gemini", [{"text": "before"}], tokens=None),
        message(9, "user", [{"text": "go on"}]),
    )
    assert [one.text for one in of(PromptSubmitted, events)] == ["add a changelog", "go on"]
    assert [one.reason for one in of(TurnEnded, events)] == ["interrupted"]


def test_the_project_is_what_the_client_notes_beside_its_chats(tmp_path):
    chats = tmp_path / "tmp" / "shop" / "chats"
    chats.mkdir(parents=True)
    (chats.parent / ".project_root").write_text("/home/dev/shop-api\n")
    events = told(GEMINI, HEAD, message(1, "user", "go"), path=str(chats / "session-1.jsonl"))
    assert [one.cwd for one in of(SessionSeen, events)] == ["/home/dev/shop-api"]


def test_a_chat_below_a_session_is_its_subagent():
    head = {"sessionId": "g2", "kind": "subagent"}
    events = told(GEMINI, head, message(1, "user", "look"), path="tmp/shop/chats/g1/g2.jsonl")
    assert [(type(one), one.session_id, one.agent_id) for one in events] == [(SubagentStarted, "g1", "g2")]


def test_transcripts_are_found_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CLAUDE_CONFIG_DIR", "XDG_CONFIG_HOME", "CODEX_HOME", "COPILOT_HOME", "GEMINI_CLI_HOME"):
        monkeypatch.delenv(name, raising=False)
    places = {language.agent: [str(root.relative_to(tmp_path)) for root in language.roots()] for language in LANGUAGES}
    assert places == {
        CLAUDE: [".claude/projects", ".config/claude/projects"], CODEX: [".codex/sessions"],
        "copilot": [".copilot/session-state"], GEMINI: [".gemini/tmp"], "qwen-code": [".qwen/projects"],
    }  # fmt: skip
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", f"{tmp_path}/a,{tmp_path}/b")
    monkeypatch.setenv("CODEX_HOME", f"{tmp_path}/c")
    monkeypatch.setenv("COPILOT_HOME", f"{tmp_path}/d")
    places = {language.agent: [str(root.relative_to(tmp_path)) for root in language.roots()] for language in LANGUAGES}
    assert places == {
        CLAUDE: ["a/projects", "b/projects"], CODEX: ["c/sessions"], "copilot": ["d/session-state"],
        GEMINI: [".gemini/tmp"], "qwen-code": [".qwen/projects"],
    }  # fmt: skip
