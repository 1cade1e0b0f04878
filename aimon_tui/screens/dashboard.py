"""The one screen of today: sessions above, the selected one's tokens, cost and facts below.

It knows what has to be painted when: everything, the rows that changed, or the clocks.
"""

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Input

from aimon_core.clean import clean
from aimon_tui.keys import BINDINGS
from aimon_tui.paint import Painted
from aimon_tui.widgets.empty import Empty
from aimon_tui.widgets.facts import FactsPanel
from aimon_tui.widgets.figures import CostPanel, TokensPanel
from aimon_tui.widgets.filter_bar import FilterBar
from aimon_tui.widgets.footer import Footer
from aimon_tui.widgets.header import Header
from aimon_tui.widgets.session_table import SessionTable
from aimon_tui.widgets.summary import Summary
from aimon_tui.widgets.tabs import TABS, TabBar, figure
from aimon_tui.widgets.title import Title

if TYPE_CHECKING:
    from aimon_tui.app import AimonApp


class Dashboard(Screen[None]):
    """The sessions and what the selected one did."""

    AUTO_FOCUS = ""  # the filter line takes the keys only when it is asked for
    BINDINGS = BINDINGS  # type: ignore[assignment] # Textual declares a list of more than bindings

    def __init__(self) -> None:
        super().__init__(classes="-empty")
        self.header, self.table = Header(id="header"), SessionTable(id="table")
        self._head, self._tabs = Title("sessions", id="title"), TabBar(id="tabs")
        self._panels: dict[str, Painted] = dict(zip(TABS, (TokensPanel(), CostPanel(), FactsPanel()), strict=True))
        self._titles = {name: Title(name) for name in TABS}
        self._boxes = [Vertical(self._titles[name], self._panels[name], id=name, classes="panel") for name in TABS]
        self._boxes[0].add_class("-active")
        self._empty, self._summary = Empty(id="empty"), Summary(id="summary")
        self._filter, self._footer = FilterBar(id="filter"), Footer(id="footer")

    @property
    def aimon(self) -> "AimonApp":
        """The app, by its own type."""
        return self.app  # type: ignore[return-value]

    @property
    def tabbed(self) -> bool:
        """Whether there is room for one panel only, behind a strip of names."""
        return bool(self._tabs.display)

    def compose(self) -> ComposeResult:
        """Every part is mounted at every size; `aimon.tcss` says which can be seen."""
        width, height = self.app.size  # told before anything is mounted, the size costs no second styling of it all
        for length, classes in ((width, self.app.HORIZONTAL_BREAKPOINTS), (height, self.app.VERTICAL_BREAKPOINTS)):
            self.add_class(max(one for one in classes or [] if one[0] <= length)[1], update=False)
        yield self.header
        yield self._head
        yield self.table
        yield self._empty
        yield self._tabs
        yield Horizontal(*self._boxes, id="panels")
        yield self._summary
        yield self._filter
        yield self._footer

    def on_mount(self) -> None:
        """Everything is in its place."""
        self.aimon.begin()

    def on_resize(self) -> None:
        """Other keys may work now."""
        self.call_after_refresh(self._footer.refresh)

    def on_session_table_chosen(self, message: SessionTable.Chosen) -> None:
        """A row was clicked."""
        self.aimon.action_cursor_to(message.row)

    def on_tab_bar_chosen(self, message: TabBar.Chosen) -> None:
        """A panel's name was clicked."""
        self.aimon.show_panel(message.panel)

    async def on_footer_chosen(self, message: Footer.Chosen) -> None:
        """A key's name was clicked."""
        await self.aimon.run_action(message.action)

    def on_input_changed(self, message: Input.Changed) -> None:
        """The filter works while it is typed."""
        self.aimon.narrow(message.value)

    def paint(self, held: bool) -> None:  # noqa: FBT001 - painted as held, or not
        """Paint everything that shows sessions."""
        self.set_class(not len(self.aimon.board), "-empty")
        self.table.resized()
        self.table.refresh()
        self._empty.refresh_changed()
        self._footer.refresh_changed()
        self._paint_selected()
        self._say(held=held)

    def paint_changed(self, keys: set[str], *, held: bool) -> None:
        """Paint the rows of some sessions, and what else tells of them."""
        self.table.repaint(keys)
        if self.aimon.board.selected in keys:
            self._paint_selected()
        self._say(held=held)

    def paint_clocks(self) -> None:
        """Paint what a second changes."""
        self.header.refresh_changed()
        self.table.paint_clocks()
        self._panels["session"].refresh_changed()

    def show_panel(self, panel: str) -> None:
        """Show one panel, where there is room for one only."""
        for box in self._boxes:
            box.set_class(box.id == panel, "-active")
        self._tabs.refresh()

    def open_filter(self) -> None:
        """Give the keys to the filter line."""
        self.add_class("-filtering")
        self.set_focus(self._filter)  # at once: `focus()` waits for its turn
        self._footer.refresh()

    def close_filter(self, *, clear: bool = False) -> None:
        """Give the keys back."""
        if clear:
            self._filter.value = ""
        self.remove_class("-filtering")
        self.set_focus(None)
        self._footer.refresh()

    def _paint_selected(self) -> None:
        """Paint what tells of the selected session."""
        for panel in (*self._panels.values(), self._tabs, self._summary):
            panel.refresh_changed()
        for name, title in self._titles.items():
            title.say("30 min" if name == "cost" else "", figure(name, self.aimon.board.session))

    def _say(self, *, held: bool) -> None:
        """Paint the header, and say in the title of the table which rows it shows, and in which order."""
        board = self.aimon.board
        note = f"by {board.sort}" + (" · held" if held else "")
        if board.filter:
            note += f" · {clean(board.filter.text)}"
        self._head.say(note, f"{len(board.rows)} of {len(board)}", focused=True)
        self.header.refresh_changed()
