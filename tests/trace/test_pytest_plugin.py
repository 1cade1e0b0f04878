"""The pytest plugin, in runs of pytest of its own: what people see when a trace is not as they expected."""

import pytest

from aimon_trace import asserting
from tests.contract.test_imports import loaded
from tests.fakes.captures import sent
from tests.fakes.program import Program
from tests.fakes.transcript import TRANSCRIPTS

pytest_plugins = ["pytester"]
assert asserting.Trace, "loaded here, for pytester forgets what an inner run loads"

PASSES = """
def test_budget(aimon_trace):
    aimon_trace.expect(tool_limits={"Bash": 3}, cost_budget=0.01)
    assert aimon_trace.metrics.turns == 1
    assert aimon_trace.metrics.by_name["Bash"] == 2
"""
FAILS = """
def test_budget(aimon_trace):
    aimon_trace.expect(tool_limits={"Bash": 1}, tool_sequence=["Read", "Write", "Read", "Read"], loop=3)
"""


@pytest.fixture
def session(pytester, monkeypatch):
    """Runs pytest on a test file, with our plugin and no other."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(text: str, *arguments: str):
        pytester.makepyfile(text)
        return pytester.runpytest_inprocess("-p", "aimon", *arguments)

    return run


def test_a_test_judges_the_trace_that_the_command_line_names(session):
    session(PASSES, f"--aimon-trace={TRANSCRIPTS}/files.jsonl").assert_outcomes(passed=1)


def test_what_is_wrong_is_a_diff_without_our_own_lines(session):
    done = session(FAILS, f"--aimon-trace={TRANSCRIPTS}/files.jsonl")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines([
        "E  *files.jsonl: 2 of 3 expectations are not met",
        "E  *tool_count: Tool limit violations: Bash: 2 > 1",
        "E  *- Bash: at most 1",
        "E  *+ Bash: 2",
        "E  *tool_sequence: Sequence out of order: no Read after*",
        "E  *+ Edit",
        "E  *The trace called 7 tools:",
        "E  *4 Bash ls /nonexistent-dir (failed)",
    ])  # fmt: skip
    done.stdout.no_fnmatch_line("*asserting.py*")


def test_a_test_may_name_its_own_traces_and_manifest(session, pytester):
    pytester.makefile(".yaml", manifest="trace_expectations: {required_tools: [Edit], token_budget: {max_total: 100}}")
    done = session(f"""
        import pytest

        @pytest.mark.parametrize("name", ["files", "text"])
        def test_all(aimon_trace, name):
            aimon_trace(f"{TRANSCRIPTS}/{{name}}.jsonl").expect_manifest("manifest.yaml")
    """)
    done.assert_outcomes(failed=2)
    done.stdout.fnmatch_lines(
        ["E *token_budget: Token budget exceeded: total: 464 > 100", "E *Missing required tools: *"]
    )


def test_without_a_trace_a_test_fails_and_says_what_to_do(session):
    done = session(PASSES)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*run pytest with --aimon-trace=PATH|SESSION*"])


def test_a_misspelt_expectation_is_named(session):
    done = session(
        "def test_it(aimon_trace):\n    aimon_trace.expect(tool_limit={})", f"--aimon-trace={TRANSCRIPTS}/text.jsonl"
    )
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*unknown key 'tool_limit'. Did you mean 'tool_limits'*"])


def test_a_session_of_a_running_aimon_can_be_named(session, tmp_path, monkeypatch):
    program = Program(tmp_path)
    with program.serving("--no-persist") as serving:
        assert set(serving.send(*sent("print_tools"))) == {200}
        for name, value in program.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AIMON_PORT", str(serving.port))
        word = "abaa2f48-4cec-45ef-9cda-68d1543b3cb6"
        text = "def test_it(aimon_trace): aimon_trace.expect(tool_limits={'Bash': 1}, required_tools=['Bash'])"
        session(text, f"--aimon-trace={word}").assert_outcomes(passed=1)


def test_loading_the_plugin_costs_other_peoples_tests_nothing():
    bare = loaded("pytest")
    ours = {name for name in loaded("aimon_trace.pytest_plugin") - bare if name.startswith(("aimon_", "receiver"))}
    assert ours == {"aimon_trace", "aimon_trace.pytest_plugin"}
    assert loaded("aimon_trace.pytest_plugin") & {"pydantic", "msgspec", "yaml", "genai_prices"} == set()


def test_pytest_finds_the_plugin_by_itself(request):
    assert request.config.getoption("--aimon-trace") is None, "this very run has the option"
