"""What an aimon exports of the captures: the original's tree, to the token, with every link leading somewhere."""

from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from aimon_core.clock import SteppedClock
from aimon_core.config import Settings
from aimon_tui.runtime import Runtime
from tests.fakes.captures import expected, sent
from tests.fakes.collector import Collector, collecting, facts

ALL = {"openinference.span.kind", "session.id", "gen_ai.conversation.id"}
USAGE = {"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.cost_usd"}
LINKED = "gen_ai.tool.call.id"
PROMISED = {
    "CHAIN": USAGE | {"session.turn_count", "session.api_call_count", "claude.session_id_source"},
    "AGENT": USAGE | {
        "turn.number", "turn.start.source", "turn.end.reason", "turn.llm_call_count", "turn.tool_call_count",
        "turn.error_count", "turn.duration_ms",
    },
    "LLM": USAGE | {
        "gen_ai.system", "gen_ai.provider.name", "gen_ai.operation.name", "gen_ai.request.model", "turn.number",
        "gen_ai.response.finish_reasons", "llm.latency.total_ms", "llm.request.sequence", "anthropic.request_id",
    },
    "TOOL": {"gen_ai.tool.name", LINKED, "tool.status", "tool.duration_ms", "turn.number"},
    "PERMISSION": {"permission.tool", "permission.result", "permission.wait_ms", LINKED},
}  # fmt: skip
"""Attributes of the original that can be known, by kind of span."""
CONTENT = {
    "input.value", "output.value", "permission.prompt", "tool.error_message", "tool.command", "tool.file_path",
    "tool.pattern", "tool.url", "tool.query", "tool.description",
}  # fmt: skip


async def exported(name: str, tmp_path: Path, **settings: Any) -> Collector:
    """What a collector was told of a capture that went through the doors of a running aimon, which then ended."""
    requests = sent(name)
    clock = SteppedClock(round((requests[0].unix - 60) * 1e9))
    async with collecting() as collector:
        told = Settings(port=0, state_dir=str(tmp_path), export_otlp=collector.url, **settings)
        runtime = Runtime(told, clock, runtime_folder=str(tmp_path / "run"))
        await runtime.start()
        await runtime.priced.wait()
        async with aiohttp.ClientSession(f"http://{runtime.door.address}") as client:
            for one in requests:
                clock.jump(round(one.unix * 1e9))
                async with client.post(one.path, data=one.body, headers={"Content-Type": one.content_type}) as answer:
                    assert answer.status == 200
        await runtime.stop()
    return collector


def kinds(collector: Collector, kind: str) -> list[dict[str, Any]]:
    """The attributes of all spans of a kind."""
    return [told for span in collector.spans if (told := facts(span))["openinference.span.kind"] == kind]


def turns(collector: Collector) -> list[dict[str, Any]]:
    return [told for told in kinds(collector, "AGENT") if "turn.duration_ms" in told]


@pytest.mark.parametrize("name", ["tui_permission", "tui_subagents", "print_tools", "old_subagents2"])
async def test_an_exported_tree_says_what_was_true(name: str, tmp_path: Path) -> None:
    collector, truth = await exported(name, tmp_path), expected(name)["totals"]
    cache = "llm.token_count.prompt_details.cache_"
    for some in (kinds(collector, "LLM"), turns(collector), kinds(collector, "CHAIN")):
        assert sum(told["gen_ai.usage.input_tokens"] for told in some) == truth["tokens"]["input"]
        assert sum(told["gen_ai.usage.output_tokens"] for told in some) == truth["tokens"]["output"]
        assert sum(told.get(f"{cache}read", 0) for told in some) == truth["tokens"]["cache_read"]
        assert sum(told.get(f"{cache}write", 0) for told in some) == truth["tokens"]["cache_write"]
        assert round(sum(told["gen_ai.usage.cost_usd"] for told in some), 6) == truth["cost_usd_reported"]
    assert len(kinds(collector, "LLM")) == truth["llm_calls"]


@pytest.mark.parametrize("name", ["tui_permission", "tui_subagents", "print_tools"])
async def test_every_span_hangs_where_it_belongs_and_tells_what_the_original_told(name: str, tmp_path: Path) -> None:
    collector = await exported(name, tmp_path)
    by_id = {span.span_id: span for span in collector.spans}
    assert len(by_id) == len(collector.spans), "each once"
    assert len({span.trace_id for span in collector.spans}) == 1, "one trace a session"
    links = Counter()
    for span in collector.spans:
        told = facts(span)
        kind = told["openinference.span.kind"]
        if kind == "CHAIN":
            assert not span.parent_span_id
        else:
            holders = {"AGENT"} if kind == "PERMISSION" else {"CHAIN", "AGENT", "TOOL"}
            assert facts(by_id[span.parent_span_id])["openinference.span.kind"] in holders
        if "subagent.type" not in told:
            assert (ALL | PROMISED[kind]) - told.keys() == set(), span.name
        assert CONTENT & told.keys() == set(), "what somebody wrote stays here"
        for link in span.links:
            assert link.trace_id == span.trace_id
            target = facts(by_id[link.span_id])["openinference.span.kind"]
            links[kind, facts(link)["link.type"], target] += 1
    tools = len(kinds(collector, "TOOL"))
    assert links == {("TOOL", "produced_by_llm", "LLM"): tools, ("LLM", "consumes_tool_result", "TOOL"): tools}


async def test_permissions_tell_what_was_answered_and_how_long_it_took(tmp_path: Path) -> None:
    collector = await exported("tui_permission", tmp_path)
    told = kinds(collector, "PERMISSION")
    assert [(one["permission.tool"], one["permission.result"]) for one in told] == [
        ("Bash", "approved"), ("Bash", "denied"), ("Bash", "approved"), ("AskUserQuestion", "approved"),
    ]  # fmt: skip
    assert all(one["permission.wait_ms"] > 1_000 for one in told)
    spans = [span for span in collector.spans if span.name.startswith("Permission: ")]
    assert [(span.name, span.status.code) for span in spans][:2] == [
        ("Permission: Bash (approved)", 1), ("Permission: Bash (denied)", 2),
    ]  # fmt: skip
    assert [one["turn.end.reason"] for one in turns(collector)] == ["stop_hook", "denied", "stop_hook", "stop_hook"]
    assert {one["turn.start.source"] for one in turns(collector)} == {"hook"}


async def test_names_tell_the_family_the_figures_and_who_asked_for_tools(tmp_path: Path) -> None:
    collector = await exported("tui_permission", tmp_path)
    assert [span.name for span in collector.spans][:5] == [
        "Turn #1", "LLM Call: Opus → tools", "Tool: Bash", "Permission: Bash (approved)",
        "LLM Call: Opus (702→12 tokens)",
    ]  # fmt: skip
    assert collector.spans[-1].name == "Claude Code Session"
    resources = {resource["service.name"] for resource, _ in collector.told()}
    assert resources == {"claude-code"}


async def test_content_goes_along_only_where_it_is_asked_for(tmp_path: Path) -> None:
    collector = await exported("tui_permission", tmp_path, export_content=True)
    names = [span.name for span in collector.spans]
    assert "Turn #1: Create the stamp. T-PERM" in names
    assert "Execute command: touch" in names
    assert {one.get("tool.command") for one in kinds(collector, "TOOL")} >= {"touch build.stamp", "rm -f old.log"}
    assert kinds(collector, "PERMISSION")[0]["permission.prompt"] == "touch build.stamp"
    assert turns(collector)[0]["input.value"] == "Create the stamp. T-PERM"


async def test_failed_calls_fail_and_each_attempt_is_an_error(tmp_path: Path) -> None:
    collector = await exported("print_e500_exhausted", tmp_path)
    failed = [span for span in collector.spans if span.name.startswith("LLM Call: ERROR")]
    assert [span.status.code for span in failed] == [2]
    told = facts(failed[0])
    assert (told["error.type"], told["http.response.status_code"]) == ("server", 500)
    (turn,) = turns(collector)
    assert turn["turn.error_count"] >= 2
    assert turn["turn.end.reason"] == "failed"


async def test_a_second_export_says_the_same(tmp_path: Path) -> None:
    first = await exported("print_tools", tmp_path / "one")
    again = await exported("print_tools", tmp_path / "two")
    assert sorted(span.SerializeToString() for span in first.spans) == sorted(
        span.SerializeToString() for span in again.spans
    )
