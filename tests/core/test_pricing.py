"""The compiled table equals genai-prices, knows a model by any name, and admits what it does not know."""

import random
import warnings
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import Usage

from aimon_core.clock import SteppedClock
from aimon_core.errors import UsageError
from aimon_core.pricing import PriceTable, _compiled, load
from aimon_core.session import Tokens

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SNAPSHOT = get_snapshot()
MAKERS = {"anthropic", "openai", "google"}
MODELS = [(provider, model) for provider in SNAPSHOT.providers for model in provider.models]
OTHERS = random.Random(21).sample([one for one in MODELS if one[0].id not in MAKERS], 250)
PRICED = [one for one in MODELS if one[0].id in MAKERS] + OTHERS
EDGES = (0, 1, 99_999, 100_000, 100_001, 199_999, 200_000, 200_001, 272_000, 272_001, 1_000_000)


@pytest.fixture(scope="module")
def table() -> PriceTable:
    return load(clock=SteppedClock(int(NOW.timestamp()) * 10**9))


def usages(seed: int, count: int = 12):
    """Random calls, and calls that read exactly as much as some tier allows."""
    dice = random.Random(seed)
    for _ in range(count):
        yield Tokens(*(dice.choice((0, dice.randrange(400), dice.randrange(300_000))) for _ in range(6)))
    for edge in EDGES:
        read = dice.randint(0, edge)
        short = dice.randint(0, edge - read)
        yield Tokens(edge - read - short, read, short, 0, 0, 1234, 234)


def theirs(provider, model, tokens: Tokens) -> Decimal:
    usage = Usage(
        input_tokens=tokens.context,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write,
        cache_write_5m_tokens=tokens.cache_write_5m + tokens.cache_write_unknown,
        cache_write_1h_tokens=tokens.cache_write_1h,
        output_tokens=tokens.output,
        output_reasoning_tokens=tokens.reasoning or 0,
    )
    return model.calc_price(usage, provider, genai_request_timestamp=NOW).total_price


@pytest.mark.parametrize(("provider", "model"), PRICED, ids=lambda one: one.id)
def test_every_price_equals_genai_prices(provider, model):
    price = _compiled(model, provider.id, NOW)
    if price is None:
        standard = model.get_prices(NOW)
        assert standard.input_mtok is standard.output_mtok is None
        return
    for tokens in usages(seed=len(model.id)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            expected = theirs(provider, model, tokens) * 10**12
        ours = price.picodollars(tokens)
        assert isinstance(ours, int)
        assert ours == expected if expected == int(expected) else abs(ours - expected) <= Decimal("0.5")


def test_most_of_the_table_has_a_price():
    assert sum(_compiled(model, provider.id, NOW) is not None for provider, model in PRICED) > 0.9 * len(PRICED)


@pytest.mark.parametrize(
    ("model", "tokens", "dollars"),
    [
        ("claude-opus-5-5", Tokens(401, 0, 2500, 0, 0, 51), "0.015124"),
        ("claude-sonnet-4-6", Tokens(501, 0, 2600, 0, 0, 71), "0.012318"),
        ("claude-opus-5-5", Tokens(501, 0, 2600, 0, 0, 71), "0.016424"),
        ("claude-opus-4-8", Tokens(0, 0, 20_000, 0, 0, 0), "0.125"),
        ("claude-opus-4-8", Tokens(0, 0, 0, 20_000, 0, 0), "0.2"),
        ("claude-opus-4-8", Tokens(0, 0, 0, 0, 20_000, 0), "0.125"),
        ("claude-sonnet-4-5", Tokens(300_000), "1.8"),
        ("claude-sonnet-4-5", Tokens(200_000), "0.6"),
    ],
)
def test_what_clients_reported(table, model, tokens, dollars):
    assert table.price("claude-code", model).picodollars(tokens) == int(Decimal(dollars) * 10**12)


@pytest.mark.parametrize(
    ("agent", "model", "provider", "name"),
    [
        ("claude-code", "claude-opus-5-5", "anthropic", "claude-opus-5-5"),
        ("claude-code", "claude-opus-5-5[1m]", "anthropic", "claude-opus-5-5"),
        ("claude-code", "claude-sonnet-4-5-20250929", "anthropic", "claude-sonnet-4-5"),
        ("claude-code", "Claude-Opus-4-5@20251101", "anthropic", "claude-opus-4-5"),
        ("claude-code", "claude-fable-5-1@20260101", "google", "claude-fable-5-1"),
        ("claude-code", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws", None),
        ("claude-code", "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-6-v1:0", "aws", None),
        ("opencode", "anthropic/claude-sonnet-4.5", "anthropic", "claude-sonnet-4-5"),
        ("opencode", "openrouter/anthropic/claude-sonnet-4.5", "openrouter", "anthropic/claude-sonnet-4.5"),
        ("opencode", "qwen/qwen3-coder-plus", "openrouter", "qwen/qwen3-coder-plus"),
        ("opencode", "vertex_ai/claude-opus-4-6@default", "google", "claude-opus-4-6"),
        ("codex", "gpt-5.5-2026-01-01", "openai", "gpt-5.5"),
        ("codex", "gpt-5.5-codex", "openai", "gpt-5.5"),
        ("gemini-cli", "models/gemini-2.5-pro", "google", "gemini-2.5-pro"),
        ("copilot", "claude-haiku-4.5", "anthropic", "claude-haiku-4-5"),
        ("copilot", "github/gpt-5.5-codex", "openai", "gpt-5.5"),
        ("opencode", "github-copilot/claude-sonnet-4.5", "anthropic", "claude-sonnet-4-5"),
        ("gemini-cli", "gemini-3-pro-preview", "google", "gemini-3-pro-preview"),
        ("somebody-else", "kimi-k3", "moonshotai", "kimi-k3"),
        ("somebody-else", "llama-3.3-70b", "cerebras", "llama-3.3-70b"),
    ],
)
def test_a_model_is_known_by_all_its_names(table, agent, model, provider, name):
    price = table.price(agent, model)
    assert price.provider == provider
    assert name is None or price.model == name


@pytest.mark.parametrize("model", ["mock-coder-1", "<synthetic>", "", "qwen3-coder-plus", "claude-opus-9", "x" * 5000])
def test_what_nobody_prices_has_no_price(table, model):
    assert table.price("claude-code", model) is None
    assert table.context_limit("claude-code", model) is None


def test_each_name_is_looked_up_once_and_not_kept_forever():
    asked = []
    clock = SteppedClock()
    table = PriceTable("test", lambda agent, model: asked.append((agent, model)) or (None, 7), clock)
    assert [table.price("a", "m"), table.context_limit("a", "m"), table.price("a", "m")] == [None, 7, None]
    assert asked == [("a", "m")]
    clock.advance(15 * 60)
    table.price("a", "m")
    assert len(asked) == 2
    for number in range(5000):
        table.price("a", str(number))
    assert len(table._known) <= 1024


def test_prices_change_with_the_day():
    changes = {
        (provider.id, model.id, choice.constraint.start_date): (provider, model)
        for provider, model in MODELS
        if provider.id in MAKERS and isinstance(model.prices, list)
        for choice in model.prices
        if hasattr(choice.constraint, "start_date")
    }
    assert changes
    changed = 0
    for (_, _, day), (provider, model) in changes.items():
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        before, after = (_compiled(model, provider.id, start + timedelta(days=days)) for days in (-1, 1))
        changed += before != after
    assert changed > len(changes) / 2


@pytest.mark.parametrize(("agent", "model"), [("claude-code", "claude-opus-5-5"), ("codex", "gpt-5.5")])
def test_a_search_of_the_web_costs_what_the_table_says(table, agent, model):
    price = table.price(agent, model)
    provider = next(one for one in get_snapshot().providers if one.id == price.provider)
    info = provider.find_model(model)
    theirs = info.calc_price(Usage(input_tokens=1_000, output_tokens=10, web_searches=3), provider).total_price
    assert price.picodollars(Tokens(1_000, output=10), 3) == theirs * 10**12
    assert price.picodollars(Tokens(1_000, output=10), 3) - price.picodollars(Tokens(1_000, output=10)) == 30 * 10**9


def test_what_a_search_costs_may_be_unknown_while_tokens_have_a_price():
    table = load({"mine": {"input": 1}, "ours": {"input": 1, "web_search": 5}})
    assert table.price("x", "mine").picodollars(Tokens(1)) == 10**6
    assert table.price("x", "mine").picodollars(Tokens(1), 1) is None
    assert table.price("x", "ours").picodollars(Tokens(1), 2) == 10**6 + 10 * 10**9


def test_own_prices_win_and_are_exact():
    table = load({"My-Model": {"input": 0.1, "output": 0.7, "cache_write_1h": 0.3}, "gpt-5.5": {"input": 1}})
    price = table.price("codex", "my-model")
    assert price.picodollars(Tokens(3, 5, 7, 11, 13, 17, 2)) == 100_000 * (3 + 5 + 7 + 13) + 300_000 * 11 + 700_000 * 17
    assert table.price("codex", "gpt-5.5-2026-01-01").provider == "config"
    assert table.price("codex", "gpt-5.5").picodollars(Tokens(1_000_000)) == 10**12


def test_an_unknown_part_is_named():
    with pytest.raises(UsageError, match="inputs"):
        load({"m": {"inputs": 1}})


def test_context_limits(table):
    assert table.context_limit("claude-code", "claude-sonnet-4-5") == 200_000
    assert table.context_limit("codex", "gpt-5.5") is None, "Codex reads a quarter of what the model could"
    assert table.context_limit("claude-code", "claude-sonnet-4-5[1m]") == 1_000_000


def test_more_reasoning_than_output_costs_no_less(table):
    price = table.price("codex", "gpt-5.5")
    assert price.picodollars(Tokens(output=10, reasoning=99)) == price.picodollars(Tokens(output=10, reasoning=10))


def test_the_source_says_which_table_and_how_old(table):
    assert table.source.startswith("genai-prices 0.")
    assert datetime.fromisoformat(table.source.rsplit(" ", 1)[-1]).date() <= NOW.date()
