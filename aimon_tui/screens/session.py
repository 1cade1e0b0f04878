"""The page of one session: where its time went, span by span, and what is known about each of them."""

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from aimon_core.session import Session
from aimon_tui.keys import SESSION, bindings
from aimon_tui.screens.attributes import Attributes
from aimon_tui.screens.page import Page
from aimon_tui.widgets.details import Details
from aimon_tui.widgets.footer import Footer
from aimon_tui.widgets.session_head import SessionHead
from aimon_tui.widgets.tabs import about_turn
from aimon_tui.widgets.title import Title
from aimon_tui.widgets.verdict import VerdictLines, summed
from aimon_tui.widgets.waterfall import Waterfall

if TYPE_CHECKING:
    from aimon_tui.app import AimonApp

_VERDICT_LINES = {32: 5, 20: 3, 0: 1}
"""Lines of the verdict by the least height of the screen."""
MISSED = {"error": "Nothing failed here.", "wait": "Nobody waited for you here.", "slowest": "Nothing has ended yet."}


class SessionPage(Page):
    """A session's waterfall with a cursor, and the details of the row under it."""

    CSS_PATH = "session.tcss"  # read when it is shown: the first paint does not wait for it
    AUTO_FOCUS = ""
    BINDINGS = bindings(SESSION)  # type: ignore[assignment] # Textual declares a list of more than bindings

    def __init__(self, key: str, *, row: str | None = None) -> None:
        """`key` names the session; `row` where to begin, else what happens now."""
        super().__init__(classes="-session")
        self.key, self._first = key, row
        self.waterfall, self.details = Waterfall(selects=True, id="waterfall"), Details(id="details")
        self._judged, self._verdict = Title("verdict", id="judged"), VerdictLines(id="verdict")
        self._head, self._axis, self._span = SessionHead(id="head"), Title("waterfall"), Title("span")
        self._footer = Footer(id="footer")

    @property
    def aimon(self) -> "AimonApp":
        """The app, by its own type."""
        return self.app  # type: ignore[return-value]

    def compose(self) -> ComposeResult:
        """From the top."""
        yield self._head
        yield self._judged
        yield self._verdict
        yield self._axis
        yield self.waterfall
        yield self._span
        yield self.details
        yield self._footer

    def on_mount(self) -> None:
        """Everything is in its place."""
        self._take()
        if self._first is not None and self.waterfall.select(self._first):
            self._say()

    def on_waterfall_chosen(self) -> None:
        """A row was clicked."""
        self._say()

    def on_resize(self) -> None:
        """There is more room, or less."""
        self._say()

    async def on_footer_chosen(self, message: Footer.Chosen) -> None:
        """A key's name was clicked."""
        await self.run_action(message.action)

    def paint_changed(self, keys: set[str]) -> None:
        """Paint what is new about the session."""
        if self.key in keys:
            self._take()

    def paint_clocks(self) -> None:
        """Paint what a second changes."""
        self.waterfall.grow()
        self._say()

    # ------------------------------------------------------------------ what the keys do

    def action_back(self) -> None:
        """To the list again."""
        self.dismiss()

    def action_cursor(self, steps: int) -> None:
        """Select the row some steps away."""
        self.waterfall.move(steps)
        self._say()

    def action_cursor_to(self, index: int) -> None:
        """Select a row by its place, the last one with -1."""
        self.waterfall.move_to(index)
        self._say()

    def action_cursor_page(self, pages: int) -> None:
        """Move by what can be seen at once."""
        self.action_cursor(pages * max(1, self.waterfall.size.height - 2))

    def action_fold(self) -> None:
        """Fold the row, or go up to what holds it."""
        self.waterfall.fold(shut=True)
        self._say()

    def action_unfold(self) -> None:
        """Unfold the row."""
        self.waterfall.fold(shut=False)
        self._say()

    def action_zoom(self, steps: int) -> None:
        """Look nearer, or from farther."""
        self.waterfall.zoom(steps)
        self._say()

    def action_pan(self, steps: int) -> None:
        """Look earlier or later."""
        self.waterfall.pan(steps)
        self._say()

    def action_jump(self, wanted: str) -> None:
        """To the next error or wait, or to the slowest span of the turn."""
        if not self.waterfall.jump(wanted):
            self.aimon.toast(MISSED[wanted])
        self._say()

    def action_follow(self) -> None:
        """Follow what happens now, or stop doing so."""
        self.waterfall.follow()
        self._say()

    def action_follow_link(self) -> None:
        """Go to the span that asked for this one, or read its result."""
        if (link := self.details.link) is not None and self.waterfall.select(link):
            self._say()

    def action_next_link(self) -> None:
        """Choose among the links."""
        self.details.next_link()

    def action_attributes(self) -> None:
        """Show everything that was told about the span."""
        row = self.waterfall.row_selected
        if row is None or row.span is None:
            self.aimon.toast("A turn is made of its spans: select one of them.")
        else:
            self.app.push_screen(Attributes(self.key, row.span, f"{row.kind} {row.name}", self.aimon.tells))

    def action_copy_span(self) -> None:
        """Copy what is known about the row."""
        row = self.waterfall.row_selected
        if row is not None:
            self.aimon.copy_to_clipboard(self.details.text())
            self.aimon.toast(f"Copied: {row.kind} {row.name}")

    # ------------------------------------------------------------------ what is painted

    def _take(self) -> None:
        self.waterfall.show(self.key, self.aimon.ledger.turns(self.key))
        self._say()

    def _say_verdict(self, session: Session) -> None:
        """Its scorers, in as many lines as the screen can spare."""
        most = next(lines for least, lines in _VERDICT_LINES.items() if self.app.size.height >= least)
        self._verdict.say(session, most)
        self._judged.display = self._verdict.display and most > 1
        self._judged.say(summed(session))

    def _say(self) -> None:
        """Tell of the session, of the turn on the axis, and of the row under the cursor."""
        session = self.aimon.ledger.get(self.key)
        if session is not None:
            self._head.say(session)
            self._say_verdict(session)
        waterfall, now_ns = self.waterfall, self.aimon.now_ns
        note, lasts = about_turn(waterfall.turn, now_ns)
        begin, end = (
            (at - waterfall.shown.origin_ns) / 1e9 for at in (waterfall.shown.start_ns, waterfall.shown.end_ns)
        )
        seen = f"{begin:.1f}-{end:.1f} of {lasts}" if waterfall.zoomed else lasts
        self._axis.say(note, f"{seen} · following" if waterfall.follows and lasts else seen, focused=True)
        row = waterfall.row_selected
        if row is None:
            self._span.say()
        else:
            self._span.say(f"{row.kind}  {row.name}", waterfall.position)
        self.details.say(session, waterfall.outline, row)
