"""The one screen of today: sessions above, the selected one's tokens, cost and facts below."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Input

from aimon_tui.keys import BINDINGS
from aimon_tui.widgets.empty import Empty
from aimon_tui.widgets.facts import FactsPanel
from aimon_tui.widgets.figures import CostPanel, TokensPanel
from aimon_tui.widgets.footer import Footer
from aimon_tui.widgets.header import Header
from aimon_tui.widgets.session_table import SessionTable
from aimon_tui.widgets.summary import Summary
from aimon_tui.widgets.tabs import TABS, TabBar
from aimon_tui.widgets.title import Title

PANELS = dict(zip(TABS, (TokensPanel, CostPanel, FactsPanel), strict=True))
"""By the name in the tab strip."""


class Dashboard(Screen[None]):
    """The sessions and what the selected one did."""

    AUTO_FOCUS = ""  # the filter line takes the keys only when it is asked for
    BINDINGS = BINDINGS  # type: ignore[assignment] # Textual declares a list of more than bindings

    def compose(self) -> ComposeResult:
        """Every part is mounted at every size; `aimon.tcss` says which can be seen."""
        yield Header(id="header")
        yield Title("sessions", id="title")
        yield SessionTable(id="table")
        yield Empty(id="empty")
        yield TabBar(id="tabs")
        with Horizontal(id="panels"):
            for name, panel in PANELS.items():
                with Vertical(classes="panel", id=name):
                    yield Title(name)
                    yield panel()
        yield Summary(id="summary")
        yield Input(placeholder="words, state:waiting, agent:codex, cost>1", id="filter", select_on_focus=False)
        yield Footer(id="footer")

    def on_mount(self) -> None:
        """Everything is in its place."""
        self.app.begin()  # type: ignore[attr-defined] # the app's own type would import this module in a circle
