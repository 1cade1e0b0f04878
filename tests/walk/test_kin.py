"""An agent whose tool starts another agent: the second session names the first, and the tool, also after a restart."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from aimon_core.clock import SystemClock
from aimon_core.config import Settings
from aimon_desktop import hook_program
from aimon_tui.runtime import Runtime
from tests.fakes.collector import collecting, facts

WAIT_S = 15.0
PYTHON = str(Path(sys.executable).resolve())
HOOK = f"exec '{PYTHON}' -S -E '{hook_program.__file__}' claude-code"
AGENT = """
import json, subprocess, sys
for step in json.loads(sys.argv[1]):
    if isinstance(step, list):
        subprocess.run(["/bin/sh", "-c", '"$@"; true', "-", *step], check=True)
    else:
        subprocess.run(["/bin/sh", "-c", sys.argv[2]], input=json.dumps(step).encode(), check=True)
"""
"""Tells its hook the payloads, and runs the commands as a tool does: in a shell."""


def agent(*steps) -> list[str]:
    """The command of an agent that does some steps."""
    return ["/bin/bash", "-c", 'exec -a claude "$@"', "-", PYTHON, "-c", AGENT, json.dumps(steps), HOOK]


def says(session_id: str, name: str, **more) -> dict:
    """A payload."""
    return {"session_id": session_id, "hook_event_name": name, **more}


INNER = agent(
    says("inner", "UserPromptSubmit", prompt="list the files", cwd="/srv/shop-api"),
    says("inner", "Stop"),
    says("inner", "SessionEnd", reason="other"),
)
TOOL = {"tool_name": "Bash", "tool_use_id": "toolu_1", "tool_input": {"command": "claude -p 'list the files'"}}
OUTER = agent(
    says("outer", "UserPromptSubmit", prompt="ask somebody", cwd="/srv/shop-api"),
    says("outer", "PreToolUse", **TOOL),
    INNER,
    says("outer", "PostToolUse", **TOOL),
    says("outer", "Stop"),
    says("outer", "SessionEnd", reason="other"),
)


def runtime_in(folder: Path, **settings) -> Runtime:
    told = Settings(port=0, state_dir=str(folder / "state"), **settings)
    return Runtime(told, SystemClock(), runtime_folder=str(folder / "run"))


def play(folder: Path) -> None:
    """The outer agent runs to its end, and in its tool the inner one."""
    told = {"RUNTIME": str(folder / "run"), "STATE": str(folder / "state")}
    environment = {f"AIMON_{name}_DIR": path for name, path in told.items()} | {"AIMON_PORT": "1"}
    subprocess.run(OUTER, env=environment, timeout=WAIT_S, check=True)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "run").mkdir(mode=0o700)
    return tmp_path


async def test_a_session_names_the_tool_of_the_session_that_started_it(folder):
    async with collecting() as collector:
        runtime = runtime_in(folder, export_otlp=collector.url)
        await runtime.start(frame_s=3600)
        await asyncio.to_thread(play, folder)
        inner, outer = runtime.get("claude-code:inner"), runtime.get("claude-code:outer")
        assert (inner.parent, inner.parent_span) == (outer.key, "tool:toolu_1")
        assert inner.parent_says == "shop-api › Bash: claude -p 'list the files'"
        assert outer.parent is None
        await runtime.stop()
    spans = {(span.name, facts(span)["session.id"]): span for span in collector.spans}
    child, tool = spans["Claude Code Session", "inner"], spans["Tool: Bash", "outer"]
    (link,) = child.links
    assert (link.trace_id, link.span_id, facts(link)) == (tool.trace_id, tool.span_id, {"link.type": "parent_task"})
    assert facts(child)["claude.parent_session_id"] == "outer"
    resource = next(told for told, span in collector.told() if span == child)
    assert resource["parent.span_id"] == tool.span_id.hex()

    again = runtime_in(folder)
    await again.start(frame_s=3600)
    await asyncio.wait_for(again.restored.wait(), WAIT_S)
    inner = again.get("claude-code:inner")
    assert (inner.parent, inner.parent_span) == ("claude-code:outer", "tool:toolu_1")
    await again.stop()
