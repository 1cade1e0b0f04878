"""The history: dollars by day, and what they went to, from transcripts and the journal.

Everything is read once, beside the loop, when the page is opened; its keys only choose what of it is shown.
"""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from aimon_core.errors import AimonError
from aimon_core.history import Cell, Row, rows, total
from aimon_tui.format import count, spent
from aimon_tui.keys import HISTORY, bindings, shown
from aimon_tui.machine import DAYS, Machine
from aimon_tui.screens.page import Page
from aimon_tui.widgets.footer import Footer
from aimon_tui.widgets.header import Header
from aimon_tui.widgets.history import Day, HistoryPlot, HistoryTable
from aimon_tui.widgets.title import Title

if TYPE_CHECKING:
    from aimon_tui.app import AimonApp

READING, READING_ON = "Reading transcripts and the journal …", "Reading the journal … {:.0%}"


def open_page(app: "AimonApp") -> None:
    """Show the page; say so where no machine is to be looked at."""
    if app.machine is None:
        app.toast("What was used is read where agents run: aimon history.")
        return
    app.push_screen(HistoryPage(app.machine), lambda _: app.repaint())


class HistoryPage(Page):
    """Columns above, a table below."""

    CSS_PATH = "history.tcss"  # read when it is shown: the first paint does not wait for it
    AUTO_FOCUS = ""
    BINDINGS = bindings(HISTORY)  # type: ignore[assignment] # Textual declares a list of more than bindings

    def __init__(self, machine: Machine) -> None:
        super().__init__(classes="-history")
        self._machine = machine
        self._cells: list[Cell] | None = None
        self._problem, self._share = "", 0.0
        self._by, self._back = "project", 0
        self._header, self._days, self._rows = Header(id="header"), Title("cost by day"), Title("by project")
        self._plot, self._table, self._footer = HistoryPlot(), HistoryTable(), Footer(id="footer")

    @property
    def aimon(self) -> "AimonApp":
        """The app, by its own type."""
        return self.app  # type: ignore[return-value]

    def compose(self) -> ComposeResult:
        """From the top."""
        yield self._header
        yield self._days
        yield self._plot
        yield self._rows
        yield self._table
        yield self._footer

    def on_mount(self) -> None:
        """Everything is in its place: read."""
        self._say()
        self.set_interval(1.0, self._header.refresh_changed)
        self.set_interval(0.5, self._wait)
        self.run_worker(self._read())

    async def on_footer_chosen(self, message: Footer.Chosen) -> None:
        """A key's name was clicked."""
        await self.run_action(message.action)

    # ------------------------------------------------------------------ what the keys do

    def action_leave(self) -> None:
        """To the list of sessions again."""
        self.dismiss()

    def action_by(self, dimension: str) -> None:
        """Add up by something else."""
        self._by = dimension
        self._say()

    def action_days(self, earlier: int) -> None:
        """Earlier days, or later ones; not those to come."""
        self._back = max(0, self._back + earlier)
        self._say()

    def action_cursor(self, steps: int) -> None:
        """Scroll by some rows."""
        self._table.scroll_rows(max(0, self._table.first + steps))

    def action_cursor_to(self, row: int) -> None:
        """Scroll to the first rows, or to the last ones with -1."""
        self._table.scroll_rows(row)

    def action_cursor_page(self, pages: int) -> None:
        """Scroll by a page."""
        self.action_cursor(pages * max(1, self._table.size.height - 2))

    def action_copy_rows(self) -> None:
        """Copy the table as `aimon history` prints it."""
        from aimon_tui.console.history import table  # noqa: PLC0415 - what a command line needs

        if some := self._shown():
            self.app.copy_to_clipboard(table(some, (self._by,)))
            self.aimon.toast("Copied: the table.")

    # ------------------------------------------------------------------ what it shows

    async def _read(self) -> None:
        try:
            self._cells = await self._machine.used(self._come)
        except AimonError as error:
            self._problem = str(error)
        self._say()

    def _come(self, share: float) -> None:
        """Reading has come so far, says its thread."""
        self._share = share

    def _wait(self) -> None:
        """Say how far it is: a week of six agents takes a quarter of a minute the first time."""
        if self._cells is None and self._share:
            self._say()

    def _range(self) -> list[date]:
        today = datetime.fromtimestamp(self.aimon.now_ns / 1e9, UTC).astimezone().date()
        last = today - timedelta(days=self._back * DAYS)
        return [last - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]

    def _shown(self) -> list[Cell]:
        first, *_, last = (day.isoformat() for day in self._range())
        return [cell for cell in self._cells or () if first <= cell.day <= last]

    def _say(self) -> None:
        days, some = self._range(), self._shown()
        whole = total(some)
        spans = f"{days[0].day} {days[0]:%B} to " if days[0].month != days[-1].month else f"{days[0].day} to "
        self._days.say(f"{spans}{days[-1].day} {days[-1]:%B}", self._sum(some), focused=True)
        self._plot.tell(self._columns(days, some))
        self._rows.call(f"by {self._by}")
        sessions = f"{count(whole.sessions)} session{'' if whole.sessions == 1 else 's'}"
        self._rows.say("same days", sessions if some else "")
        self._table.tell(self._by, self._ordered(some), self._words())

    def _ordered(self, some: list[Cell]) -> list[Row]:
        found = rows(some, (self._by,))
        return found[::-1] if self._by == "day" else found

    def _words(self) -> str:
        if self._problem:
            return self._problem
        if self._cells is None:
            return READING_ON.format(self._share) if self._share else READING
        return f"No transcripts in these days. {shown('days_before', self.aimon.keys)} goes back."

    def _sum(self, some: list[Cell]) -> str:
        if self._cells is None:
            return ""
        usd = sum(cell.used.picodollars for cell in some) / 1e12
        return f"{spent(usd, unpriced=any(cell.used.unpriced for cell in some))} in {DAYS} days"

    def _columns(self, days: list[date], some: list[Cell]) -> list[Day]:
        found: dict[str, list[Cell]] = {}
        for cell in some:
            found.setdefault(cell.day, []).append(cell)
        return [
            Day(
                day,
                None if self._cells is None else sum(cell.used.picodollars for cell in found.get(day.isoformat(), ())),
                any(cell.used.unpriced for cell in found.get(day.isoformat(), ())),
                today=self._back == 0 and day == days[-1],
            )
            for day in days
        ]
