"""The screen in a test: an app without timers on a ledger in memory, and what it has really painted."""

from collections.abc import Iterator
from typing import Any

from rich.segment import Segment

from aimon_core.clock import SteppedClock
from aimon_tui.app import AimonApp, ScreenSettings
from tests.fakes.fleet import Books, Door

TRUECOLOR = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


def screen(
    books: Books | None = None, *, theme: str | None = "aimon-dark", clock: SteppedClock | None = None,
    door: Door | None = None, environment: dict[str, str] | None = None, demo: bool = False, **settings: Any,
) -> AimonApp:  # fmt: skip
    """An app that paints when it is told to."""
    return AimonApp(
        books or Books(),
        door=door or Door(),
        clock=clock or SteppedClock(),
        settings=ScreenSettings(theme=theme, **settings),
        framed=False,
        demo=demo,
        environment=TRUECOLOR if environment is None else environment,
    )


def segments(app: AimonApp) -> Iterator[list[Segment]]:
    """What stands on the screen, row by row."""
    for strip in app.screen._compositor.render_strips():
        yield list(strip)


def text(app: AimonApp) -> list[str]:
    """The screen as text, row by row."""
    return ["".join(segment.text for segment in row) for row in segments(app)]
