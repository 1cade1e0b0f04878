"""A dashboard to press keys on, and what stands in its cells: text by rows, or letter and style by cells."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget

import aimon_tui
from aimon_core.clock import SteppedClock
from aimon_core.session import Session
from aimon_tui.app import AimonApp, ScreenSettings
from aimon_tui.machine import Machine
from aimon_tui.views import Tells, nothing_told
from tests.fakes.fleet import StillDoor, StillLedger, morning

WIDE, MEDIUM, SMALL = (120, 40), (80, 24), (60, 15)
"""The three sizes that the layout is drawn for."""

TRUECOLOR = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
COLOURLESS = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}

ROUNDS = 3
"""How often what a key sets off may set off something else: an action, a class, a layout, a resize."""

SHOP, INFRA, DOCS = "claude-code:abaa2f48-4cec-45ef-9cda-68d1543b3cb6", "claude-code:infra-1", "copilot:docs-1"
LEDGER = "opencode:billing-reconciler-1"
"""Keys of the morning's sessions: one waits, one failed, one is done, one works."""

TAKEN = "Port 4318 belongs to otelcol (pid 812)."


class Played(AimonApp):
    """The dashboard on a clock and a ledger that a test moves; no timer of its own."""

    CSS_PATH = Path(aimon_tui.__file__).with_name("aimon.tcss")
    last: "Played"

    def __init__(
        self,
        sessions: Iterable[Session] | None = None,
        *,
        door: StillDoor | None = None,
        environment: dict[str, str] = TRUECOLOR,
        demo: bool = False,
        tells: Tells = nothing_told,
        machine: Machine | None = None,
        **settings: Any,
    ) -> None:
        Played.last = self
        self.still = StillLedger(morning() if sessions is None else sessions)
        self.stepped = SteppedClock()
        self.told: list[str] = []
        super().__init__(
            self.still,
            door=door or StillDoor(),
            clock=self.stepped,
            settings=ScreenSettings(**settings),
            tells=tells,
            machine=machine,
            framed=False,
            demo=demo,
            environment=environment,
        )

    def tell_terminal(self, sequence: str) -> None:
        """Keep what would be sent to the terminal."""
        self.told.append(sequence)

    def step(self, seconds: float) -> None:
        """Let time pass, up to the next frame."""
        self.stepped.advance(seconds)
        self.frame()

    def tell(self, *sessions: Session) -> None:
        """Sessions changed; paint the frame."""
        self.still.put(*sessions)
        self.frame()

    @property
    def table(self) -> Widget:
        """The table of sessions."""
        return self.screen_stack[0].query_one("#table")

    @property
    def selected(self) -> str | None:
        """Key of the selected session."""
        return self.board.selected


async def settle(app: AimonApp) -> None:
    """Let every message pass and what they ask for be laid out and painted; each may ask for more."""
    for _ in range(ROUNDS):
        if app._resize_timer is not None:  # Textual waits for the last of many sizes
            app._check_resize()
        if app.is_running and await Pilot(app)._wait_for_screen():
            app.screen._on_timer_update()


async def paste(pilot: Pilot[None], text: str) -> None:
    """Put text where the cursor is, all at once."""
    pilot.app.post_message(events.Paste(text))
    await pilot.pause()


async def narrow(pilot: Pilot[None], text: str, *keys: str) -> None:
    """Open the filter line, fill it, and press more keys."""
    await pilot.press("slash")
    await paste(pilot, text)
    await pilot.press(*keys)


def strips(app: AimonApp) -> list[Strip]:
    """The screen, row by row."""
    return app.screen._compositor.render_strips()


def text(app: AimonApp) -> list[str]:
    """What stands on the screen, row by row."""
    return [strip.text.rstrip() for strip in strips(app)]


def said(app: AimonApp) -> str:
    """Everything on the screen as one text."""
    return "\n".join(text(app))


def projects(app: Played) -> list[str]:
    """The names of the rows, in their order."""
    return [one.name for one in app.board.rows]


def listed(app: Played) -> list[str]:
    """The rows of the table that can be seen, as they read."""
    region = app.table.region
    rows = [strip.crop(region.x, region.right).text.rstrip() for strip in strips(app)[region.y + 1 : region.bottom]]
    return [row for row in rows if row]


def marked(app: Played) -> str:
    """The row with the selection's mark."""
    (row,) = [row for row in listed(app) if row.startswith(("▌", ">"))]
    return row


def cells(app: AimonApp, region: Region | None = None) -> Iterator[tuple[str, Style]]:
    """Letter and style of every cell that is painted, or of those in a region."""
    for y, strip in enumerate(strips(app)):
        if region is not None:
            strip = strip.crop(region.x, region.right) if region.y <= y < region.bottom else Strip([])  # noqa: PLW2901
        for letters, style, _ in strip:
            for letter in letters:
                yield letter, style or Style()
