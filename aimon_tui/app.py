"""The screen: pulls what changed out of the ledger at a fixed frame, and does what the keys say.

Ten times a second it lets the ledger's time pass and takes what changed; only rows that changed are painted. Nothing is
pushed here: at 2,000 events a second a message for each cost three times the CPU and fell seconds behind.
"""

import asyncio
from collections.abc import Iterable, Mapping
from importlib import import_module
from os import environ
from typing import Any

from textual import events
from textual.app import SystemCommand
from textual.screen import Screen

from aimon_core.clock import Clock
from aimon_core.spans import TurnTree
from aimon_tui import paint
from aimon_tui.attention import Attention
from aimon_tui.away import Away
from aimon_tui.board import Board, Ledger
from aimon_tui.commands import commands
from aimon_tui.focusing import Focusing
from aimon_tui.keys import helped, on, page_of, remapped
from aimon_tui.machine import Machine
from aimon_tui.screens.dashboard import Dashboard
from aimon_tui.screens.help import Help
from aimon_tui.screens.session import SessionPage
from aimon_tui.screens.why import Why
from aimon_tui.views import DoorView, ScreenSettings, Tells, nothing_told
from aimon_tui.voice import VoicedApp
from aimon_tui.widgets.filter_bar import FilterBar
from aimon_tui.widgets.tabs import TABS

__all__ = ["AimonApp", "DoorView", "ScreenSettings"]

FRAME_S, PULSE_S = 0.1, 0.5


class AimonApp(VoicedApp):
    """The dashboard."""

    TITLE = "aimon"
    CSS_PATH = "aimon.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-mid"), (100, "-wide")]  # noqa: RUF012 - as Textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-medium"), (32, "-tall")]  # noqa: RUF012 - as Textual declares it

    def __init__(  # noqa: PLR0913 - what the screen stands on, each by its name
        self,
        ledger: Ledger,
        *,
        door: DoorView,
        clock: Clock,
        settings: ScreenSettings | None = None,
        tells: Tells = nothing_told,
        machine: Machine | None = None,
        framed: bool = True,
        demo: bool = False,
        environment: Mapping[str, str] = environ,
    ) -> None:
        """`tells` knows what was told of a span, `machine` the agents here; unframed, a test calls `frame`, `beat`."""
        self.settings = settings or ScreenSettings()
        super().__init__(self.settings.theme, environment, ascii_only=self.settings.ascii)
        self.ledger, self.door, self.tells, self.machine, self.demo = ledger, door, tells, machine, demo
        self.board = Board(ledger)
        self.keys = remapped(self.settings.keys)
        self.tab: str = TABS[0]
        self.pulse = paint.STILL
        self._pulses = environment.get("TEXTUAL_ANIMATIONS") != "none"
        self._clock, self._framed = clock, framed
        self._paused_at: tuple[float, int] | None = None
        self._second = self._beats = 0
        self._changed: set[str] = set()
        self._shown: object = None
        self._stale = True
        self.focusing = Focusing(self)
        self._attention = Attention(self, bell=self.settings.bell, title=self.settings.title)
        self._dashboard = Dashboard()
        self.away = Away(ledger, clock, self._dashboard.tell_missed)
        self.set_keymap(dict(self.settings.keys))

    @property
    def now_ns(self) -> int:
        """The moment the screen shows: now, or when it was paused."""
        return self._clock.now_ns() if self._paused_at is None else self._paused_at[1]

    @property
    def paused_s(self) -> float | None:
        """For how long the screen has been paused; None when it is not."""
        return None if self._paused_at is None else self._clock.monotonic() - self._paused_at[0]

    def get_default_screen(self) -> Screen[Any]:
        """The dashboard is the first screen."""
        return self._dashboard

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers."""
        return commands(on(page_of(screen), self.keys), self.run_action, self.works, self.action_change_theme)

    def works(self, action: str) -> bool:
        """Whether an action does anything now: tabs take turns where there are tabs, `/` in a filter is a letter."""
        if action in {"filter", "open"}:
            return not isinstance(self.focused, FilterBar)
        here = self.machine is not None
        return {"panel": self._dashboard.tabbed, "setup": here, "history": here}.get(action, True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - by its name
        """What Textual asks before it runs an action; those of `S` and `h` say themselves why they do nothing."""
        return action == "visit" or self.works(action)

    def show(self, ledger: Ledger, *, door: DoorView, clock: Clock, tells: Tells) -> None:
        """Show another ledger from now on; selection, order and filter stay."""
        self.ledger, self.board.ledger, self.door, self.tells, self._clock = ledger, ledger, door, tells, clock
        self.away = Away(ledger, clock, self._dashboard.tell_missed)
        self._changed, self._shown, self._stale = set(), None, True
        self._attention.look(ledger.sessions())
        self.frame()

    # ------------------------------------------------------------------ the frame

    def begin(self) -> None:
        """The dashboard is there: show what is known, then start the frame."""
        self._attention.begin()
        self._attention.look(self.ledger.sessions())
        if self.tab != TABS[0]:  # styled anew, which the first paint need not wait for
            self._dashboard.show_panel(self.tab)
        self.frame()
        if self._framed:
            self.run_worker(self._run())

    def on_unmount(self) -> None:
        """The terminal gets its title back."""
        self._attention.end()

    def frame(self) -> None:
        """Let the ledger's time pass, and paint what changed."""
        self.ledger.tick()
        now_s = self._clock.monotonic()
        on_the_second, self._second = int(now_s) != self._second, int(now_s)
        drained = self.ledger.drain()
        if drained:
            self._attention.look(self.ledger.sessions())
            self.away.note(drained)
            self._changed |= drained
            self._stale = True
        if self._paused_at is not None:
            if on_the_second:
                self._dashboard.header.refresh()
            return
        if self._stale:
            self._take(now_s)
        elif self.board.release(now_s):
            self.repaint()
        if on_the_second:
            for page in self._pages:
                page.paint_clocks()

    @property
    def _pages(self) -> list[Dashboard | SessionPage | Why]:
        """What shows sessions now, whatever lies over it."""
        return [page for page in self.screen_stack if isinstance(page, Dashboard | SessionPage | Why)]

    @property
    def chosen(self) -> str | None:
        """Key of the session that keys are about: the page's own, else the selected one."""
        return self.screen.key if isinstance(self.screen, SessionPage) else self.board.selected

    @property
    def turn_shown(self) -> TurnTree | None:
        """The turn on the dashboard's axis."""
        return self._dashboard.waterfall.turn

    async def _run(self) -> None:
        """The frame and, each half second, the pulse, so that both are painted at once."""
        await asyncio.sleep(FRAME_S)
        while self.is_running:  # at the end widgets go one by one, and a frame would miss some
            self.frame()
            before, self._beats = self._beats, int(self._clock.monotonic() / PULSE_S)
            if before != self._beats:
                self.beat()
            await asyncio.sleep(FRAME_S)

    def beat(self) -> None:
        """The pulse of working rows, one phase for all of them; it stands still while paused or out of focus."""
        if self._pulses and self._paused_at is None and self.app_focus:
            self._turn_pulse("•" if self.pulse == paint.STILL else paint.STILL)

    def on_app_blur(self) -> None:
        """Nobody looks."""
        self._turn_pulse(paint.STILL)
        self.away.leave()

    def on_app_focus(self) -> None:
        """Somebody looks again."""
        self.away.back()

    async def on_event(self, event: events.Event) -> None:
        """Whatever a hand does says that somebody is there; what else it does is not changed by that."""
        if isinstance(event, events.InputEvent) and not event.is_forwarded:
            self.away.touch(key=isinstance(event, events.Key) and self.screen is self._dashboard)
        await super().on_event(event)

    def repaint(self) -> None:
        """Paint everything that shows sessions anew."""
        self._dashboard.paint(self.board.held(self._clock.monotonic()))

    def _take(self, now_s: float) -> None:
        """Take in what changed: a row that stays in its place is painted alone."""
        changed, before = self._changed, self._shown
        self._changed, self._stale = set(), False
        self.board.refresh(now_s)
        self._shown = self.board.places
        with self.batch_update():
            if before == self._shown:
                self._dashboard.paint_changed(changed, held=self.board.held(now_s))
            else:
                self.repaint()
            for page in self._pages[1:]:
                if not isinstance(page, Dashboard):
                    page.paint_changed(changed)

    def _turn_pulse(self, glyph: str) -> None:
        if self.pulse != glyph:
            self.pulse = glyph
            self._dashboard.table.beat()

    # ------------------------------------------------------------------ what the keys do

    def select(self, row: int) -> None:
        """Select a row by its number, or the last one with -1."""
        self.board.move_to(row, self._clock.monotonic())
        self._moved()

    def select_key(self, key: str) -> None:
        """Select a session, wherever its row is."""
        self.board.move_to_key(key, self._clock.monotonic())
        self._moved()

    def move(self, steps: int) -> None:
        """Move the selection by some rows."""
        self.board.move(steps, self._clock.monotonic())
        self._moved()

    def narrow(self, text: str) -> None:
        """Show only what a filter lets through."""
        self.board.narrow(text)
        self._moved()

    def show_panel(self, panel: str) -> None:
        """Show one panel, where there is room for one only."""
        self.tab = panel
        self._dashboard.show_panel(panel)

    def action_pause(self) -> None:
        """Stop the screen, or let it go on; the ledger never stops."""
        self._paused_at = None if self._paused_at else (self._clock.monotonic(), self._clock.now_ns())
        self._turn_pulse(paint.STILL)
        self._dashboard.header.refresh()
        self.frame()

    def action_focus_terminal(self) -> None:
        """To the terminal of the session that keys are about."""
        self.focusing.chosen()

    def action_next_waiting(self) -> None:
        """To the terminal of whoever needs a person next."""
        self.focusing.next()

    def action_open(self) -> None:
        """Show the page of the selected session."""
        if self.board.selected:
            self.push_screen(SessionPage(self.board.selected))

    def action_why(self) -> None:
        """Say what speaks for the state of the selected session."""
        if self.chosen:
            self.push_screen(Why(self.chosen))

    def action_visit(self, page: str) -> None:
        """Show a page about this machine: what connecting its agents takes, or what was used on it."""
        import_module(f"aimon_tui.screens.{page}").open_page(self)  # not for the first paint

    def action_acknowledge(self) -> None:
        """The selected session has been seen."""
        if self.chosen:
            self.ledger.acknowledge(self.chosen)
            self.frame()

    def action_copy(self) -> None:
        """Copy the command that resumes the session; again at once, its id, then its folder."""
        self.focusing.copy(self._clock.monotonic())

    def action_help(self) -> None:
        """Show every key."""
        self.push_screen(Help(helped(page_of(self.screen), self.keys)))

    def _moved(self) -> None:
        self.repaint()
        self._dashboard.table.show_selected()
