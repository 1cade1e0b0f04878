"""`aimon history`: transcripts and journal as one, the same call once, and a document that keeps its shape."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from aimon_core.config import Settings
from aimon_core.events import Event
from aimon_core.history import rows, total
from aimon_core.journal import Journal
from aimon_tui import past
from aimon_tui.console import history, program
from receiver.shapes import SHAPES
from receiver.usage import distilled
from tests.fakes.captures import cases, expected, sent
from tests.fakes.kept import delivered
from tests.fakes.transcript_home import lines, moved_in, place, session
from tests.fakes.transcripts import files, said
from tests.walk.test_transcripts import UNEXPORTED, UNTOLD, fed, wire, written

SCENARIOS = sorted({"print_tools", "print_subagents2", "tui_subagents", "old_hello", "old_subagents2", "tui_kill9"}
                   | UNTOLD | UNEXPORTED)  # fmt: skip

AGENTS = ("claude-code", "codex", "copilot", "gemini-cli", "opencode", "qwen-code")


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> Path:
    return moved_in(tmp_path, monkeypatch)


@pytest.fixture
def settings(home) -> Settings:
    (home / "state").mkdir()
    return Settings(state_dir=str(home / "state"))


def put(agent: str, name: str) -> None:
    for path in files(agent, name):
        place(agent, path).write_bytes(path.read_bytes())


async def kept(settings: Settings, name: str, agent: str = "claude-code") -> None:
    journal = Journal(past.paths.state_dir(settings.state_dir) / "journal.db")
    await delivered(sent(name, agent), journal)
    journal.close()


def figures(row) -> tuple:
    return row.calls, row.tokens, row.cost_usd


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_call_in_journal_and_transcript_counts_once(settings, home, name):
    await kept(settings, name)
    put("claude-code", name)
    ledger = fed([*wire(name), *written("claude-code", name)]).totals()
    found = total(past.cells(settings))
    assert (found.calls, found.tokens) == (ledger.llm_calls, ledger.tokens)
    assert found.cost_usd == pytest.approx(ledger.cost.usd, abs=1e-9)
    alone = {source: total(past.cells(settings, (source,))) for source in past.SOURCES}
    assert alone["journal"].calls == fed(wire(name)).totals().llm_calls
    assert alone["transcripts"].calls == fed(written("claude-code", name)).totals().llm_calls


async def test_what_only_one_of_them_knows_is_added(settings, home):
    await kept(settings, "print_tools")
    put("codex", "tools-http-json")
    session(home).write_bytes(lines(said(1, "a", cwd="/home/dev/elsewhere")))
    cells = past.cells(settings)
    by_agent = {row.by["agent"]: row.calls for row in rows(cells, ("agent",))}
    assert by_agent == {"claude-code": 6, "codex": by_agent["codex"]}
    assert by_agent["codex"] == fed(written("codex", "tools-http-json")).totals().llm_calls
    assert {"shop-api", "elsewhere"} <= {cell.project for cell in cells}


@pytest.mark.parametrize(("agent", "name"), cases(*AGENTS, "frameworks"))
async def test_what_is_kept_of_a_journal_comes_to_all_of_it_and_is_not_translated_again(
    settings, home, agent, name, monkeypatch
):
    await kept(settings, name, agent)
    with monkeypatch.context() as every:
        every.setattr(distilled, "KEPT", (Event,))
        every.setattr(distilled, "_is_news", lambda *_: True)
        every.setattr(distilled, "_encoded", lambda _: b"")
        whole = past.cells(settings)
    past.paths.cache_dir().joinpath("history.db").unlink()
    assert past.cells(settings) == whole
    monkeypatch.setattr(distilled.tape, "replayed", None)
    assert past.cells(settings) == whole


async def test_the_work_of_hidden_helpers_is_that_of_the_session_they_help(settings, home):
    await kept(settings, "interactive-approval", "codex")
    cells = past.cells(settings)
    assert len({cell.session for cell in cells}) == 1
    assert {cell.project for cell in cells} == {"data-pipeline"}
    assert total(cells).calls == expected("interactive-approval", "codex")["totals"]["llm_calls"]


async def test_only_what_is_new_is_read_and_joined_with_what_was(settings, home):
    names = ("print_tools", "tui_subagents", "print_hello", "tui_clear_compact")
    for name in names:
        await kept(settings, name)
        past.cells(settings)
    grown = past.cells(settings)
    past.paths.cache_dir().joinpath("history.db").unlink()
    assert grown == past.cells(settings)
    assert total(grown).calls == fed([one for name in names for one in wire(name)]).totals().llm_calls


async def test_what_the_journal_forgot_the_history_forgets(settings, home):
    await kept(settings, "print_tools")
    before = total(past.cells(settings))
    path = past.paths.state_dir(settings.state_dir) / "journal.db"
    journal = Journal(path)
    last = max(one.arrived_ns for one in journal.deliveries())
    journal.prune(last, 1 << 40)
    assert sum(1 for _ in journal.deliveries()) > 0
    assert total(past.cells(settings)).calls < before.calls
    journal.prune(last + 1, 1 << 40)
    journal.close()
    assert past.cells(settings) == []
    await kept(settings, "print_hello")  # numbers begin anew
    assert total(past.cells(settings)).calls == fed(wire("print_hello")).totals().llm_calls
    path.unlink()
    await kept(settings, "tui_subagents")
    assert total(past.cells(settings)).calls == fed(wire("tui_subagents")).totals().llm_calls


async def test_how_far_it_is_is_told_while_it_takes_long(settings, home, monkeypatch):
    monkeypatch.setattr(distilled, "STEP", 4)
    await kept(settings, "print_tools")
    shares: list[float] = []
    past.cells(settings, say=shares.append)
    assert len(shares) > 2
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] <= 1


# ------------------------------------------------------------------------------------------ the command


def run(home, *arguments: str):
    done = CliRunner().invoke(program, ["history", "--state-dir", str(home / "state"), *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def days(home):
    """Two sessions on two days."""
    session(home, "s1").write_bytes(
        lines(said(1, "a", cwd="/home/dev/shop"), said(3, "b", call="req_2", model="x\x1by"))
    )
    late = said(5, "c", call="req_3", session="s2", cwd="/home/dev/web") | {"timestamp": "2026-11-23T12:00:00.000Z"}
    session(home, "s2").write_bytes(lines(late))
    return home


def test_a_person_reads_a_table(days):
    shown = run(days)
    assert [line.split()[0] for line in shown.splitlines()] == ["day", "2026-11-21", "2026-11-23", "all"]
    assert "unpriced" in shown.splitlines()[1]
    assert "\x1b" not in run(days, "--by", "model")
    assert run(days, "--since", "2027-01-01") == "Nothing was used in these days.\n"


@pytest.mark.parametrize("by", [(), ("project",), ("model", "agent"), ("session", "day")])
def test_the_document_has_its_shape(days, by):
    text = run(days, "--json", *(word for one in by for word in ("--by", one)))
    told = SHAPES["history"].validate_json(text)
    assert tuple(told.by) == (by or ("day",))
    assert set(json.loads(text)["rows"][0]) - set(json.loads(text)["totals"]) == set(by or ("day",))
    assert (told.since, told.until, told.totals.sessions, told.totals.llm_calls) == ("2026-11-21", "2026-11-23", 2, 3)
    assert sum(row.llm_calls for row in told.rows) == 3


def test_since_is_a_day_or_how_many(days, monkeypatch):
    monkeypatch.setattr(history, "today", lambda: date(2026, 11, 23))
    for since, calls in (("2d", 1), ("3d", 3), ("2026-11-22", 1), ("2026-11-21", 3)):
        assert json.loads(run(days, "--json", "--since", since))["totals"]["llm_calls"] == calls
    for wrong in ("yesterday", "0.5d", "2026-13-01"):
        done = CliRunner().invoke(program, ["history", "--since", wrong])
        assert (done.exit_code, "14d" in done.stderr) == (2, True)


def test_nothing_is_no_error(home):
    assert run(home) == "Nothing was used in these days.\n"
    assert SHAPES["history"].validate_json(run(home, "--json")).since is None
