"""The contrast gate: screens are painted in four themes, and every cell of them can be read.

WCAG 2.2 AA: 4.5 for text, 3.0 for graphics that mean something. Rules and tracks mean nothing and are not judged.
"""

import pytest
from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.style import Style
from textual.color import Color
from textual.geometry import Region
from textual.theme import BUILTIN_THEMES, Theme

from aimon_tui.theme import ANSI, DARK, LIGHT, THEMES, borrowed, chosen, contrast
from tests.fakes.fleet import StillDoor, blind, fleet, morning
from tests.fakes.judged import judged
from tests.tui.absence import pass_a_morning
from tests.tui.screen import COLOURLESS, MEDIUM, SMALL, TAKEN, TRUECOLOR, WIDE, Played, cells, narrow, said

pytestmark = pytest.mark.usefixtures("at_once")

GRAPHIC = set("━╸╺▌▐█▏▎▍▋▊▉▁▂▃▄▅▆▇▒▔")
MEANINGLESS = set("─ ")

GROUNDS = {"dark": ("#0f1318", "#161b22"), "light": ("#fbfaf7", "#f3f1ec")}
PALETTES = {"dark": DARK, "light": LIGHT}

MEASURED = {
    "dark": {
        "ink": (14.4, 13.4, 11.0, 13.1), "muted": (8.3, 7.7, 6.3, 7.5), "faint": (6.3, 5.8, 4.8, 5.7),
        "wait": (10.6, 9.8, 8.1, 9.6), "work": (9.8, 9.1, 7.5, 8.9), "fail": (7.0, 6.5, 5.4, 6.4),
        "done": (11.3, 10.5, 8.7, 10.3), "idle": (7.4, 6.8, 5.6, 6.7), "key": (10.5, 9.7, 8.0, 9.5),
    },
    "light": {
        "ink": (15.2, 14.0, 12.8, 14.2), "muted": (7.3, 6.7, 6.1, 6.8), "faint": (5.6, 5.2, 4.7, 5.3),
        "wait": (7.7, 7.1, 6.5, 7.2), "work": (6.2, 5.7, 5.2, 5.8), "fail": (6.0, 5.6, 5.1, 5.7),
        "done": (6.4, 6.0, 5.5, 6.1), "idle": (5.9, 5.4, 5.0, 5.5), "key": (8.5, 7.8, 7.2, 8.0),
    },
}  # fmt: skip
"""On background, surface, selected row and waiting row: the numbers the palette was chosen by."""


# ------------------------------------------------------------------ every painted cell


def fault(letter: str, style: Style) -> str | None:
    """Why a cell cannot be read, if it cannot."""
    if letter in MEANINGLESS or style.color is None or style.bgcolor is None:
        return None
    needed = 3.0 if letter in GRAPHIC else 4.5
    ink, ground = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
    found = contrast(ink, ground)
    return None if found >= needed else f"{letter!r} {ink.hex} on {ground.hex}: {found:.2f}, needs {needed}"


def judge(app: Played) -> None:
    """Nothing on the top screen is hard to read; what a dialog covers is out of use and not judged."""
    dialogs = [widget.region for widget in app.screen.query("#dialog, #--input, CommandList")]
    painted = {cell for region in dialogs or [None] for cell in cells(app, region)}
    assert len(painted) > 20
    faults = {why for letter, style in painted if (why := fault(letter, style))}
    assert not faults, "\n".join(sorted(faults))


PAGES = {
    "filter": [["slash"], [*"codex"], ["enter"], ["escape"]],
    "nothing found": [["slash", *"goose", "enter"], ["escape"]],
    "paused": [["space"], ["space"]],
    "toast": [["y"]],
    "help": [["question_mark"], ["escape"]],
    "palette": [["ctrl+p"], ["s", "o"], ["escape"]],
}
"""Keys to press, with a look after each group."""


@pytest.mark.parametrize("name", ["aimon-dark", "aimon-light", "nord", "catppuccin-latte"])
class TestEveryPaintedCellCanBeRead:
    async def test_each_state_on_the_ground_of_the_selection_and_each_size(self, name):
        app = Played(theme=name)
        async with app.run_test(size=WIDE) as pilot:
            for _ in app.board.rows:
                judge(app)
                await pilot.press("j")
            await pilot.resize_terminal(*SMALL)
            judge(app)
            await pilot.resize_terminal(*MEDIUM)
            for _ in range(3):
                await pilot.press("tab")
                judge(app)

    async def test_each_page(self, name):
        app = Played(theme=name)
        async with app.run_test(size=MEDIUM, notifications=True) as pilot:
            for looks in PAGES.values():
                for keys in looks:
                    await pilot.press(*keys)
                    judge(app)

    async def test_nobody_there_and_the_port_taken(self, name):
        app = Played([], theme=name, door=StillDoor(TAKEN), demo=True)
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            judge(app)
            app.toast(TAKEN, "error")
            await pilot.pause()
            judge(app)
            await pilot.resize_terminal(*SMALL)
            judge(app)

    async def test_what_was_missed_and_the_headings_of_groups(self, name):
        app = Played(theme=name)
        async with app.run_test(size=WIDE) as pilot:
            await pass_a_morning(app, pilot)
            assert "while you were away" in said(app)
            judge(app)
            await pilot.resize_terminal(*SMALL)
            judge(app)
            await pilot.press("o")
            judge(app)

    async def test_what_sessions_are_judged_to_be(self, name):
        app = Played(judged(), theme=name)
        async with app.run_test(size=WIDE) as pilot:
            for _ in range(5):
                judge(app)
                await pilot.press("j")
            await pilot.press("g", "enter")
            assert "2 broken" in said(app)
            for size in (WIDE, MEDIUM, SMALL):
                await pilot.resize_terminal(*size)
                judge(app)

    async def test_many_rows_and_a_blind_one(self, name):
        app = Played([blind(), *fleet(60)], theme=name)
        async with app.run_test(size=WIDE) as pilot:
            await pilot.press("G")
            judge(app)
            await narrow(pilot, "goose", "enter")
            judge(app)


async def test_the_gate_sees_what_cannot_be_read():
    app = Played()
    app.register_theme(Theme("faded", primary="#c9b8ff", background="#0f1318", variables=DARK | {"faint": "#2b333e"}))
    async with app.run_test(size=WIDE) as pilot:
        judge(app)
        app.theme = "faded"
        await pilot.pause()
        with pytest.raises(AssertionError, match=r"needs 4\.5"):
            judge(app)


# ------------------------------------------------------------------ the palettes


@pytest.mark.parametrize("shade", PALETTES)
@pytest.mark.parametrize("name", MEASURED["dark"])
def test_each_colour_has_the_contrast_it_was_chosen_by(shade, name):
    palette = PALETTES[shade]
    grounds = (*GROUNDS[shade], palette["select"], palette["wait-tint"])
    found = [round(contrast(Color.parse(palette[name]), Color.parse(ground)), 1) for ground in grounds]
    assert found == pytest.approx(MEASURED[shade][name], abs=0.05)
    assert min(found) >= 4.7


@pytest.mark.parametrize(("shade", "measured"), [("dark", 10.5), ("light", 9.9)])
def test_the_pill_is_the_loudest_thing(shade, measured):
    palette = PALETTES[shade]
    found = contrast(Color.parse(palette["pill-ink"]), Color.parse(palette["pill"]))
    assert round(found, 1) == measured


@pytest.mark.parametrize("shade", PALETTES)
def test_bars_can_be_told_from_what_they_lie_on(shade):
    palette = PALETTES[shade]
    for name, colour in palette.items():
        if name.startswith("span-"):
            assert contrast(Color.parse(colour), Color.parse(GROUNDS[shade][0])) >= 3.2, name


def test_every_theme_knows_the_same_names():
    assert set(DARK) == set(LIGHT) == set(ANSI) - {"surface", "panel"}


@pytest.mark.parametrize("name", sorted(name for name, one in BUILTIN_THEMES.items() if not one.ansi))
def test_a_borrowed_theme_gets_colours_that_can_be_read(name):
    one = BUILTIN_THEMES[name]
    found = borrowed(one)
    assert set(found) == set(DARK)
    base = one.to_color_system().generate()
    grounds = [Color.parse(base["background"]), Color.parse(base["surface"]), Color.parse(found["select"])]
    for word in ("ink", "muted", "faint", "wait", "work", "fail", "done", "idle", "key"):
        assert min(contrast(Color.parse(found[word]), ground) for ground in grounds) >= 4.5, word
    assert contrast(Color.parse(found["pill-ink"]), Color.parse(found["pill"])) >= 4.5


@pytest.mark.parametrize("shade", PALETTES)
def test_256_colours_keep_every_word_readable(shade):
    """tmux and screen without true colour: Rich takes the nearest of the 256."""
    palette = PALETTES[shade]

    def nearest(colour: str) -> Color:
        return Color(*RichColor.parse(colour).downgrade(ColorSystem.EIGHT_BIT).get_truecolor())

    for ground in (*GROUNDS[shade], palette["select"], palette["wait-tint"]):
        for word in MEASURED[shade]:
            assert contrast(nearest(palette[word]), nearest(ground)) >= 4.5, (word, ground)


# ------------------------------------------------------------------ which theme


@pytest.mark.parametrize(
    ("wanted", "environment", "name"),
    [
        (None, TRUECOLOR, "aimon-dark"),
        (None, TRUECOLOR | {"COLORFGBG": "0;15"}, "aimon-light"),
        (None, TRUECOLOR | {"COLORFGBG": "12;7"}, "aimon-light"),
        (None, TRUECOLOR | {"COLORFGBG": "15;0"}, "aimon-dark"),
        ("nord", TRUECOLOR | {"COLORFGBG": "0;15"}, "nord"),
        (None, {"TERM": "screen-256color"}, "aimon-dark"),
        (None, {"TERM": "xterm"}, "aimon-ansi"),  # 16 colours
        (None, {"TERM": "dumb"}, "aimon-ansi"),
        (None, {}, "aimon-ansi"),
        ("aimon-dark", {"TERM": "xterm"}, "aimon-ansi"),  # our pairs fall to 1.0 there
        ("nord", COLOURLESS, "aimon-ansi"),
    ],
)
def test_the_terminal_decides_what_it_can_show(wanted, environment, name):
    assert chosen(wanted, environment) == name


async def test_a_terminal_without_colours_gets_none_whatever_is_pressed():
    app = Played(environment=COLOURLESS)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("t")
        assert app.theme == "aimon-ansi"
        inks = {style.color.name for _, style in cells(app) if style.color}
        assert all(not ink.startswith("#") for ink in inks), inks


async def test_without_colours_the_pill_is_reversed_and_the_selection_bold():
    app = Played(environment=COLOURLESS)
    async with app.run_test(size=WIDE):
        pills = "".join(letter for letter, style in cells(app) if style.reverse)
        assert pills == " ! 1 waiting  ! waiting "
        table = app.table.region
        row = list(cells(app, Region(0, table.y + 1, table.width, 1)))
        assert all(style.bold for letter, style in row if letter not in " ▌")


async def test_ascii_mode_sends_nothing_else_and_moves_nothing():
    plain, ascii_only = Played(), Played(ascii=True)
    async with plain.run_test(size=WIDE):
        drawn = said(plain)
    async with ascii_only.run_test(size=WIDE):
        stood_in = said(ascii_only)
    assert stood_in.isascii()
    assert [cell_len(line) for line in drawn.split("\n")] == [len(line) for line in stood_in.split("\n")]
    assert "! waiting" in stood_in
    assert "x failed" in stood_in


@pytest.mark.parametrize("one", THEMES, ids=lambda one: one.name)
async def test_each_state_is_a_word_in_every_theme(one):
    environment = COLOURLESS if one.ansi else TRUECOLOR
    app = Played(environment=environment, theme=one.name)
    async with app.run_test(size=WIDE):
        drawn = said(app)
    for word in ("! waiting", "× failed", "● working", "✓ done", "○ idle", "· ended"):
        assert word in drawn
    assert len(morning()) == len(app.board)
