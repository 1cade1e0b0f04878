"""The screen: composes the dashboard, and pulls what changed out of the ledger at a fixed frame.

Ten times a second it lets the ledger's time pass and takes what changed; only rows that changed are painted. Nothing is
pushed here: at 2,000 events a second a message for each cost three times the CPU and fell seconds behind.
"""

from collections.abc import Iterable, Mapping
from os import environ
from typing import Any, Literal

from textual.app import App, SystemCommand
from textual.screen import Screen
from textual.widgets import Input

from aimon_core.clean import clean
from aimon_core.clock import Clock
from aimon_tui import theme
from aimon_tui.board import Board, Ledger
from aimon_tui.commands import commands
from aimon_tui.copying import Copying
from aimon_tui.format import count, money
from aimon_tui.paint import Painted
from aimon_tui.screens.dashboard import Dashboard
from aimon_tui.screens.help import Help
from aimon_tui.views import DoorView, ScreenSettings
from aimon_tui.widgets.session_table import SessionTable
from aimon_tui.widgets.tabs import TABS
from aimon_tui.widgets.title import Title

__all__ = ["AimonApp", "DoorView", "ScreenSettings"]

FRAME_S = 0.1
PULSE_S = 0.5


class AimonApp(App[None]):
    """The dashboard."""

    TITLE = "aimon"
    CSS_PATH = "aimon.tcss"
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-mid"), (100, "-wide")]  # noqa: RUF012 - as Textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-medium"), (32, "-tall")]  # noqa: RUF012 - as Textual declares it

    def __init__(  # noqa: PLR0913 - what the screen stands on, each by its name
        self,
        ledger: Ledger,
        *,
        door: DoorView,
        clock: Clock,
        settings: ScreenSettings | None = None,
        framed: bool = True,
        demo: bool = False,
        environment: Mapping[str, str] = environ,
    ) -> None:
        """`framed=False` starts no timer: a test calls `frame` by hand."""
        self.settings = settings or ScreenSettings()
        # Asked first: Textual takes NO_COLOR out of the environment.
        name = theme.chosen(self.settings.theme, environment)
        super().__init__(ansi_color=True if name == "aimon-ansi" else None)
        self.ledger, self.door, self.demo = ledger, door, demo
        self.ascii_only = self.settings.ascii
        self.board = Board(ledger)
        self.pulse = "●"
        self.tab: str = TABS[0]
        self._clock, self._framed = clock, framed
        self._paused_at: tuple[float, int] | None = None
        self._second = -1
        self._copying = Copying()
        self._waiting = 0
        self._stale = True
        for one in theme.THEMES:
            self.register_theme(one)
        self.theme = name

    @property
    def now_ns(self) -> int:
        """The moment the screen shows: now, or when it was paused."""
        return self._clock.now_ns() if self._paused_at is None else self._paused_at[1]

    @property
    def paused_s(self) -> float | None:
        """For how long the screen has been paused; None when it is not."""
        return None if self._paused_at is None else self._clock.monotonic() - self._paused_at[0]

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our names for themes that do not know them."""
        return theme.borrowed(self.current_theme)

    def get_default_screen(self) -> Screen[Any]:
        """The dashboard is the first screen."""
        return Dashboard()

    def begin(self) -> None:
        """The dashboard is there: show what is known, then start the frame."""
        self._select_tab()
        self.frame()
        if self._framed:
            self.set_interval(FRAME_S, self.frame)
            if environ.get("TEXTUAL_ANIMATIONS") != "none":
                self.set_interval(PULSE_S, self.beat)

    def frame(self) -> None:
        """Let the ledger's time pass, and paint what changed."""
        self.ledger.tick()
        now_s = self._clock.monotonic()
        on_the_second = int(now_s) != self._second
        if self._paused_at is not None:
            self._second = int(now_s)
            if on_the_second:
                self._paint("#header")
            return
        changed = self.ledger.drain()
        with self.batch_update():
            if changed or self._stale:
                self._take(changed, now_s)
            elif self.board.release(now_s):
                self.repaint()
            elif on_the_second:
                self._paint("#table", "#session FactsPanel", "#header")
            self._say_titles(now_s)
        self._second = int(now_s)

    def beat(self) -> None:
        """The pulse of working rows: one phase for all of them; stands still while paused or out of focus."""
        if self._paused_at is None and self.app_focus:
            self.pulse = "•" if self.pulse == "●" else "●"
            self._dashboard.query_one(SessionTable).beat()

    def repaint(self) -> None:
        """Paint everything that shows sessions anew."""
        self._dashboard.query_one(SessionTable).resized()
        for widget in self._dashboard.query(Painted):
            widget.refresh()
        self._paint("#table")

    def panel_figure(self, panel: str) -> str:
        """The figure at the end of a panel's title."""
        session = self.board.session
        if session is None:
            return ""
        if panel == "tokens":
            return count(session.total_tokens)
        return f"{money(session.burn_usd_per_hour)}/h" if panel == "cost" else clean(session.name, 24)

    def action_cursor(self, steps: int) -> None:
        """Move the selection by some rows."""
        self.board.move(steps, self._clock.monotonic())
        self._moved()

    def action_cursor_page(self, pages: int) -> None:
        """Move the selection by what the table shows at once."""
        self.action_cursor(pages * max(1, self._dashboard.query_one(SessionTable).size.height - 2))

    def action_cursor_to(self, row: int) -> None:
        """Select a row by its number, or the last one with -1."""
        self.board.move_to(row, self._clock.monotonic())
        self._moved()

    def on_session_table_chosen(self, message: SessionTable.Chosen) -> None:
        """A row was clicked."""
        self.action_cursor_to(message.row)

    def action_filter(self) -> None:
        """Open the filter line."""
        self._dashboard.add_class("-filtering")
        self._dashboard.query_one("#filter", Input).focus()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Filter while it is typed."""
        if message.input.id == "filter":
            self.board.narrow(message.value)
            self.repaint()
            self._say_titles(self._clock.monotonic())

    def on_input_submitted(self, _message: Input.Submitted) -> None:
        """Keep the filter and give the keys back to the table."""
        self._dashboard.remove_class("-filtering")
        self._dashboard.set_focus(None)

    def action_clear(self) -> None:
        """Close the filter line and show every row."""
        self._dashboard.query_one("#filter", Input).value = ""
        self.on_input_submitted(Input.Submitted(self._dashboard.query_one("#filter", Input), ""))

    def action_sort(self) -> None:
        """Go on to the next order."""
        self.board.next_sort()
        self._moved()

    def action_panel(self) -> None:
        """Show the next panel, where there is room for one."""
        self.tab = TABS[(TABS.index(self.tab) + 1) % len(TABS)]
        self._select_tab()

    def action_pause(self) -> None:
        """Stop the screen, or let it go on; the ledger never stops."""
        self._paused_at = None if self._paused_at else (self._clock.monotonic(), self._clock.now_ns())
        self._stale = True
        self._paint("#header")

    def action_acknowledge(self) -> None:
        """The selected session has been seen."""
        if self.board.selected:
            self.ledger.acknowledge(self.board.selected)
            self.frame()

    def action_copy(self) -> None:
        """Copy the command that resumes the session; again at once, its id, then its folder."""
        session = self.board.session
        if session is None:
            return
        copied = self._copying.next(session, self._clock.monotonic())
        self.copy_to_clipboard(copied)
        self.toast(f"Copied: {clean(copied, 60)}")

    def action_turn_theme(self) -> None:
        """Go on to our next theme."""
        self.theme = "aimon-light" if self.theme == "aimon-dark" else "aimon-dark"
        self.repaint()

    def action_help(self) -> None:
        """Show every key."""
        self.push_screen(Help())

    def toast(self, text: str, severity: Literal["information", "error"] = "information") -> None:
        """Say something for 4 seconds, an error for 8; one thing at a time, never as markup."""
        self.clear_notifications()
        self.notify(clean(text), severity=severity, timeout=8 if severity == "error" else 4, markup=False)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:  # noqa: ARG002 - by its name
        """What the palette offers."""
        return commands(self.run_action, self.action_change_theme)

    @property
    def _dashboard(self) -> Screen[Any]:
        return self.screen_stack[0]

    def _take(self, changed: set[str], now_s: float) -> None:
        before, first = [session.key for session in self.board.rows], self._second < 0
        fresh = self.board.refresh(now_s)
        self._stale = False
        self._dashboard.set_class(not len(self.board), "-empty")
        if before == [session.key for session in self.board.rows]:
            self._dashboard.query_one(SessionTable).repaint(changed)
            for widget in self._dashboard.query(Painted):
                widget.refresh()
        else:
            self.repaint()
        if fresh and not first and self.settings.bell:
            self.bell()
        self._say_waiting()

    def _say_waiting(self) -> None:
        """Say in the terminal's title how many wait."""
        waiting = self.board.states()["waiting"]
        if waiting != self._waiting and self.settings.title and self._driver is not None and not self.is_headless:
            self._driver.write(f"\x1b]2;aimon{f' !{waiting}' if waiting else ''}\x07")
        self._waiting = waiting

    def _say_titles(self, now_s: float) -> None:
        board = self.board
        note = f"by {board.sort}" + (" · held" if board.held(now_s) else "")
        if board.filter:
            note += f" · {board.filter.text.strip()}"
        dashboard = self._dashboard
        figure = f"{len(board.rows)} of {len(board)}"
        dashboard.query_one("#title", Title).say(clean(note), figure, focused=True)
        for panel, words in zip(TABS, ("", "30 min", ""), strict=True):
            dashboard.query_one(f"#{panel} Title", Title).say(words, self.panel_figure(panel))

    def _moved(self) -> None:
        self.repaint()
        self._dashboard.query_one(SessionTable).show_selected()
        self._say_titles(self._clock.monotonic())

    def _select_tab(self) -> None:
        for panel in TABS:
            self._dashboard.query_one(f"#{panel}").set_class(panel == self.tab, "-active")
        self._paint("#tabs")

    def _paint(self, *selectors: str) -> None:
        for selector in selectors:
            self._dashboard.query_one(selector).refresh()
