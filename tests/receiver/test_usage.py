"""Counting transcripts without reading them says what the ledger says: whole, piece by piece, copied and damaged."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aimon_core.history import rows, total
from aimon_core.pricing import load
from receiver.usage import scan
from receiver.usage.shelf import Shelf
from tests.fakes.captures import ROOT
from tests.fakes.transcript_home import lines, moved_in, place, session
from tests.fakes.transcripts import files, said, user
from tests.walk.test_transcripts import fed, written

PRICES = load()
SCENARIOS = [
    (agent, folder.name)
    for agent in ("claude-code", "codex", "gemini-cli")
    for folder in sorted((ROOT / agent).iterdir())
    if files(agent, folder.name)
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> Path:
    return moved_in(tmp_path, monkeypatch)


def counted(shelf: Shelf | None = None, prices=lambda: PRICES):
    """What all transcripts come to."""
    own = shelf or Shelf.opened(scan.made_by({}))
    found = scan.transcripts(own, prices)
    if shelf is None:
        own.close()
    return total(cell for one in found for cell in one.cells())


def unreadable():
    raise AssertionError("nothing is new: nobody asks for prices")


@pytest.mark.parametrize(("agent", "name"), SCENARIOS)
def test_a_real_transcript_comes_to_what_the_ledger_says(home, agent, name):
    for path in files(agent, name):
        place(agent, path).write_bytes(path.read_bytes())
    ledger, found = fed(written(agent, name)).totals(), counted()
    assert (found.calls, found.tokens) == (ledger.llm_calls, ledger.tokens)
    assert found.cost_usd == (pytest.approx(ledger.cost.usd, abs=1e-11) if ledger.cost.usd is not None else None)
    assert counted(prices=unreadable) == found, "and again, without reading a file"


def test_of_several_lines_of_one_answer_the_last_word_counts(home):
    growing = [said(1, "a", output=3), said(1, "b", output=900), said(1, "c", output=900)]
    session(home).write_bytes(lines(user(0, "hi"), *growing, said(2, "d", call="req_2", output=7)))
    assert (counted().calls, counted().tokens.output) == (2, 907)


def test_an_answer_that_grows_after_it_was_counted_is_counted_anew(home):
    path = session(home)
    path.write_bytes(lines(said(1, "a", output=3)))
    assert counted().tokens.output == 3
    with path.open("ab") as file:
        file.write(lines(said(1, "b", output=900)))
    assert (counted().calls, counted().tokens.output) == (1, 900)


def test_a_call_in_several_files_counts_once_whichever_is_read_first(home):
    told = lines(said(1, "a"), said(2, "b", call="req_2"))
    session(home, "s1").write_bytes(told)
    before = counted()
    session(home, "copy").write_bytes(told + lines(said(3, "c", call="req_3", session="copy")))
    after = counted()
    assert (before.calls, after.calls) == (2, 3)
    (s1 := session(home, "s1")).write_bytes(lines(said(1, "a")))
    assert counted().calls == 3
    s1.unlink()
    assert counted().calls == 3, "what only the copy holds now is counted for it"


def test_two_processes_count_what_one_does(home, monkeypatch):
    told = [said(number, "a", call=f"req_{number}") for number in range(1, 9)]
    for number in range(6):  # each holds a call of the one before it
        session(home, f"s{number}").write_bytes(lines(*told[number : number + 2]))
    alone = counted()
    for cached in (home / "cache" / "aimon").glob("history.db*"):
        cached.unlink()
    monkeypatch.setattr(scan, "SHARED", 0)
    assert counted(prices=load) == alone
    assert alone.calls == 7
    session(home, "s9").write_bytes(lines(*told))
    assert counted(prices=load).calls == 8


def test_what_a_client_says_in_the_models_name_and_what_a_fork_repeats_is_no_use(home):
    session(home).write_bytes(
        lines(
            said(1, "a", model="<synthetic>"),
            said(2, "b", call="req_2", isAbortedMidStream=True),
            said(3, "c", call="req_3", forkedFrom={"sessionId": "s0"}),
            user(4, 'say "usage":{"input_tokens":99}'),
            said(5, "d", call="req_5"),
        )
    )
    assert (counted().calls, counted().sessions) == (1, 1)


def test_what_a_summary_took_is_counted_where_it_is_told_apart(home):
    base = {"id": "e1", "parentId": None, "timestamp": "2026-11-21T02:00:00.000Z"}
    usage = {"model": "gpt-5.4", "inputTokens": 1000, "outputTokens": 10}
    call = {"api_id": "c2"}
    details = {"completion_tokens_details": {"reasoning_tokens": 4}}
    told = [
        {"type": "session.start", "data": {"sessionId": "s1", "context": {"cwd": "/home/dev/shop-api"}}},
        {"type": "session.usage_record", "data": {"usage": usage | {"apiCallId": "c1"}}},
        {"type": "session.compaction_start", "data": {}},
        {"type": "model.model_call_success", "data": {"modelCall": call, "responseUsage": details}},
        {"type": "session.compaction_complete", "data": {"success": True, "compactionTokensUsed": usage}},
    ]
    path = home / "copilot" / "session-state" / "s1" / "events.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(lines(*(base | line for line in told)))
    assert (counted().calls, counted().tokens.input, counted().tokens.reasoning) == (2, 2000, 4)


def test_a_line_that_nobody_can_read_hides_no_other(home):
    path = session(home)
    path.write_bytes(b'{"usage": nonsense\n' + lines(said(1, "a")) + b'\xff"usage":\n' + b'{"message":{"usage":')
    assert counted().calls == 1
    assert counted(prices=unreadable).calls == 1


def test_a_file_that_became_another_is_read_anew(home):
    path = session(home)
    path.write_bytes(lines(said(1, "a"), said(2, "b", call="req_2")))
    assert counted().calls == 2
    path.write_bytes(lines(said(3, "c", call="req_3"), said(4, "d", call="req_4"), said(5, "e", call="req_5")))
    assert counted().calls == 3
    path.write_bytes(lines(said(3, "c", call="req_3")))
    assert counted().calls == 1


def test_a_search_of_the_web_is_paid_for(home):
    line = said(1, "a", model="claude-sonnet-4-5")
    session(home).write_bytes(lines(line))
    without = counted()
    line["message"]["usage"]["server_tool_use"] = {"web_search_requests": 3}
    session(home).write_bytes(lines(line))
    price = PRICES.price("claude-code", "claude-sonnet-4-5")
    assert counted().cost_usd - without.cost_usd == pytest.approx(3 * price.search / 1e24)


def test_no_word_of_a_transcript_is_kept(home):
    session(home).write_bytes(lines(user(0, "open sesame"), said(1, "sesame it is")))
    assert counted().calls == 1
    assert not any(b"sesame" in path.read_bytes() for path in (home / "cache" / "aimon").iterdir())


def test_other_prices_are_other_sums(home):
    session(home).write_bytes(lines(said(1, "a", model="in-house")))
    assert counted().cost_usd is None
    own = {"in-house": {"input": 2.0, "output": 1.0}}
    shelf = Shelf.opened(scan.made_by(own))
    assert counted(shelf, lambda: load(own)).cost_usd == pytest.approx((100 * 2 + 10) / 1e6)
    shelf.close()


@pytest.mark.parametrize("damage", [b"rubbish" * 1000, b""])
def test_a_damaged_cache_is_begun_anew(home, damage):
    session(home).write_bytes(lines(said(1, "a")))
    whole = counted()
    for path in (home / "cache" / "aimon").glob("history.db*"):
        path.write_bytes(damage)
    assert counted() == whole


def test_without_a_place_for_a_cache_everything_is_read(home):
    session(home).write_bytes(lines(said(1, "a")))
    (home / "cache").touch()
    assert counted().calls == 1


def test_a_fifo_and_a_file_that_may_not_be_read_stop_nothing(home):
    session(home).write_bytes(lines(said(1, "a")))
    os.mkfifo(session(home, "fifo"))
    session(home, "gone").symlink_to(home / "nowhere")
    assert counted().calls == 1


CAPTURE = b"".join(path.read_bytes() for path in files("claude-code", "tui_subagents"))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, len(CAPTURE)), max_size=6))
def test_however_a_file_grows_it_comes_to_the_same(home, cuts):
    path = session(home)
    path.unlink(missing_ok=True)
    for end in sorted(cuts):
        path.write_bytes(CAPTURE[:end])
        counted()
    path.write_bytes(CAPTURE)
    piecewise = counted()
    for cached in (home / "cache" / "aimon").glob("history.db*"):
        cached.unlink()
    assert piecewise == counted()


def test_rows_add_up_along_any_dimension(home):
    session(home, "s1").write_bytes(lines(said(1, "a", cwd="/home/dev/shop"), said(86_400 / 60, "b", call="req_2")))
    session(home, "s2").write_bytes(lines(said(3, "c", call="req_3", session="s2", cwd="/home/dev/web", model="x")))
    shelf = Shelf.opened(scan.made_by({}))
    cells = [cell for one in scan.transcripts(shelf, lambda: PRICES) for cell in one.cells()]
    shelf.close()
    whole = total(cells)
    for by in (("day",), ("project",), ("model",), ("agent",), ("session",), ("day", "model", "project")):
        told = rows(cells, by)
        assert sum(row.calls for row in told) == whole.calls == 3
        assert sum(row.tokens.total for row in told) == whole.tokens.total
    assert [row.by["project"] for row in rows(cells, ("project",))] == ["shop", "web"]
    assert (whole.cost_usd, whole.unpriced_models, whole.sessions) == (None, ("x",), 2)
