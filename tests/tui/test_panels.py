"""What the three panels say of the selected session: tokens, cost, facts."""

import pytest
from msgspec.structs import replace

from aimon_core.session import Auxiliary, Cost, ModelUse, RateLimit, Session, Subagent, Terminal, Tokens, Turn
from aimon_core.verdict import Judged, verdict
from tests.fakes.fleet import HOME, ago, blind, computed, reported, session, unpriced, waiting
from tests.tui.screen import MEDIUM, Played, text

HOUR, DAY = "04:00", "Tu 24"
"""Two hours and three and a half days from the morning of the pictures, in UTC."""


def limit(percent: float, ago_s: float | None = None, name: str = "five_hour") -> RateLimit:
    return RateLimit(name, percent, None if ago_s is None else ago(ago_s))


pytestmark = pytest.mark.usefixtures("at_once")


async def panel(one: Session, name: str, size: tuple[int, int] = MEDIUM) -> list[str]:
    """The lines of one panel about a session."""
    app = Played([one])
    app.tab = name
    async with app.run_test(size=size):
        region = app.screen.query_one(f"#{name}").region
        return [line[region.x : region.right].strip() for line in text(app)[region.y : region.bottom]]


@pytest.fixture(autouse=True)
def home(monkeypatch):
    monkeypatch.setenv("HOME", HOME)


# ------------------------------------------------------------------ tokens


async def test_each_part_of_the_tokens_has_its_figure_and_its_bar():
    lines = await panel(waiting(), "tokens")
    assert [line.split("  ")[0] for line in lines[:5]] == ["input", "cache read", "cache write", "output", "reasoning"]
    assert "1.1M" in lines[1]
    assert lines[1].count("━") == 40
    assert lines[0].count("╸") == 1  # little is still something
    assert lines[4].endswith("3.0k  in output")


async def test_nothing_has_no_bar_and_unknown_reasoning_is_no_zero():
    lines = await panel(session("codex", "new"), "tokens")
    assert "━" not in "".join(lines)
    assert "╸" not in "".join(lines)
    assert lines[4].split() == ["reasoning", "—", "not", "told", "apart"]


async def test_helpers_are_in_the_figures():
    helped = session(
        "codex", "shop", tokens=Tokens(output=1_000), auxiliary=Auxiliary(1, Tokens(output=234), Cost(0.0))
    )
    assert "1.2k" in (await panel(helped, "tokens"))[3]


# ------------------------------------------------------------------ cost


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (reported(4.12), "computed $4.12 ✓ as reported"),
        (Cost(4.12, 4.12, 4.09, "reported"), "computed $4.09 × reported $4.12"),
        (Cost(4.12, 4.12, 4.118, "reported"), "computed $4.12 × by $0.0020"),  # both would read alike
        (computed(0.88), "computed $0.88 not reported"),
        (Cost(0.5, 0.5, None, "reported"), "reported $0.50 not computed"),
        (unpriced("acme/llama-next"), "unpriced llama-next"),
    ],
)
async def test_what_was_reported_is_compared_with_what_was_computed(cost, words):
    lines = await panel(session("codex", "shop", cost=cost), "cost")
    assert words in [" ".join(line.split()) for line in lines]


async def test_models_stand_dearest_first_with_bars_of_the_dearest():
    lines = await panel(waiting(), "cost")
    assert lines[1].startswith("opus-5-5")
    assert lines[1].count("━") == 40
    assert lines[2].startswith("haiku-4-5")
    assert 0 < lines[2].count("━") < 5


async def test_more_models_than_rows_stand_together_and_no_dollar_is_lost():
    uses = tuple(ModelUse(f"model-{place}", 1, Tokens(), computed(1.0)) for place in range(12))
    lines = await panel(session("codex", "shop", cost=computed(12.0), by_model=uses), "cost")
    (more,) = [line for line in lines if "more" in line]
    alone = sum(line.startswith("model-") for line in lines)
    number, usd = int(more.split()[0]), float(more.split("$")[1].split()[0])
    assert alone + number == usd + alone == 12


async def test_a_model_without_a_price_says_so():
    use = ModelUse("llama", 1, Tokens(), unpriced("llama"))
    lines = await panel(session("codex", "shop", cost=unpriced("llama"), by_model=(use,)), "cost")
    assert lines[1].split() == ["llama", "—", "no", "price", "known"]
    assert "$0.00" not in "".join(lines)


@pytest.mark.parametrize(
    ("spent", "figure", "cells"), [(4.1, "41%", 16), (0.0, "0%", 0), (11.2, "112%", 40), (None, "—", 0)]
)
async def test_a_budget_is_shown_with_what_is_spent_of_it(spent, figure, cells):
    cost = unpriced("llama") if spent is None else computed(spent)
    told = replace(verdict([Judged("cost_budget", "kept", "")]), budget_usd=10.0)
    lines = await panel(session("codex", "shop", cost=cost, verdict=told), "cost")
    assert lines[1].split()[:3] == ["of", "$10.00", figure]
    assert lines[1].count("━") == cells


async def test_where_nobody_set_a_budget_there_is_no_row_for_it():
    told = verdict([Judged("loop", "kept", "")])
    lines = await panel(session("codex", "shop", cost=computed(1.0), verdict=told), "cost")
    assert "of $" not in "".join(lines)


async def test_the_burn_of_what_has_no_price_is_no_zero():
    app = Played([session("codex", "shop", cost=unpriced("llama"))])
    app.tab = "cost"
    async with app.run_test(size=MEDIUM):
        strip = text(app)[app.screen.query_one("#tabs").region.y]
        assert "$0.00" not in strip


# ------------------------------------------------------------------ facts


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({}, "turn none yet"),
        ({"turn": Turn(3, ago(5), None, None, 1, 0, 2, 0)}, "turn 3 1 call · 0 tools · 2 waits"),
        ({"waited_ns": 90 * 10**9}, "you 1m30s of 9m56s waited"),
        ({"cache_expires_at_ns": ago(-65)}, "cache expires in 1:05"),
        ({"cache_expires_at_ns": ago(1)}, "cache expired"),
        ({}, "cache —"),
        ({"limits": (limit(41.4),)}, "limits 5 h 41%"),
        ({"limits": (limit(41, -7200), limit(12, -300_000, "seven_day"))}, f"limits 5 h 41% resets {HOUR} · 7 d 12%"),
        ({"limits": (limit(41, -60), limit(97, -300_000, "seven_day"))}, f"limits 7 d 97% resets {DAY} · 5 h 41%"),
        ({"limits": (limit(41, 1), limit(12, -60, "seven_day"))}, "limits 7 d 12% resets 02:01"),
        ({"limits": (limit(3, name="opus\x1b[2J_week"),)}, "limits opus week 3%"),
        ({"branch": "main"}, "folder ~/projects/shop · main"),
        ({"cwd": "/srv/shop"}, "folder /srv/shop"),
        ({"cwd": None}, "folder not told"),
        ({"pid": 812}, "process pid 812"),
        ({"pid": 812, "terminal": Terminal(("tmux %3", "kitty"), True, "hook")}, "terminal tmux %3 in kitty · pid 812"),
        ({"refused_bodies": 1}, "refused 1 body refused"),
        ({"refused_bodies": 2}, "refused 2 bodies refused"),
        ({"blind_spots": ("no hooks: waits invisible",)}, "blind no hooks: waits invisible"),
        ({"last_error_type": "rate_limit"}, "error rate_limit"),
        ({"effort": "high"}, "effort high"),
        ({"approval_policy": "on-request"}, "asks on-request"),
        ({"sandbox": "workspace-write"}, "sandbox workspace-write"),
        ({"mcp_servers": ("files", "web")}, "mcp files, web"),
        (
            {"subagents": (Subagent("a1", None, "working", Tokens(), Cost(0.0)),) * 2},
            "subagents 2 · 2 at work",
        ),
        (
            {"parent": "claude-code:a", "parent_says": "web › Bash: claude -p\x1b[31m x"},
            "parent web › Bash: claude -p x",
        ),
    ],
)
async def test_each_fact_has_its_line(told, line):
    lines = await panel(replace(session("codex", "shop"), **told), "session")
    assert line in [" ".join(one.split()) for one in lines]


async def test_an_open_wait_counts_while_it_lasts():
    assert "1m24s of 9m10s waited" in (await panel(waiting(), "session"))[1]


async def test_where_waits_are_invisible_nobody_says_there_were_none():
    lines = await panel(blind(), "session")
    assert "waits invisible" in "".join(lines)
    assert "never waited for" not in "".join(lines)
