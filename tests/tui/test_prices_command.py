"""`aimon prices` names each model in use, its rates part by part, and who says so; what has no price says that."""

import json

import pytest

from aimon_core import pricing
from aimon_core.clock import SteppedClock
from aimon_tui.console.prices import document, table
from tests.fakes.program import Program

NOW_NS = 1_795_226_400 * 10**9
FOUND = {
    "sessions": [
        {"agent": "claude-code", "models": ["claude-sonnet-4-5", "mock-coder-1"]},
        {"agent": "claude-code", "models": ["claude-sonnet-4-5"]},
        {"agent": "codex", "models": ["my-\x1b[31mmodel"]},
    ]
}


@pytest.fixture(scope="module")
def told():
    prices = pricing.load({"my-\x1b[31mmodel": {"input": 0.1, "output": 0.7}}, SteppedClock(NOW_NS))
    return document(FOUND, prices, "settings.toml")


def test_each_model_once_with_its_source(told):
    assert [(one["model"], one["source"], one["provider"]) for one in told["models"]] == [
        ("claude-sonnet-4-5", told["table"], "anthropic"),
        ("mock-coder-1", None, None),
        ("my-\x1b[31mmodel", "settings.toml", None),
    ]
    assert told["table"].startswith("genai-prices 0.")


def test_rates_are_exact_and_by_tier(told):
    long, usual = told["models"][0]["tiers"]
    assert (long["above"], long["input_usd_per_mtok"]) == (200_000, 6.0)
    assert [usual[f"{part}_usd_per_mtok"] for part in ("input", "cache_read", "cache_write_1h", "output")] == [
        3.0, 0.3, 6.0, 15.0,
    ]  # fmt: skip
    (own,) = told["models"][2]["tiers"]
    assert (own["input_usd_per_mtok"], own["output_usd_per_mtok"]) == (0.1, 0.7)


def test_a_person_reads_a_table(told):
    shown = table(told)
    assert "\x1b" not in shown
    assert "above 200,000 tokens" in shown
    unpriced = next(line for line in shown.splitlines() if line.startswith("mock-coder-1"))
    assert "no price" in unpriced
    assert " 0 " not in unpriced
    assert "No models yet" in table(told | {"models": []})


def test_the_command_without_models(tmp_path):
    done = Program(tmp_path).run("prices", "--json", "--port", "9")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["models"] == []
    assert "No aimon is running" in done.stderr
