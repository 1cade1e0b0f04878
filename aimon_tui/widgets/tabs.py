"""The strip of panel names where there is room for one panel only."""

from rich.cells import cell_len
from textual import events
from textual.message import Message

from aimon_core.clean import clean
from aimon_core.session import Session
from aimon_tui.format import NONE, count, money
from aimon_tui.paint import Line, Painted

TABS = ("tokens", "cost", "session")
"""The panels in their order."""


def figure(panel: str, session: Session | None) -> str:
    """The figure at the end of a panel's title."""
    if session is None:
        return ""
    if panel == "tokens":
        return count(session.total_tokens)
    if panel == "session":
        return clean(session.name, 24)
    known = session.burn_usd_per_hour or session.cost.usd is not None
    return f"{money(session.burn_usd_per_hour)}/h" if known else NONE  # what has no price burns nobody knows how much


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
        tail = f" {figure(self.aimon.tab, self.aimon.board.session)} "
        return [line.put("─" * (width - line.width - cell_len(tail)), "rule").put(tail, "muted")]

    def on_click(self, event: events.Click) -> None:
        """Show the panel whose name is under the mouse."""
        column = 1
        for name in TABS:
            if column <= event.x < column + len(name):
                self.post_message(self.Chosen(name))
            column += len(name) + 3
