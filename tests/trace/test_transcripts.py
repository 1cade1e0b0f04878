"""Transcripts to metrics: to the token, call and dollar what the captures are known to hold."""

import json
import shutil
import tracemalloc

import pytest

from aimon_core.errors import Unavailable, Unreadable
from aimon_trace.metrics import from_transcript
from tests.fakes.captures import ROOT, cases, expected
from tests.fakes.transcript import TRANSCRIPTS, Transcript

TRUTH = json.loads((TRANSCRIPTS / "expected.json").read_text())
UNTOLD = {"tui_clear_compact", "real_clear_compact"}
"""The call that compacts a conversation is in no transcript."""
UNNOTED = {("qwen-code", "interactive-approval")}
"""The calls of the helper that extracts memories are in no chat."""
UNEXPORTED = {"tui_interrupt_agent"}
"""Its transcript has a call that telemetry, and so the truth beside it, has not."""


@pytest.mark.parametrize("name", TRUTH)
def test_a_transcript_comes_to_what_is_known_of_it(name):
    metrics, truth = from_transcript(TRANSCRIPTS / f"{name}.jsonl"), TRUTH[name]
    tokens = metrics.tokens
    assert (tokens.input, tokens.output) == (truth["input"], truth["output"])
    assert (tokens.cache_creation, tokens.cache_read) == (truth["cache_creation"], truth["cache_read"])
    assert metrics.llm_calls == truth["llm_calls"]
    assert [call.name for call in metrics.tool_calls] == truth["tools"]
    assert [place for place, call in enumerate(metrics.tool_calls) if not call.success] == truth["failed"]
    assert (metrics.turns, metrics.user_messages) == (truth["turns"], truth["user_messages"])
    assert metrics.to_dict()["files"] == truth["files"]
    assert metrics.unread == 0


@pytest.mark.parametrize("name", TRUTH)
def test_its_dollars_are_those_that_the_client_reports_and_those_that_the_price_table_computes(name):
    cost = from_transcript(TRANSCRIPTS / f"{name}.jsonl").cost
    assert cost.basis == "reported"
    assert cost.usd == cost.reported_usd == pytest.approx(cost.computed_usd, abs=1e-12)
    assert cost.usd == pytest.approx(TRUTH[name]["cost_usd"], abs=1e-12)


def test_the_counting_of_the_plan_this_follows_is_wrong_here_and_ours_is_not():
    """One line a block repeats the usage of the whole answer: 600/270 and 15 turns is what adding up lines gives."""
    path = TRANSCRIPTS / "files.jsonl"
    answers = [told for line in path.read_text().splitlines() if (told := json.loads(line))["type"] == "assistant"]
    usage = [told["message"]["usage"] for told in answers]
    results = [
        told for line in path.read_text().splitlines() if (told := json.loads(line)).get("toolUseResult") is not None
    ]
    texts = [str(told["message"]["content"][0]["content"]).lower() for told in results]
    shapes = [told["toolUseResult"] for told in results]
    naive = {
        "tokens": (sum(one["input_tokens"] for one in usage), sum(one["output_tokens"] for one in usage)),
        "turns": len(answers),
        "success": ["error" not in text for text in texts],
        "modified": [shape for shape in shapes if isinstance(shape, dict) and shape.get("type") in {"edit", "write"}],
        "read": [shape for shape in shapes if isinstance(shape, dict) and shape.get("type") == "read"],
    }
    assert naive == {
        "tokens": (600, 270),
        "turns": 15,
        "success": [True, True, True, True, False, True, True],
        "modified": [],
        "read": [],
    }
    metrics = from_transcript(path)
    told = metrics.to_dict()
    assert (told["tokens"]["input"], told["tokens"]["output"]) == (320, 144)
    assert (told["conversation"]["llm_calls"], told["conversation"]["turns"]) == (8, 1)
    assert [call.success for call in metrics.tool_calls] == [True, True, True, False, True, True, False]
    assert told["files"]["modified"] != []
    assert told["files"]["read"] != []


@pytest.mark.parametrize(("agent", "name"), cases("claude-code", "codex", "copilot", "gemini-cli", "qwen-code"))
def test_every_capture_has_the_tokens_of_its_truth(agent, name):
    truth, seen = expected(name, agent)["sessions"], set()
    for path in sorted((ROOT / agent / name / "transcripts").glob("*.jsonl")):
        metrics = from_transcript(path)
        told, tokens = truth[metrics.session_id], metrics.tokens
        if name in UNTOLD | UNEXPORTED or (agent, name) in UNNOTED or (metrics.session_id in seen and agent == "codex"):
            continue  # a rollout of a subagent is judged with the one of its session
        seen.add(metrics.session_id)
        assert metrics.llm_calls == told["llm_calls"]
        sums = (tokens.input, tokens.cache_read, tokens.cache_creation, tokens.output) if tokens else (0, 0, 0, 0)
        assert sums == tuple(told["tokens"][part] for part in ("input", "cache_read", "cache_write", "output"))
        assert agent != "claude-code" or metrics.by_name == told["tool_uses_asked"]
        if told.get("cost_usd_reported"):
            assert metrics.cost.computed_usd == pytest.approx(told["cost_usd_reported"], abs=1e-6)
        assert metrics.agent == agent
        assert metrics.start_time < metrics.end_time or not metrics.tokens


def test_subagents_count_or_do_not_as_one_wishes():
    path = TRANSCRIPTS / "subagent.jsonl"
    alone = from_transcript(path, subagents=False)
    assert (alone.llm_calls, alone.tokens.input, alone.subagents) == (3, 120, 0)
    assert alone.by_name == {"Agent": 1}
    assert alone.cost.basis == "computed", "what the client reports holds its helpers"
    assert alone.cost.usd == pytest.approx(3 * 0.0004692)
    whole = from_transcript(path)
    assert whole.subagents == 1
    assert [call.agent_id for call in whole.tool_calls] == [None, "a47ed168598471891"]


def test_lines_of_a_sidechain_are_the_work_of_a_subagent(tmp_path):
    told = Transcript().prompt().call("Task", prompt="look")
    helper = Transcript("s1").call("Grep", pattern="x").answer()
    for number, line in enumerate(helper.lines):
        line |= {"isSidechain": True, "uuid": f"side-{number}", "timestamp": "2026-11-21T02:00:01.500Z"}
        if line["type"] == "assistant":
            line["message"]["id"] += "-side"
        for block in line["message"]["content"]:
            block |= {name: f"{block[name]}-side" for name in ("id", "tool_use_id") if name in block}
    told.lines[2:2] = helper.lines
    path = told.answer().write(tmp_path / "s1.jsonl")
    assert from_transcript(path).by_name == {"Task": 1, "Grep": 1}
    assert from_transcript(path, subagents=False).by_name == {"Task": 1}
    assert from_transcript(path).llm_calls == from_transcript(path, subagents=False).llm_calls + 2


def test_files_are_found_in_all_shapes_of_results(tmp_path):
    told = Transcript().prompt()
    told.call("Write", told={"type": "create", "filePath": "/a"}, file_path="/a")
    told.call("Write", told={"type": "update", "filePath": "/b"}, file_path="/b")
    told.call("Edit", told={"filePath": "/c", "oldString": "x", "structuredPatch": []}, file_path="/c")
    told.call("Read", told={"type": "text", "file": {"filePath": "/d"}}, file_path="/d")
    told.call("Read", told={"type": "image", "file": {"filePath": "/e", "base64": ""}}, file_path="/e")
    told.call("NotebookEdit", told={"notebook_path": "/f", "cell_id": "1"}, notebook_path="/f")
    told.call("Write", told=None, file_path="/g")
    told.call("Edit", "Error: no", failed=True, told="Error: no", file_path="/h")
    told.call("Bash", told={"stdout": "", "stderr": "", "interrupted": False}, command="touch /i")
    files = from_transcript(told.answer().write(tmp_path / "s.jsonl")).files
    assert files.created == ("/a", "/g")
    assert files.modified == ("/b", "/c", "/f")
    assert files.read == ("/d", "/e")


def test_a_report_of_the_client_that_came_too_early_is_not_believed(tmp_path):
    told = Transcript().prompt().answer()
    told.lines.append(
        {"type": "cost-state", "sessionId": "s1", "totalCostUSD": 0.5, "modelUsage": {"m": {"inputTokens": 138}}}
    )
    early = from_transcript(told.write(tmp_path / "a.jsonl")).cost
    assert (early.usd, early.basis) == (0.5, "reported")
    late = from_transcript(told.answer().write(tmp_path / "b.jsonl")).cost
    assert (late.reported_usd, late.basis) == (0.5, "computed")
    assert late.usd == pytest.approx(2 * 0.0004692)


def test_an_answer_without_a_stop_reason_at_the_end_of_a_file_counts(tmp_path):
    told = Transcript().prompt().answer()
    told.lines[-1]["message"]["stop_reason"] = None
    assert from_transcript(told.write(tmp_path / "s.jsonl")).llm_calls == 1


def test_a_model_without_a_price_makes_the_cost_unknown_and_is_named(tmp_path):
    told = Transcript().prompt().answer()
    told.lines[-1]["message"]["model"] = "house-model-7"
    cost = from_transcript(told.write(tmp_path / "s.jsonl")).cost
    assert (cost.usd, cost.basis, cost.unpriced_models) == (None, "unknown", ("house-model-7",))


def test_bad_lines_are_counted_and_the_rest_is_read(tmp_path):
    path = Transcript().prompt().answer().write(tmp_path / "s.jsonl")
    path.write_text("{half\n\n" + path.read_text() + '{"type": "assistant", "message": {"usage": 7}}\n')
    metrics = from_transcript(path)
    assert (metrics.llm_calls, metrics.turns, metrics.unread) == (1, 1, 2)


def test_an_empty_file_has_nothing_in_it(tmp_path):
    (tmp_path / "s.jsonl").write_text("\n")
    metrics = from_transcript(tmp_path / "s.jsonl")
    assert metrics.empty
    assert metrics.session_id == "unknown"


@pytest.mark.parametrize(
    "text", ["hello\n", '{"a": 1}\n', "[1]\n", '{"payload": {}, "timestamp": 1, "type": "hook"}\n']
)
def test_what_is_no_transcript_is_said_to_be_none(tmp_path, text):
    (tmp_path / "s.jsonl").write_text(text)
    with pytest.raises(Unreadable, match="no transcript"):
        from_transcript(tmp_path / "s.jsonl")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Unavailable, match=r"gone\.jsonl"):
        from_transcript(tmp_path / "gone.jsonl")


def test_the_patches_of_codex_are_files(tmp_path):
    source = next((ROOT / "codex" / "tools-http-json" / "transcripts").glob("*.jsonl"))
    path = tmp_path / source.name
    shutil.copy(source, path)
    patch = "*** Begin Patch\n*** Add File: new.py\n+x\n*** Update File: old.py\n@@\n-a\n+b\n*** End Patch"
    lines = [
        {"type": "custom_tool_call", "name": "apply_patch", "call_id": "c9", "input": patch},
        {"type": "custom_tool_call_output", "call_id": "c9", "output": "Success"},
    ]
    with path.open("a") as file:
        for line in lines:
            file.write(
                json.dumps({"timestamp": "2026-11-21T03:00:00Z", "type": "response_item", "payload": line}) + "\n"
            )
    metrics = from_transcript(path)
    assert metrics.files.created == ("new.py",)
    assert metrics.files.modified == ("old.py",)
    shell = next(call for call in metrics.tool_calls if call.category == "bash")
    assert shell.subject


def test_the_files_of_copilot_are_those_its_tools_named(tmp_path):
    source = next((ROOT / "copilot" / "interactive-approval" / "transcripts").glob("*.jsonl"))

    def did(name: str, given: object, *, ok: bool = True) -> str:
        call = {"toolCallId": f"{name}{given}", "toolName": name, "arguments": given}
        done = {"toolCallId": call["toolCallId"], "success": ok, "result": {"content": "all is well"}}
        base = {"parentId": None, "timestamp": "2026-11-21T02:31:30.000Z"}
        kinds = (("tool.execution_start", call), ("tool.execution_complete", done))
        return "".join(json.dumps(base | {"type": kind, "data": data}) + "\n" for kind, data in kinds)

    path = tmp_path / "events.jsonl"
    path.write_text(
        source.read_text()
        + did("view", {"path": "/a"})
        + did("create", {"path": "/b", "file_text": ""})
        + did("edit", {"path": "/c", "old_str": "x", "new_str": "y"})
        + did("edit", {"path": "/d"}, ok=False)
        + did("str_replace_editor", {"command": "create", "path": "/e"})
        + did("apply_patch", "*** Begin Patch\n*** Update File: /f\n*** Add File: /g\n*** End Patch")
    )
    metrics = from_transcript(path)
    assert metrics.to_dict()["files"] == {"created": ["/b", "/e", "/g"], "modified": ["/c", "/f"], "read": ["/a"]}
    shell, *_, last = metrics.tool_calls
    assert (shell.name, shell.input["command"][:6]) == ("bash", "printf")
    assert (last.name, last.result) == ("apply_patch", "all is well")


def test_a_subagent_of_copilot_can_be_left_out():
    path = next((ROOT / "copilot" / "interactive-agents-protobuf" / "transcripts").glob("44ad*.jsonl"))
    whole, alone = from_transcript(path), from_transcript(path, subagents=False)
    assert (whole.subagents, alone.subagents) == (2, 0)
    assert (whole.llm_calls, alone.llm_calls) == (11, 7)
    assert (len(whole.tool_calls), len(alone.tool_calls)) == (8, 6)


def test_the_tools_of_qwen_have_their_inputs_and_answers(tmp_path):
    source = ROOT / "qwen-code" / "subagent-grpc" / "transcripts"
    (chat,) = source.glob("chats-*.jsonl")
    session_id = chat.stem.removeprefix("chats-")
    (tmp_path / "chats").mkdir()
    shutil.copy(chat, path := tmp_path / "chats" / f"{session_id}.jsonl")
    shutil.copytree(source / "subagents", tmp_path / "subagents")
    whole, alone = from_transcript(path), from_transcript(path, subagents=False)
    assert [(call.name, call.success) for call in whole.tool_calls] == [("agent", True), ("run_shell_command", True)]
    starter, shell = whole.tool_calls
    assert (starter.input["subagent_type"], starter.result) == ("general-purpose", "There are 2 modules.")
    assert shell.input == {"command": "ls src"}
    assert (whole.subagents, whole.llm_calls, alone.llm_calls, len(alone.tool_calls)) == (1, 4, 2, 1)


def test_the_files_of_qwen_are_those_its_tools_named(tmp_path):
    base = {"sessionId": "s1", "uuid": "u1", "parentUuid": None, "timestamp": "2026-11-21T02:31:30.000Z"}

    def did(name: str, path: str, *, ok: bool = True, before: str = "") -> str:
        call = {"id": f"call_{name}{path}", "name": name, "args": {"file_path": path}}
        shown = {"resultDisplay": {"originalContent": before}}
        note = {"event.name": "qwen-code.tool_call", "call_id": call["id"], "function_name": name, "success": ok}
        answer = {"id": call["id"], "name": name, "response": {"output": "all is well"}}
        lines = (
            {"type": "assistant", "message": {"parts": [{"functionCall": call}]}},
            {"type": "system", "subtype": "ui_telemetry", "systemPayload": {"uiEvent": note | {"status": "success"}}},
            {"type": "tool_result", "message": {"parts": [{"functionResponse": answer}]}, "toolCallResult": shown},
        )
        return "".join(json.dumps(base | line) + "\n" for line in lines)

    path = tmp_path / "s1.jsonl"
    written = did("write_file", "/a") + did("write_file", "/d", before="x") + did("edit", "/b", before="x")
    path.write_text(written + did("read_file", "/c", ok=False))
    metrics = from_transcript(path)
    assert metrics.to_dict()["files"] == {"created": ["/a"], "modified": ["/d", "/b"], "read": []}
    assert metrics.tool_calls[0].result == "all is well"


def test_the_shell_of_gemini_has_its_command():
    path = next((ROOT / "gemini-cli" / "tools-http" / "transcripts").glob("*.jsonl"))
    metrics = from_transcript(path)
    assert [call.subject for call in metrics.tool_calls if call.category == "bash"][:2] == ["ls", "cat README.md"]
    assert "README.md" in metrics.tool_calls[0].result


def test_what_a_person_denied_was_refused_and_did_not_fail():
    path = next((ROOT / "gemini-cli" / "interactive-approval" / "transcripts").glob("*2e06a814*.jsonl"))
    metrics = from_transcript(path)
    assert any(call.refused for call in metrics.tool_calls)
    assert metrics.failed_tools == ()


def test_a_long_file_is_read_without_being_held(tmp_path):
    """Answers of tools make files long; of each a head is kept."""
    told = Transcript().prompt()
    for number in range(40):
        told.call("Bash", "x" * 200_000, command=f"cat {number}", told={"stdout": "x" * 100_000})
    path = told.answer().write(tmp_path / "s.jsonl")
    from_transcript(path)
    tracemalloc.start()
    metrics = from_transcript(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 12_000_000
    assert peak < 3_000_000
    assert {len(call.result) for call in metrics.tool_calls} == {500}
