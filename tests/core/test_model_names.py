"""One model, many spellings."""

import pytest

from aimon_core.model_names import declared_context, spellings, vendor_and_name


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("gpt-5.5", ["gpt-5.5"]),
        ("Claude-Opus-4-8[1m]", ["claude-opus-4-8"]),
        ("claude-opus-4-5@20251101", ["claude-opus-4-5@20251101", "claude-opus-4-5-20251101", "claude-opus-4-5"]),
        ("claude-opus-4-6@default", ["claude-opus-4-6@default", "claude-opus-4-6"]),
        ("gpt-5.5-2026-01-01", ["gpt-5.5-2026-01-01", "gpt-5.5"]),
        ("models/gemini-2.5-pro", ["gemini-2.5-pro"]),
        ("projects/p/locations/l/publishers/google/models/gemini-2.5-pro", ["gemini-2.5-pro"]),
        (" mistral-large-latest ", ["mistral-large-latest", "mistral-large"]),
    ],
)
def test_spellings_go_from_exact_to_loose(model, names):
    assert spellings(model) == names


def test_a_name_may_declare_its_context():
    assert declared_context("claude-opus-4-8[1m]") == 1_000_000
    assert declared_context("x[200K]") == 200_000
    assert declared_context("claude-opus-4-8") is None
    assert declared_context("claude[1m]-x") is None


def test_a_name_may_name_its_vendor():
    assert vendor_and_name("anthropic/claude-sonnet-4.5") == ("anthropic", "claude-sonnet-4.5")
    assert vendor_and_name("openrouter/qwen/qwen3") == ("openrouter", "qwen/qwen3")
    assert vendor_and_name("us.anthropic.claude-opus-4-6-v1:0") == ("aws", "us.anthropic.claude-opus-4-6-v1:0")
    assert vendor_and_name("bedrock/anthropic.claude-3") == ("aws", "bedrock/anthropic.claude-3")
    assert vendor_and_name("claude-opus-4-6") is None
