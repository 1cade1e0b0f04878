"""The scorers: the plan's rules and words, and what it got wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from aimon_trace import scorers
from aimon_trace.expectations import Expectations
from aimon_trace.metrics import Cost, Files, TokenParts, ToolCall, TraceMetrics, Waits, category
from aimon_trace.scorers import NoData, Score, judge, passed
from aimon_trace.scorers.tools import tool_count

NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)


def calls(*told: str | tuple[str, dict], **more) -> tuple[ToolCall, ...]:
    """Calls by name, or by name and input."""
    pairs = [(one, {}) if isinstance(one, str) else one for one in told]
    return tuple(ToolCall(name=name, input=given, **{"success": True} | more) for name, given in pairs)


def bash(command: str) -> tuple[str, dict]:
    return "Bash", {"command": command, "description": "rm -rf is what this is not"}


def trace(*told, **more) -> TraceMetrics:
    return TraceMetrics(**{"llm_calls": 1, "turns": 1, "tool_calls": calls(*told)} | more)


def scored(metrics: TraceMetrics, **expected) -> Score:
    """The one score that is no skip."""
    (score,) = [one for one in judge(metrics, Expectations.of(expected)) if one.value != "skip"]
    return score


def said(metrics: TraceMetrics, **expected) -> tuple[str, str]:
    score = scored(metrics, **expected)
    return score.value, score.rationale


def test_the_example_of_the_plan_runs_as_it_is_written():
    trace = {"tools": {"by_name": {"Bash": 10}}}
    expectations = {"tool_limits": {"Bash": 5}}

    result = tool_count(trace=trace, expectations=expectations)
    assert result.value == "no"
    assert "10 > 5" in result.rationale


def test_what_is_not_expected_is_skipped_in_the_words_of_the_plan():
    scores = judge(trace("Bash"), Expectations())
    assert {score.value for score in scores} == {"skip"}
    assert [score.name for score in scores[:7]] == [
        "tool_count", "token_budget", "required_tools", "banned_tools", "file_existence", "tool_sequence",
        "category_limits",
    ]  # fmt: skip
    assert scores[0].rationale == "No tool_limits defined in expectations"
    assert not passed(scores), "nothing speaks for it"


@pytest.mark.parametrize(
    ("limits", "value", "rationale"),
    [
        ({"Bash": 2, "Read": 1}, "yes", "All 2 tool limits satisfied"),
        ({"Bash": 1}, "no", "Tool limit violations: Bash: 2 > 1"),
        ({"Bash": 1, "mcp__*": 0}, "no", "Tool limit violations: Bash: 2 > 1; mcp__*: 1 > 0"),
        ({"Bash": {"min": 3}}, "no", "Tool limit violations: Bash: 2 < 3"),
        ({"Bash": {"min": 1, "max": 2}}, "yes", "All 1 tool limits satisfied"),
        ({"Bash(git push*)": 0}, "no", "Tool limit violations: Bash(git push*): 1 > 0"),
        ({"Write": 0}, "yes", "All 1 tool limits satisfied"),
    ],
)
def test_tools_are_called_as_often_as_they_may(limits, value, rationale):
    metrics = trace(bash("ls"), bash("cd x && git push origin"), "mcp__db__query")
    assert said(metrics, tool_limits=limits) == (value, rationale)


@pytest.mark.parametrize(
    ("limits", "value", "rationale"),
    [
        ({"bash": 1, "file_ops": 1}, "yes", "All 2 category limits satisfied"),
        ({"mcp_db": 1}, "no", "Category limit violations: mcp_db: 2 > 1"),
        ({"mcp_*": 2}, "no", "Category limit violations: mcp_*: 3 > 2"),
        ({"other": {"min": 1}}, "no", "Category limit violations: other: 0 < 1"),
    ],
)
def test_categories_are_called_as_often_as_they_may(limits, value, rationale):
    metrics = trace(bash("ls"), "Read", "mcp__db__a", "mcp__db__b", "mcp__web__c")
    assert said(metrics, category_limits=limits) == (value, rationale)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mcp__databricks__execute_sql", "mcp_databricks"), ("mcp__", "mcp_unknown"), ("Glob", "file_ops"),
        ("Bash", "bash"), ("run_shell_command", "bash"), ("Agent", "other"),
    ],
)  # fmt: skip
def test_a_tool_has_the_category_of_the_plan(name, told):
    assert category(name) == told


TOKENS = TokenParts(input=60_000, output=1_000, cache_read=5_000, cache_write_5m=300, cache_write_1h=40)


@pytest.mark.parametrize(
    ("budget", "value", "rationale"),
    [
        ({"max_input": 50_000}, "no", "Token budget exceeded: input: 60,000 > 50,000"),
        ({"max_input": 60_000, "max_total": 61_000}, "yes", "Token usage (61,000) within budget"),
        ({"max_output": 999}, "no", "Token budget exceeded: output: 1,000 > 999"),
        ({"max_total": 61_000, "cache": "read"}, "no", "Token budget exceeded: total: 66,000 > 61,000"),
        ({"max_total": 61_340, "cache": "creation"}, "yes", "Token usage (61,340) within budget"),
        ({"max_input": 60_000, "cache": "include"}, "no", "Token budget exceeded: input: 65,340 > 60,000"),
        ({"max_cache_read": 4_000}, "no", "Token budget exceeded: cache_read: 5,000 > 4,000"),
        ({"max_cache_creation": 340}, "yes", "Token usage (61,000) within budget"),
        ({"min_output": 2_000}, "no", "Token budget exceeded: output: 1,000 < 2,000"),
    ],
)
def test_tokens_are_within_their_budget(budget, value, rationale):
    assert said(trace(tokens=TOKENS), token_budget=budget) == (value, rationale)


@pytest.mark.parametrize(
    ("required", "missing"),
    [
        (["Read", "mcp__databricks__execute_sql"], []),
        (["mcp__*__execute_*"], []),
        (["Write"], ["Write"]),
        (["!Write", "Read"], []),
        (["!Read"], ["!Read"]),
        (["Bash(pytest*)"], []),
        (["pytest"], []),
        (["ruff"], ["ruff"]),
        ([{"tool": "Read", "arguments": {"file_path": "*.py"}}], []),
        ([{"tool": "Read", "arguments": {"file_path": "*.sql"}}], ["Read(file_path=*.sql)"]),
        ([{"tool": "Read", "arguments": {"file_path": "app.py"}, "match": "partial"}], []),
        ([{"tool": "Read", "arguments": {"file_path": "app.py"}, "match": "exact"}], ["Read(file_path=app.py)"]),
        ([{"tool": "Read", "arguments": {"range": {"from": 1}}, "match": "partial"}], []),
        ([{"tool": "Read", "arguments": {"range": {"from": 1}}}], ["Read(range={'from': 1})"]),
        ([{"tool": "Bash", "success": False}], ["Bash"]),
    ],
)
def test_required_tools_were_called(required, missing):
    metrics = trace(
        ("Read", {"file_path": "/x/app.py", "range": {"from": 1, "to": 2}}),
        bash("cd /x; PYTHONPATH=. .venv/bin/pytest -q"),
        bash("pytest -x"),
        "mcp__databricks__execute_sql",
    )
    value, rationale = said(metrics, required_tools=required)
    if missing:
        assert (value, rationale) == ("no", f"Missing required tools: {missing}")
    else:
        assert (value, rationale) == ("yes", f"All {len(required)} required tools were used")


@pytest.mark.parametrize(
    ("banned", "used"),
    [
        (["rm -rf"], {"rm -rf": 1}),
        (["RM  -rf"], {"RM  -rf": 1}),
        (["DROP DATABASE"], {"DROP DATABASE": 1}),
        (["mcp__*"], {"mcp__*": 1}),
        (["mcp__*", "!mcp__db__*"], {}),
        (["sudo"], {"sudo": 1}),
        (["curl"], {}),
        (["Bash(echo *)"], {"Bash(echo *)": 1}),
        (["Bash", "Write"], {"Bash": 2, "Write": 1}),
        (["Edit"], {}),
        ([{"tool": "Write", "arguments": {"content": "*rm -rf*"}}], {"Write(content=*rm -rf*)": 1}),
    ],
)
def test_banned_tools_are_found_by_name_and_in_what_they_run_but_not_in_what_is_only_written(banned, used):
    metrics = trace(
        bash("echo 'curl is not run' && rm -rf /tmp/x"),
        bash("cat a | sudo tee b"),
        ("mcp__db__query", {"statement": "drop\n database shop"}),
        ("Write", {"file_path": "README.md", "content": "Never rm -rf, DROP DATABASE or sudo."}),
    )
    value, rationale = said(metrics, banned_tools=banned)
    if used:
        assert (value, rationale) == ("no", f"Banned tools used: {used}")
    else:
        assert value == "yes"
        assert rationale.startswith("None of ")


def test_a_genuine_transcript_is_caught_at_what_the_plan_could_never_find():
    from aimon_trace.metrics import from_transcript
    from tests.fakes.transcript import TRANSCRIPTS

    metrics = from_transcript(TRANSCRIPTS / "files.jsonl")
    assert said(metrics, banned_tools=["rm -rf", "DROP DATABASE"]) == ("no", "Banned tools used: {'rm -rf': 1}")


@pytest.mark.parametrize(
    ("expected", "value", "rationale"),
    [
        (["*.sql", "src/new.py", "/a/"], "yes", "All 3 expected file patterns matched"),
        (["*.sql", "*.md"], "no", "Missing expected files: ['*.md']"),
        (["!*.env"], "no", "Unwanted files: ['/a/.env']"),
        (["!*.pem", "q.sql"], "yes", "All 2 expected file patterns matched"),
        ([{"path": "q.sql", "match": "exact"}], "no", "Missing expected files: ['q.sql']"),
        (
            [{"path": "/a/src/new.py", "kind": "created", "match": "exact"}],
            "yes",
            "All 1 expected file patterns matched",
        ),
        ([{"path": "*.sql", "kind": "created"}], "no", "Missing expected files: ['*.sql']"),
        ([{"path": "readme", "kind": "read", "match": "partial"}], "yes", "All 1 expected file patterns matched"),
    ],
)
def test_expected_files_are_those_that_the_trace_wrote(expected, value, rationale):
    files = Files(created=("/a/src/new.py", "/a/.env"), modified=("/a/q.sql",), read=("/a/readme.md",))
    assert said(trace(files=files), expected_files=expected) == (value, rationale)


@pytest.mark.parametrize(
    ("sequence", "value", "rationale"),
    [
        (["Read", "Edit", "Bash"], "yes", "All 3 sequence tools were used in order"),
        (["Edit", "Read"], "no", "Sequence out of order: no Read after ['Edit'] in ['Read', 'Grep', 'Edit', 'Bash']"),
        (["Read", "Write"], "no", "Sequence tools not used: ['Write']"),
        ({"tools": ["Edit", "Read"], "order": "any"}, "yes", "All 2 sequence tools were used"),
        (
            {"tools": ["Read", "Edit"], "order": "exact"},
            "no",
            "Sequence is not exactly ['Read', 'Edit']: ['Read', 'Grep', 'Edit', 'Bash']",
        ),
        (
            {"tools": ["Read", "*", "Edit", "Bash(pytest*)"], "order": "exact"},
            "yes",
            "All 4 sequence tools were used in order",
        ),
        (["Read", "Read"], "no", "Sequence out of order: no Read after ['Read'] in ['Read', 'Grep', 'Edit', 'Bash']"),
    ],
)  # fmt: skip
def test_the_order_of_calls_is_looked_at(sequence, value, rationale):
    metrics = trace("Read", "Grep", "Edit", bash("pytest -q"))
    assert said(metrics, tool_sequence=sequence) == (value, rationale)


@pytest.mark.parametrize(
    ("usd", "budget", "value", "rationale"),
    [
        (0.5, 0.5, "yes", "Cost ($0.5000) within budget"),
        (0.51, {"max_usd": 0.5}, "no", "Cost budget exceeded: cost: $0.5100 > $0.5000"),
        (0.51, {"min_usd": 1}, "no", "Cost budget exceeded: cost: $0.5100 < $1.0000"),
        (None, 0.5, "error", "Not judged: The cost is unknown: no price for house-7"),
    ],
)
def test_dollars_are_within_their_budget_and_unknown_ones_are_no_pass(usd, budget, value, rationale):
    cost = Cost(usd=usd, unpriced_models=() if usd else ("house-7",))
    assert said(trace(cost=cost), cost_budget=budget) == (value, rationale)


@pytest.mark.parametrize(
    ("seconds", "expected", "value", "rationale"),
    [
        (60, 60, "yes", "Duration (60.0s) within limits"),
        (61, {"max_seconds": 60}, "no", "Duration limit violations: duration: 61.0s > 60.0s"),
        (1, {"min_seconds": 2}, "no", "Duration limit violations: duration: 1.0s < 2.0s"),
        (None, 60, "error", "Not judged: The trace tells no times"),
    ],
)
def test_a_run_takes_no_longer_than_it_may(seconds, expected, value, rationale):
    times = {"start_time": NOW, "end_time": NOW + timedelta(seconds=seconds)} if seconds else {}
    assert said(trace(**times), duration=expected) == (value, rationale)


@pytest.mark.parametrize(
    ("expected", "value", "rationale"),
    [
        (0.5, "yes", "2 of 4 tool calls failed"),
        (0.4, "no", "Error rate exceeded: 50% > 40% (2 of 4 tool calls failed)"),
        ({"max_errors": 1}, "no", "Error rate exceeded: errors: 2 > 1 (2 of 4 tool calls failed)"),
        ({"max": 0.4, "tools": ["Read"]}, "yes", "0 of 2 tool calls failed"),
    ],
)
def test_tools_fail_no_more_often_than_they_may(expected, value, rationale):
    told = (*calls("Bash", "Bash", success=False), *calls("Read", "Read"), *calls("Write", success=False, refused=True))
    assert said(trace(tool_calls=(*told, *calls("Grep", success=None))), error_rate=expected) == (value, rationale)


@pytest.mark.parametrize(
    ("told", "expected", "value"),
    [
        ([bash("ls")] * 3, 3, "yes"),
        ([bash("ls")] * 4, 3, "no"),
        ([bash("ls"), bash("pwd")] * 4, 3, "no"),
        ([bash("ls"), bash("pwd")] * 4, {"max_repeats": 3, "max_length": 1}, "yes"),
        ([bash("ls"), bash("ls -l")] * 2, 1, "no"),
        ([bash(f"cat {number}") for number in range(9)], 1, "yes"),
    ],
)
def test_going_in_circles_is_seen(told, expected, value):
    assert scored(trace(*told), loop=expected).value == value


def test_a_loop_is_named():
    assert said(trace(*[bash("npm test")] * 5), loop=3) == ("no", "Loop detected: Bash npm test repeated: 5 > 3")
    rationale = said(trace(*[bash("a"), bash("b")] * 4), loop=3)[1]
    assert rationale == "Loop detected: 2 calls, last Bash, repeated: 4 > 3"


def test_subagents_that_do_the_same_side_by_side_are_no_loop():
    told = tuple(ToolCall(name="Read", input={"file_path": "a"}, agent_id=str(number)) for number in range(9))
    assert scored(trace(tool_calls=told), loop=1).value == "yes"


def test_waits_are_judged_where_the_trace_tells_them():
    waits = Waits(count=2, total_seconds=90, longest_seconds=70)
    assert said(trace(waits=waits), permission_waits=2) == ("yes", "2 waits within limits")
    assert said(trace(waits=waits), permission_waits=1) == ("no", "Permission wait violations: waits: 2 > 1")
    assert said(trace(waits=waits), max_wait=60) == ("no", "Longest wait exceeded: 70.0s > 60.0s")
    assert said(trace(waits=waits), max_wait=70) == ("yes", "Longest wait (70.0s) within limit")
    for key in ("permission_waits", "max_wait"):
        value, rationale = said(trace(), **{key: 60})
        assert value == "error"
        assert "does not tell when it waited" in rationale


EVERYTHING = {
    "tool_limits": {"Bash": 1}, "token_budget": {"max_total": 1}, "required_tools": ["Read"],
    "banned_tools": ["rm -rf"], "expected_files": ["a"],
    "tool_sequence": ["Read"], "category_limits": {"bash": 1}, "cost_budget": 1, "duration": 1,
    "error_rate": 0, "loop": 1, "permission_waits": 1, "max_wait": 1,
}  # fmt: skip


def test_a_trace_without_anything_in_it_passes_nothing():
    scores = judge(TraceMetrics(), Expectations.of(EVERYTHING))
    assert {score.value for score in scores} == {"error"}
    assert len(scores) == len(scorers.SCORERS)


def test_a_trace_whose_calls_tell_no_usage_is_not_within_a_budget_of_tokens():
    score = scored(trace("Bash"), token_budget={"max_total": 5})
    assert (score.value, score.rationale) == ("error", "Not judged: No call of the trace told its usage")


class Point:
    """An entry point, as far as it is looked at."""

    def __init__(self, name, scorer):
        self.name = name
        self.scorer = scorer

    def load(self):
        if self.scorer is None:
            raise ImportError("no module named house")
        return self.scorer


@pytest.fixture
def house_scorer(monkeypatch):
    """Install somebody's own scorers for a test."""

    def install(**own):
        points = [Point(name, one) for name, one in own.items()]
        monkeypatch.setattr(scorers, "entry_points", lambda group: points if group == "aimon.scorers" else [])
        scorers.plugins.cache_clear()

    yield install
    scorers.plugins.cache_clear()


def polite(trace, expectations):
    good = len(trace.tool_calls) <= expectations.own["polite"]
    return Score(name="polite", value="yes" if good else "no", rationale="says please")


def test_somebodys_own_scorer_judges_what_is_expected_under_its_name(house_scorer):
    house_scorer(polite=polite)
    assert said(trace("Bash"), polite=1) == ("yes", "says please")
    assert said(trace("Bash", "Bash"), polite=1) == ("no", "says please")
    assert "polite" not in {score.name for score in judge(trace("Bash"), Expectations())}


def rude(trace, expectations):
    raise ZeroDivisionError("nobody")


@pytest.mark.parametrize("own", [rude, None])
def test_a_scorer_that_raises_or_cannot_be_loaded_fails_the_trace(house_scorer, own):
    house_scorer(rude=own)
    scores = judge(trace("Bash"), Expectations.of({"rude": True, "tool_limits": {"Bash": 1}}))
    (score,) = [one for one in scores if one.name == "rude"]
    assert score.value == "error"
    assert score.rationale.startswith("Scorer failed: ")
    assert not passed(scores)


def test_no_data_is_no_answer_that_a_scorer_gives_by_itself():
    with pytest.raises(NoData):
        tool_count(trace=TraceMetrics(), expectations={"tool_limits": {"Bash": 5}})
