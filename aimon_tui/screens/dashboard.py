"""The first page: sessions above; below the selected one's tokens, cost, facts, and where its time went.

It knows what has to be painted when: everything, the rows that changed, or the clocks.
"""

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from aimon_core.clean import clean
from aimon_tui.away import Absence
from aimon_tui.keys import DASHBOARD, bindings
from aimon_tui.paint import Painted
from aimon_tui.screens.page import Page
from aimon_tui.screens.session import SessionPage
from aimon_tui.widgets.empty import Empty
from aimon_tui.widgets.facts import FactsPanel
from aimon_tui.widgets.figures import CostPanel, TokensPanel
from aimon_tui.widgets.filter_bar import FilterBar
from aimon_tui.widgets.footer import Footer
from aimon_tui.widgets.header import Header
from aimon_tui.widgets.missed import MissedPanel
from aimon_tui.widgets.session_table import SessionTable
from aimon_tui.widgets.summary import Summary
from aimon_tui.widgets.tabs import PANELS, TABS, TabBar, about_turn, figure
from aimon_tui.widgets.title import Title
from aimon_tui.widgets.waterfall import Waterfall

if TYPE_CHECKING:
    from aimon_tui.app import AimonApp


ROOMS = frozenset({"-narrow", "-mid", "-wide", "-low", "-medium", "-tall"})
"""Classes that say how much room there is."""


class Dashboard(Page):
    """The sessions and what the selected one did."""

    AUTO_FOCUS = ""  # the filter line takes the keys only when it is asked for
    BINDINGS = bindings(DASHBOARD)  # type: ignore[assignment] # Textual declares a list of more than bindings

    def __init__(self) -> None:
        super().__init__(classes="-empty -time")
        self.header, self.table = Header(id="header"), SessionTable(id="table")
        self._head, self._tabs = Title("sessions", id="title"), TabBar(id="tabs")
        self._panels: dict[str, Painted] = dict(zip(PANELS, (TokensPanel(), CostPanel(), FactsPanel()), strict=True))
        self._titles = {name: Title(name) for name in PANELS}
        self._boxes = [Vertical(self._titles[name], self._panels[name], id=name, classes="panel") for name in PANELS]
        self.waterfall, self._axis = Waterfall(id="waterfall"), Title("waterfall")
        self._empty, self._summary = Empty(id="empty"), Summary(id="summary")
        self._filter, self._footer = FilterBar(id="filter"), Footer(id="footer")
        self._room: frozenset[str] = frozenset()

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
        with Vertical(id="lower"):
            yield Horizontal(*self._boxes, id="panels")
            yield Vertical(self._axis, self.waterfall, id="time", classes="-active")
        yield self._summary
        yield self._filter
        yield self._footer

    def on_mount(self) -> None:
        """Everything is in its place."""
        self.aimon.begin()

    def on_resize(self) -> None:
        """Other keys may work now, and there may be room for the waterfall."""
        room = self.classes & ROOMS
        if room != self._room:  # a terminal of no size at all is 80x24 to Textual and 80x25 to Rich, in turns for ever
            self._room = room
            self.call_after_refresh(self._footer.refresh)
            self.call_after_refresh(self._paint_time)

    def on_session_table_chosen(self, message: SessionTable.Chosen) -> None:
        """A row was clicked."""
        self.aimon.select(message.row)

    def on_tab_bar_chosen(self, message: TabBar.Chosen) -> None:
        """A panel's name was clicked."""
        self.aimon.show_panel(message.panel)

    def on_waterfall_chosen(self, message: Waterfall.Chosen) -> None:
        """A row of the waterfall was clicked: its page shows it."""
        if self.aimon.board.selected:
            self.aimon.push_screen(SessionPage(self.aimon.board.selected, row=message.key))

    async def on_footer_chosen(self, message: Footer.Chosen) -> None:
        """A key's name was clicked."""
        await self.aimon.run_action(message.action)

    def on_input_changed(self, message: Input.Changed) -> None:
        """The filter works while it is typed."""
        self.aimon.narrow(message.value)

    def action_cursor(self, steps: int) -> None:
        """Move the selection by some rows."""
        self.aimon.move(steps)

    def action_cursor_page(self, pages: int) -> None:
        """Move the selection by what the table shows at once."""
        self.aimon.move(pages * self.table.page)

    def action_cursor_to(self, row: int) -> None:
        """Select a row by its number, or the last one with -1."""
        self.aimon.select(row)

    def action_focus_row(self, number: int) -> None:
        """To the terminal of a row, by its number from 1."""
        self.aimon.focusing.row(number)

    def action_filter(self) -> None:
        """Open the filter line: the keys are its own now."""
        self.add_class("-filtering")
        self.set_focus(self._filter)  # at once: `focus()` waits for its turn
        self._footer.refresh()

    def action_keep(self) -> None:
        """Keep the filter and give the keys back to the table."""
        self.remove_class("-filtering")
        self.set_focus(None)
        self._footer.refresh()

    def action_clear(self) -> None:
        """Close the filter line and show every row."""
        self._filter.value = ""
        self.action_keep()

    def action_sort(self) -> None:
        """Go on to the next order."""
        self.aimon.board.next_sort()
        self._paint_order()

    def action_group(self) -> None:
        """Go on to what the rows stand together by next."""
        self.aimon.board.next_group()
        self._paint_order()

    def action_panel(self) -> None:
        """Show the next panel."""
        self.aimon.show_panel(TABS[(TABS.index(self.aimon.tab) + 1) % len(TABS)])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - by its name
        """What Textual asks before it runs an action."""
        return self.aimon.works(action)

    def paint(self, held: bool) -> None:  # noqa: FBT001 - painted as held, or not
        """Paint everything that shows sessions."""
        self.set_class(not len(self.aimon.board), "-empty")
        self.table.resized()
        self.table.refresh()
        self._empty.refresh_changed()
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
        if self._has_time:
            self.waterfall.grow()
            self._say_time()

    def tell_missed(self, absence: Absence | None) -> None:
        """Say what happened while nobody was there, over whatever stands at the bottom; None takes it away."""
        for old in self.query(MissedPanel):
            old.remove()
        if absence is not None:
            self.mount(MissedPanel(absence))

    def show_panel(self, panel: str) -> None:
        """Show one panel, where there is room for one only."""
        for box in (*self._boxes, *self.query("#time")):
            box.set_class(box.id == ("time" if panel == "waterfall" else panel), "-active")
        self.set_class(panel == "waterfall", "-time")
        self._tabs.refresh()
        self.call_after_refresh(self._paint_time)

    def _paint_order(self) -> None:
        """Paint the rows in another order."""
        self.paint(held=False)
        self.call_after_refresh(self.table.show_selected)  # there may be more lines now than there were

    def _paint_selected(self) -> None:
        """Paint what tells of the selected session."""
        self._paint_time()
        for panel in (*self._panels.values(), self._tabs, self._summary):
            panel.refresh_changed()
        for name, title in self._titles.items():
            title.say("30 min" if name == "cost" else "", figure(name, self.aimon))

    @property
    def _has_time(self) -> bool:
        """Whether the waterfall can be seen."""
        return self.waterfall.size.height > 1

    def _paint_time(self) -> None:
        """Paint the selected session's turns, if they can be seen."""
        if self._has_time and (session := self.aimon.board.session):
            self.waterfall.show(session.key, self.aimon.ledger.turns(session.key))
            self._say_time()

    def _say_time(self) -> None:
        self._axis.say(*about_turn(self.waterfall.turn, self.aimon.now_ns))
        if self.tabbed:
            self._tabs.refresh_changed()

    def _say(self, *, held: bool) -> None:
        """Paint the header, and say in the title of the table which rows it shows, and in which order."""
        board = self.aimon.board
        note = f"by {board.group}, {board.sort}" if board.group else f"by {board.sort}"
        note += " · held" if held else ""
        if board.filter:
            note += f" · {clean(board.filter.text)}"
        self._head.say(note, f"{len(board.rows)} of {len(board)}", focused=True)
        self.header.refresh_changed()
        self._footer.refresh_changed()
