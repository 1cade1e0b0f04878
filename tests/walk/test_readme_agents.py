"""The README's table of agents says what their captures showed, channel by channel, and no more.

`AIMON_DRAW_AGENTS=1 pytest tests/walk/test_readme_agents.py` writes it anew.
"""

import json
import os
from pathlib import Path
from textwrap import fill
from typing import Any

import pytest
from msgspec import Struct

from aimon_core.agents import label
from aimon_core.clock import SteppedClock
from aimon_core.events import Event
from aimon_core.store import SessionStore
from receiver.dialects import Interpreter
from receiver.hooks import HOOK_AGENTS
from tests.fakes.captures import ROOT, of_folder
from tests.fakes.transcripts import BY_AGENT, events_of, files
from tests.walk.test_captures import PRICES, figures, translated

README = Path(__file__).parents[2] / "README.md"
CHANNELS = "THF"
"""Telemetry, hooks, the agent's own files."""
AGENTS = ("claude-code", "codex", "gemini-cli", "qwen-code", "copilot", "opencode")
CONVENTIONS = {"openinference": "OpenInference", "otel-genai": "GenAI conventions", "openllmetry": "OpenLLMetry"}
CONVENTIONS |= {"pydantic-ai": "pydantic-ai", "vercel-ai-sdk": "Vercel AI SDK"}
"""By the end of the folder's name, which begins with that of a framework."""

HEAD = ("agent", "rows", "state", "tokens", "dollars", "waterfall", "waits", "process")
UNTOLD = {
    "F": {
        "tui_clear_compact",
        "real_clear_compact",
        "tui_interrupt_agent",
        "interactive-approval",
        "interactive-compact",
    },
    "H": {"interactive-agents", "run-tools"},
    "T": {"run-tools"},
}
"""Scenarios where a channel lacks a call: files the summary of `/compact`, one that was cut off, Codex's hidden titles;
Qwen Code's memories; opencode's hooks its titles, and the telemetry of its `run` the last ones."""

WHY = {
    ("claude-code", "waits"): "telemetry and transcripts tell of a permission once it is given; its session file knows,"
    " too",
    ("codex", "dollars"): "it tells none to whoever pays by the token",
    ("codex", "waits"): "telemetry and rollouts tell only the answer",
    ("gemini-cli", "dollars"): "it tells none",
    ("gemini-cli", "waits"): "telemetry tells nothing of a wait, not even its end",
    ("qwen-code", "tokens"): "its chats leave out the calls that extract memories",
    ("qwen-code", "dollars"): "it tells none",
    ("qwen-code", "waits"): "telemetry tells how long one was when it is over",
    ("copilot", "state"): "its spans leave when a turn is over, so telemetry alone shows a row only then",
    ("copilot", "dollars"): "`github.copilot.cost` counts premium requests",
    ("copilot", "waits"): "telemetry tells how long one was when it is over",
    ("opencode", "tokens"): "hooks leave out the calls that find titles, the telemetry of `run` its last ones",
    ("opencode", "dollars"): "telemetry tells none",
    ("opencode", "process"): "telemetry names none; the plugin's hooks come from it",
    (
        "conventions",
        "state",
    ): "a span leaves when it is over, so a row works once the first one has, and batches may take five seconds",
    ("conventions", "dollars"): "spans tell none, but for OpenInference's `llm.cost.*`",
    ("conventions", "waits"): "no convention has a word for it",
    ("conventions", "process"): "only where the resource has `process.pid`, or over loopback",
}
"""Why a cell leaves out a channel, or all."""


class Seen(Struct):
    """What the screen showed of an agent while one of its channels was played."""

    rows: bool = False
    working: bool = False
    waiting: bool = False
    tokens: bool = True
    reported: bool = False
    calls: bool = False
    tools: bool = False
    pid: bool = False

    def play(self, folder: Path, agent: str, channel: str) -> None:
        """Play one channel of a scenario, with a look at the screen after each delivery."""
        clock = SteppedClock()
        store = SessionStore(clock)
        store.prices = PRICES
        for events, at_ns in deliveries(folder, agent, channel):
            clock.jump(max(clock.now_ns(), at_ns))
            store.apply(events, at_ns)
            store.tick()
            store.drain()
            states = {row.state for row in store.sessions(every=True)}
            self.working, self.waiting = self.working or "working" in states, self.waiting or "waiting" in states
        if shown := store.sessions(every=True):
            self.rows = True
            truth = json.loads((folder / "expected.json").read_text())["totals"]
            told = figures(store.totals().tokens)
            self.tokens = self.tokens and (same(told, truth) or folder.name in UNTOLD[channel])
            self.reported = self.reported or any(row.cost.reported_usd is not None for row in shown)
            self.calls, self.tools = (
                self.calls or any(row.llm_calls for row in shown),
                self.tools or any(row.tool_calls for row in shown),
            )
            self.pid = self.pid or any(row.pid is not None for row in shown)


def same(told: dict[str, int | None], truth: dict[str, Any]) -> bool:
    """Whether the figures are those that were served; one that nobody knows is None."""
    wanted = truth.get("tokens") or {name: truth[name] for name in ("input_inclusive", "output")}
    return all(told[name] == number for name, number in wanted.items() if number is not None)


def deliveries(folder: Path, agent: str, channel: str) -> list[tuple[list[Event], int]]:
    """What one channel says of a scenario, in the order of its arrival."""
    if channel == "F":
        paths = files(agent, folder.name) if agent in BY_AGENT else []
        return sorted(
            (([event], event.at_ns) for path in paths for event in events_of(agent, path)), key=lambda one: one[1]
        )
    interpreter = Interpreter()
    wanted = [one for one in of_folder(folder, agent) if (one.signal == "hooks") == (channel == "H")]
    return [(translated(one, interpreter), round(one.unix * 1e9)) for one in wanted]


def seen(folders: list[Path], agent: str) -> dict[str, Seen]:
    """What each channel showed."""
    told = {channel: Seen() for channel in CHANNELS}
    for folder in folders:
        for channel, one in told.items():
            one.play(folder, agent, channel)
    return {channel: one for channel, one in told.items() if one.rows}


def row(name: str, told: dict[str, Seen], hooked: str = "") -> tuple[str, ...]:
    """One agent's cells; `hooked` says whether the hook program tells the process above it."""

    def by(fact: str) -> str:
        return " ".join(channel for channel, one in told.items() if getattr(one, fact)) or "—"

    drawn = [channel if one.calls else channel.lower() for channel, one in told.items() if one.calls or one.tools]
    dollars = "as reported" if any(one.reported for one in told.values()) else "by price"
    tokens = " ".join(channel for channel, one in told.items() if one.calls and one.tokens) or "—"
    pids = " ".join(channel for channel, one in told.items() if one.pid or channel == hooked) or "—"
    return (name, by("rows"), by("working"), tokens, dollars, " ".join(drawn), by("waiting"), pids)


@pytest.fixture(scope="module")
def table() -> dict[str, tuple[str, ...]]:
    """The rows of the table by agent or convention."""
    rows = {}
    for agent in AGENTS:
        folders = sorted(path.parent for path in (ROOT / agent).glob("*/expected.json"))
        told = seen(folders, agent)
        rows[agent] = row(label(agent), told, "H" if agent in HOOK_AGENTS else "")
    for ending, name in CONVENTIONS.items():
        folders = sorted(path.parent for path in (ROOT / "frameworks").glob(f"*{ending}/*/expected.json"))
        rows[ending] = row(name, seen(folders, "frameworks"))
    return rows


def drawn(table: dict[str, tuple[str, ...]]) -> str:
    """The table and why it has gaps, as the README has them."""
    lines = [HEAD, tuple("---" for _ in HEAD), *table.values()]
    told: dict[str, list[str]] = {}
    for (agent, column), reason in WHY.items():
        told.setdefault(agent, []).append(f"{column.capitalize()}: {reason}.")
    names = {agent: "The conventions" if agent == "conventions" else label(agent) for agent in told}
    reasons = [
        fill(f"- **{names[agent]}.** {' '.join(words)}", 120, subsequent_indent="  ") for agent, words in told.items()
    ]
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), "", *reasons])


def test_the_readme_shows_it(table: dict[str, tuple[str, ...]]) -> None:
    text = README.read_text()
    before, _, rest = text.partition("<!-- agents -->\n")
    shown, _, after = rest.partition("\n<!-- /agents -->")
    if os.environ.get("AIMON_DRAW_AGENTS"):
        assert after
        README.write_text(f"{before}<!-- agents -->\n{drawn(table)}\n<!-- /agents -->{after}")
    else:
        assert shown == drawn(table), "AIMON_DRAW_AGENTS=1 writes it anew"


def test_every_gap_has_its_reason(table: dict[str, tuple[str, ...]]) -> None:
    gaps = set()
    for agent, cells in table.items():
        known = dict(zip(HEAD, cells, strict=True))
        owner = "conventions" if agent in CONVENTIONS else agent
        gaps |= {(owner, column) for column in ("state", "waits") if "T" not in known[column]}
        gaps |= {(owner, "process")} if known["process"] == "—" else set()
        gaps |= {(owner, "dollars")} if known["dollars"] == "by price" else set()
    assert gaps <= set(WHY), "a gap without a reason"
    assert {owner for owner, _ in WHY} <= {*AGENTS, "conventions"}


def test_every_agent_has_rows_exact_tokens_and_a_waterfall(table: dict[str, tuple[str, ...]]) -> None:
    for cells in table.values():
        known = dict(zip(HEAD, cells, strict=True))
        assert all("T" in known[column] for column in ("rows", "tokens", "waterfall"))
