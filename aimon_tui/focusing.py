"""What `f`, `n`, the digits and `y` do: to the terminal of a session, or to a line that says why not, and how else.

Apart from the app because going there takes its time: the screen goes on meanwhile.
"""

import asyncio
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from aimon_core.session import Session
from aimon_tui.copying import Copying, resumable, shortened

if TYPE_CHECKING:
    from aimon_tui.app import AimonApp

NEEDS = ("waiting", "failed", "completed")
"""States that want to be seen, the most urgent first."""


class Focusing:
    """The ways from a screen to terminals."""

    def __init__(self, app: "AimonApp") -> None:
        self._app, self._copying = app, Copying()
        self._last: str | None = None

    def chosen(self) -> None:
        """To the selected session, or to the one whose page is shown."""
        if self._app.chosen is not None:
            self._go(self._app.chosen)

    def row(self, number: int) -> None:
        """To a row by its number, from 1; it is selected too."""
        if number <= len(self._app.board.rows):
            self._app.select(number - 1)
            self._go(self._app.board.rows[number - 1].key)

    def next(self) -> None:
        """To whoever waits longest, then to what failed, then to what is done; once there, to the next of them."""
        line = [one.key for one in sorted(self._app.ledger.sessions(), key=_need) if one.state in NEEDS]
        if not line:
            self._app.toast("Nobody waits.")
            return
        there = self._last in line and self._last == self._app.board.selected
        self._last = line[(line.index(self._last or "") + 1) % len(line) if there else 0]
        self._app.select_key(self._last)
        self._go(self._last)

    def copy(self, now_s: float) -> None:
        """What takes the selected session up elsewhere, or shows it where `f` could not; again at once, what else."""
        if session := self._app.board.session:
            copied = self._copying.next(session, now_s)
            self._app.copy_to_clipboard(copied)
            self._app.toast(f"Copied: {shortened(copied, session)}")

    def _go(self, key: str) -> None:
        self._app.run_worker(self._focus(key), group="focus", exclusive=True)

    async def _focus(self, key: str) -> None:
        app = self._app
        if app.demo:
            app.toast("The demo's sessions have no terminals.")
            return
        outcome = await app.ledger.focus(key)
        if outcome.ok and app.settings.popup:
            app.exit()
        elif outcome.ok:
            app.toast(outcome.line)
            app.frame()  # what was done has been seen
        elif outcome.attaches and await self._attach(shlex.split(outcome.command)):
            app.ledger.acknowledge(key)
            app.frame()
        else:
            self._copying.offer(key, outcome.command)
            app.toast(f"Cannot reach the terminal: {_within(outcome.line)}{self._instead(key)}", "error")

    async def _attach(self, command: list[str]) -> bool:
        """Leave our terminal to a command until it ends, which shows in it what no terminal shows; whether it did so.

        The doors stay open meanwhile: only the screen waits.
        """
        with suppress(SuspendNotSupported), self._app.suspend():
            return await _run(command)  # what it raised would leave the screen suspended for good
        return False

    def _instead(self, key: str) -> str:
        """What `y` has to offer now."""
        session = self._app.board.session
        if session is None or session.key != key:
            return ""
        if self._copying.offers(key):
            return " y copies a command that shows it."
        return " y copies the resume command." if resumable(session) else ""


async def _run(command: list[str]) -> bool:
    """Whether a program ran to a good end; it goes when we go."""
    try:
        program = await asyncio.create_subprocess_exec(*command)
    except OSError:
        return False
    try:
        return await program.wait() == 0
    finally:
        if program.returncode is None:
            program.terminate()


def _need(session: Session) -> tuple[int, int]:
    return NEEDS.index(session.state) if session.state in NEEDS else len(NEEDS), session.since_ns


def _within(line: str) -> str:
    """A sentence after a colon."""
    return line[:1].lower() + line[1:]
