"""The strip of panel names where there is room for one panel only."""

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events
from textual.message import Message

from aimon_core.clean import clean
from aimon_core.spans import TurnTree
from aimon_tui.format import NONE, count, money, span
from aimon_tui.paint import Line, Painted

if TYPE_CHECKING:
    from aimon_tui.app import AimonApp

PANELS = ("tokens", "cost", "session")
"""Side by side where there is room."""
TABS = ("waterfall", *PANELS)
"""One at a time where there is not."""


def figure(panel: str, app: "AimonApp") -> str:
    """The figure at the end of a panel's title."""
    session = app.board.session
    if session is None:
        return ""
    if panel == "waterfall":
        turn = app.turn_shown
        return f"{turn.label} · {about_turn(turn, app.now_ns)[1]}" if turn else ""
    if panel == "tokens":
        return count(session.total_tokens)
    if panel == "session":
        return clean(session.name, 24)
    known = session.burn_usd_per_hour or session.cost.usd is not None
    return f"{money(session.burn_usd_per_hour)}/h" if known else NONE  # what has no price burns nobody knows how much


def about_turn(turn: TurnTree | None, now_ns: int) -> tuple[str, str]:
    """A turn's number and title, and how long it took or has taken."""
    if turn is None:
        return "", ""
    lasts_s = ((now_ns if turn.until_ns is None else turn.until_ns) - turn.start_ns) / 1e9
    return f"{turn.label}  {clean(turn.title, 80)}".rstrip(), span(lasts_s)


class TabBar(Painted):
    """Which panel is shown, and its figure."""

    class Chosen(Message):
        """A panel's name was clicked."""

        def __init__(self, panel: str) -> None:
            super().__init__()
            self.panel = panel

    def lines(self, width: int) -> list[Line]:
        """The one line."""
        line = self.line().put(" ")
        for name in TABS:
            line.put(name, "key bu" if name == self.aimon.tab else "muted").put("   ")
        tail = f" {figure(self.aimon.tab, self.aimon)} "
        return [line.put("─" * (width - line.width - cell_len(tail)), "rule").put(tail, "muted")]

    def on_click(self, event: events.Click) -> None:
        """Show the panel whose name is under the mouse."""
        column = 1
        for name in TABS:
            if column <= event.x < column + len(name):
                self.post_message(self.Chosen(name))
            column += len(name) + 3
