"""What may be expected: the manifest of the plan as it is written, test cases, and what is wrong said clearly."""

import json

import pytest

from aimon_core.errors import Unreadable, UsageError
from aimon_trace import manifest
from aimon_trace.expectations import Expectations

MANIFEST = """
scorers:
  enabled:
    - python_syntax
    - tool_count        # NEW
    - token_budget      # NEW
    - file_existence    # NEW

  trace_expectations:   # NEW section
    tool_limits:
      mcp__databricks__execute_sql: 5
      Bash: 3
    token_budget:
      max_input: 50000
      max_output: 10000
    required_tools:
      - Read
      - mcp__databricks__execute_sql
    banned_tools:
      - "rm -rf"
      - "DROP DATABASE"
"""
"""As the plan has it."""
GROUND_TRUTH = """
test_cases:
  - id: "sdp_bronze_001"
    inputs:
      prompt: "Create bronze ingestion pipeline"
    expectations:
      # Existing
      expected_patterns: [...]
      # NEW: per-test trace expectations
      tool_limits:
        mcp__databricks__create_pipeline: 1
      expected_files:
        - "bronze_orders.sql"
    metadata:
      trace_run_id: "abc123"  # Link to MLflow trace
"""


@pytest.fixture
def skill(tmp_path):
    """A skill's folder with the plan's two files."""
    folder = tmp_path / "skills" / "databricks-sdp"
    folder.mkdir(parents=True)
    (folder / "manifest.yaml").write_text(MANIFEST)
    (folder / "ground_truth.yaml").write_text(GROUND_TRUTH)
    return folder


def test_the_manifest_of_the_plan_is_understood(skill):
    expected = Expectations.load(skill / "manifest.yaml")
    assert {name: limit.max for name, limit in expected.tool_limits.items()} == {
        "mcp__databricks__execute_sql": 5, "Bash": 3,
    }  # fmt: skip
    assert (expected.token_budget.max_input, expected.token_budget.max_output) == (50_000, 10_000)
    assert [str(rule) for rule in expected.required_tools] == ["Read", "mcp__databricks__execute_sql"]
    assert [rule.text for rule in expected.banned_tools] == ["rm -rf", "DROP DATABASE"]
    assert manifest.load(skill / "manifest.yaml").name == "databricks-sdp"


def test_a_test_case_adds_limits_and_replaces_lists(skill):
    loaded = manifest.load(skill / "manifest.yaml")
    expected = loaded.expectations("sdp_bronze_001")
    assert {name: limit.max for name, limit in expected.tool_limits.items()} == {
        "mcp__databricks__execute_sql": 5, "Bash": 3, "mcp__databricks__create_pipeline": 1,
    }  # fmt: skip
    assert [rule.path for rule in expected.expected_files] == ["bronze_orders.sql"]
    assert loaded.expectations().expected_files == ()


def test_a_ground_truth_finds_its_manifest(skill):
    assert manifest.load(skill / "ground_truth.yaml").expectations().tool_limits["Bash"].max == 3
    (skill / "manifest.yaml").unlink()
    alone = manifest.load(skill / "ground_truth.yaml")
    assert alone.expectations().empty
    assert not alone.empty


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("abc123", "sdp_bronze_001"),
        ("traces/sdp_bronze_001.jsonl", "sdp_bronze_001"),
        ("traces/sdp_bronze_002.jsonl", None),
        ("sdp_bronze", None),
    ],
)
def test_a_case_knows_its_trace(skill, name, case):
    assert manifest.load(skill / "manifest.yaml").case_of("else", name) == case


def test_a_case_may_name_a_file(skill):
    text = GROUND_TRUTH.replace('trace_run_id: "abc123"', 'trace: "good/one.jsonl"')
    (skill / "ground_truth.yaml").write_text(text)
    loaded = manifest.load(skill / "manifest.yaml")
    assert loaded.case_of("/home/dev/traces/good/one.jsonl") == "sdp_bronze_001"
    assert loaded.case_of("/home/dev/traces/bad/one.jsonl") is None


@pytest.mark.parametrize(
    "text",
    [
        "trace_expectations: {tool_limits: {Bash: 3}}",
        "tool_limits: {Bash: 3}",
        "scorers: {enabled: [x]}\ntrace_expectations: {tool_limits: {Bash: 3}}",
    ],
)
def test_expectations_may_stand_at_the_top(tmp_path, text):
    (tmp_path / "manifest.yaml").write_text(text)
    assert Expectations.load(tmp_path / "manifest.yaml").tool_limits["Bash"].max == 3


def test_the_layout_below_scorers_comes_first(tmp_path):
    text = "scorers: {trace_expectations: {loop: 1}}\ntrace_expectations: {loop: 9}"
    (tmp_path / "manifest.yaml").write_text(text)
    assert Expectations.load(tmp_path / "manifest.yaml").loop.max_repeats == 1


def test_the_data_set_that_a_manifest_names_has_the_cases(skill):
    (skill / "ground_truth.yaml").rename(skill / "cases.yaml")
    with (skill / "manifest.yaml").open("a") as file:
        file.write("evaluation:\n  datasets:\n    - path: cases.yaml\n")
    assert manifest.load(skill / "manifest.yaml").case("sdp_bronze_001").expected["expected_files"] == [
        "bronze_orders.sql"
    ]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"tool_limit": {}}, "x has an unknown key 'tool_limit'. Did you mean 'tool_limits'?"),
        ({"banned": []}, "x has an unknown key 'banned'. Did you mean 'banned_tools'?"),
        ({"token_budget": {"max_totl": 1}}, "x has an unknown key 'token_budget.max_totl'. Did you mean 'max_total'?"),
        ({"cost_budget": {"maxusd": 1}}, "x has an unknown key 'cost_budget.maxusd'. Did you mean 'max_usd'?"),
        ({"tool_limits": {"Bash": "x"}}, "x: tool_limits.Bash.max is not understood. Input should be a valid integer"),
        ({"tool_limits": {"Bash": -1}}, "x: tool_limits.Bash.max is not understood."),
        ({"error_rate": 5}, "x: error_rate.max is not understood."),
        ({"tool_sequence": {"tools": ["a"], "order": "z"}}, "x: tool_sequence.order is not understood."),
        ({"required_tools": "Read"}, "x: required_tools is not understood."),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_the_nearest_name(told, message):
    with pytest.raises(UsageError) as caught:
        Expectations.of(told, "x")
    assert str(caught.value).startswith(message)


def test_a_misspelt_key_of_a_case_is_an_error_and_that_of_another_judge_is_none(skill):
    (skill / "ground_truth.yaml").write_text(GROUND_TRUTH.replace("tool_limits:", "tool_limit:"))
    with pytest.raises(
        UsageError, match=r"case sdp_bronze_001, has an unknown key 'tool_limit'. Did you mean 'tool_limits'"
    ):
        manifest.load(skill / "manifest.yaml")


def test_a_case_that_is_wrong_is_said_before_anything_is_judged(skill):
    (skill / "ground_truth.yaml").write_text(GROUND_TRUTH.replace("create_pipeline: 1", "create_pipeline: one"))
    with pytest.raises(UsageError, match="and case sdp_bronze_001: tool_limits"):
        manifest.load(skill / "manifest.yaml")


def test_an_unknown_case_is_named_with_the_nearest(skill):
    with pytest.raises(UsageError, match="Did you mean 'sdp_bronze_001'"):
        manifest.load(skill / "manifest.yaml").expectations("sdp_bronze_002")


@pytest.mark.parametrize("text", ["a: [", "- 1\n", "\x00", "test_cases: {a: 1}", "test_cases: [{inputs: 1}]"])
def test_what_is_no_manifest_is_said_to_be_none(tmp_path, text):
    (tmp_path / "manifest.yaml").write_text(text)
    with pytest.raises(Unreadable, match=r"manifest\.yaml"):
        manifest.load(tmp_path / "manifest.yaml")


def test_a_manifest_is_found_by_file_folder_and_skill(skill, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert manifest.find(str(skill / "manifest.yaml")) == skill / "manifest.yaml"
    assert manifest.find(str(skill)) == skill / "manifest.yaml"
    assert manifest.find("databricks-sdp").absolute() == skill / "manifest.yaml"
    assert manifest.find("databricks-sdp", tmp_path / "skills") == skill / "manifest.yaml"
    with pytest.raises(UsageError, match="trace-eval init"):
        manifest.find("other")
    with pytest.raises(UsageError, match=r"no manifest\.yaml"):
        manifest.find(None)
    monkeypatch.chdir(skill)
    assert manifest.find(None).name == "manifest.yaml"


def test_nothing_is_expected_where_all_is_empty():
    assert Expectations.of({"tool_limits": {}, "required_tools": [], "token_budget": None}).empty
    assert not Expectations.of({"loop": 3}).empty


def test_expectations_survive_json():
    told = Expectations.of({"banned_tools": ["rm -rf", "!Bash(ls)"], "loop": 2, "expected_files": ["!*.env"]})
    assert Expectations.model_validate(json.loads(told.model_dump_json())) == told
