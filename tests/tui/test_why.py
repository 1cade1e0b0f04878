"""Why a session is in its state: the words of the dialog, from the signals."""

import pytest
from msgspec.structs import replace

from aimon_core.session import Evidence
from aimon_tui.reasons import since, verdict, weighed
from tests.fakes.fleet import ago, waiting
from tests.tui.screen import MEDIUM, SHOP, SMALL, WIDE, Played, said, text

HOOK = Evidence("hook:PermissionRequest", ago(14), "waiting", decides=True)
LOG = Evidence("log:tool_decision", ago(15), "waiting")
FILE = Evidence("file:5722.json", ago(16), "working")
PROMPT = Evidence("hook:UserPromptSubmit", ago(43), "working")


def told(*signals, **facts):
    return replace(waiting(), evidence=signals, **facts)


@pytest.mark.parametrize(
    ("one", "word"), [(HOOK, "decides"), (LOG, "agrees"), (FILE, "older, weaker"), (PROMPT, "older")]
)
def test_a_signal_decides_agrees_or_was_not_believed_for_a_reason(one, word):
    assert verdict(one, told(HOOK, LOG, FILE, PROMPT)) == word


def test_a_younger_but_weaker_signal_is_told_to_be_weaker():
    late = Evidence("log:api_request", ago(13.9), "working")
    assert verdict(late, told(HOOK, late)) == "weaker"


@pytest.mark.parametrize(("signals", "sentence"), [
    ((HOOK,), "One signal says so."),
    ((HOOK, LOG), "All two signals agree."),
    ((HOOK, LOG, FILE), "Hooks outrank session files; one signal of three disagrees and is older."),
    ((HOOK, PROMPT), "One signal of two disagrees and is older."),
    ((HOOK, FILE, Evidence("span:interaction", ago(13.8), "completed")),
     "Hooks outrank session files and spans; two signals of three disagree."),
    ((), "No signal was kept."),
])  # fmt: skip
def test_the_weight_of_the_signals_is_a_sentence(signals, sentence):
    assert weighed(told(*signals)) == sentence


@pytest.mark.parametrize(("facts", "sentence"), [
    ({}, "Waiting for a permission since 01:59:46."),
    ({"waiting_for": "question"}, "Waiting for an answer since 01:59:46."),
    ({"waiting_for": "dialog"}, "Waiting in a dialog since 01:59:46."),
    ({"state": "working"}, "Working since 01:59:46."),
    ({"state": "completed"}, "Done since 01:59:46, not seen yet."),
    ({"state": "failed", "last_error_type": "rate_limit"}, "Failed at 01:59:46: rate_limit."),
    ({"state": "idle"}, "Idle since 01:59:46."),
    ({"state": "ended"}, "Ended at 01:59:46."),
    ({"state": "expired"}, "Given up at 01:59:46: nothing was heard of it."),
])  # fmt: skip
def test_the_state_is_a_sentence(facts, sentence):
    assert since(told(HOOK, **facts)) == sentence


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("size", [WIDE, MEDIUM, SMALL])
async def test_w_shows_the_signals_and_esc_closes(size):
    app = Played([told(HOOK, FILE, blind_spots=("no spans: waterfall from logs",))])
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press("w")
        await pilot.pause()
        assert "why waiting?" in said(app)
        assert "PermissionRequest" in said(app)
        assert "decides" in said(app)
        assert "Hooks outrank session files" in said(app)
        assert "Blind: no spans" in said(app)
        await pilot.press("escape")
        assert "why waiting?" not in said(app)


@pytest.mark.usefixtures("at_once")
async def test_the_dialog_is_kept_up_to_date_while_it_is_open():
    app = Played([told(HOOK)])
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        await pilot.press("w")
        app.step(60)
        await pilot.pause()
        assert "1:14  decides" in said(app)
        app.tell(told(Evidence("hook:PostToolUse", ago(-60), "working", decides=True), HOOK, state="working"))
        await pilot.pause()
        assert "why working?" in said(app)
        assert "PostToolUse" in said(app)


@pytest.mark.usefixtures("at_once")
async def test_why_is_copied_as_text():
    app = Played([told(HOOK, FILE)])
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        await pilot.press("w", "y")
        assert app.clipboard.splitlines() == [
            f"{SHOP}: Waiting for a permission since 01:59:46.",
            "waiting hook:PermissionRequest decides",
            "working file:5722.json older, weaker",
            "Hooks outrank session files; one signal of two disagrees and is older.",
        ]


@pytest.mark.usefixtures("at_once")
async def test_hostile_signals_are_words():
    app = Played([told(replace(HOOK, signal="hook:\x1b]52;c;AAAA\x07[bold]x[/nope]", says="wai\x9bting"))])
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        await pilot.press("w")
        await pilot.pause()
        assert "[bold]x[/nope]" in said(app)
        assert all(letter.isprintable() for line in text(app) for letter in line)
