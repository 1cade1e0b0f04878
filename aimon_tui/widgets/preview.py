"""What connecting one agent changes: sentences, then the lines of its files, as `aimon setup` prints them."""

from collections.abc import Iterator
from textwrap import wrap

from msgspec import Struct
from rich.cells import cell_len
from textual.geometry import Size

from aimon_desktop.setup import words
from aimon_tui.format import fit
from aimon_tui.machine import Agent
from aimon_tui.paint import Line, Scrolled
from aimon_tui.widgets.agent_list import homely

STEP = 20
"""Cells that a long line moves at a time."""
TAB = 4


class Piece(Struct, frozen=True):
    """One thing to read."""

    text: str
    spec: str = "ink"
    is_code: bool = False
    """Whether it is a line of a file: it is moved sideways where a sentence goes on in the next row."""


class Preview(Scrolled):
    """Rows of pieces, below what connecting the agent gives."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._gives = ""
        self._pieces: list[Piece] = []
        self._rows: list[Piece] = []
        self._shift = 0
        self.was_painted = False
        """Whether somebody could read what is told now."""

    def say(self, gives: str, pieces: list[Piece]) -> None:
        """Show something else, from its beginning."""
        if (gives, pieces) != (self._gives, self._pieces):
            self._gives, self._pieces, self._shift, self.was_painted = gives, pieces, 0, False
            self._lay()
            self.scroll_to(y=0, animate=False)

    def shift(self, steps: int) -> None:
        """Move long lines sideways, as far as there is something to see."""
        longest = max((cell_len(one.text) for one in self._rows if one.is_code), default=0)
        last = max(0, -(-(longest - self._room) // STEP))
        self._shift = min(max(self._shift + steps, 0), last)
        self.refresh()

    def page(self, pages: int) -> None:
        """Scroll by what can be seen at once."""
        self.scroll_relative(y=pages * max(1, self.size.height - 2), animate=False)

    def count(self) -> int:
        """Rows at this width."""
        return len(self._rows)

    def head(self, width: int) -> Line:
        """What the person gets of it."""
        return Line(self.aimon).put(f" {fit(self._gives, max(0, width - 2)).rstrip()}", "muted")

    def row(self, index: int, width: int) -> Line:
        """One row; a cut line shows that it goes on."""
        self.was_painted = True
        piece = self._rows[index]
        text = piece.text[self._shift * STEP :] if piece.is_code else piece.text
        return Line(self.aimon).put(f" {fit(text, max(1, width - 2)).rstrip()}", piece.spec)

    def on_resize(self) -> None:
        """Sentences go on in the next row elsewhere."""
        self._lay()

    @property
    def _room(self) -> int:
        return max(8, self.size.width - 2)

    def _lay(self) -> None:
        self._rows = [
            row
            for piece in self._pieces
            for row in (
                [piece] if piece.is_code else [Piece(text, piece.spec) for text in wrap(piece.text, self._room)]
            )
        ]
        self.virtual_size = Size(self.size.width, self.count() + 1)
        self.refresh()


def pieces(agent: Agent, key: str, *, asked: bool) -> list[Piece]:
    """What there is to read about connecting an agent. One that was not found is offered when somebody `asked`.

    `key` is the one that asks.
    """
    plan = agent.plan
    if agent.is_absent and not asked:
        folder = homely(agent, str(plan.connection.folder))
        return [
            Piece(f"{agent.label} was not found on this machine: no {folder}, no such program on your PATH."),
            Piece(f"{key} shows what connecting it would change all the same.", "muted"),
        ]
    told = [Piece(homely(agent, one), "fail" if plan.problem else "ink") for one in words.before(plan)]
    if agent.is_connected:
        told.append(Piece("There is nothing left to change.", "muted"))
    return [*told, *_changes(agent)]


def changed(agent: Agent) -> str:
    """How many lines come and go: `+31 −1`; empty where nothing changes."""
    signs = [line[0] for line in agent.plan.diff() if line and not line.startswith(("+++", "---"))]
    return f"+{signs.count('+')} −{signs.count('-')}" if signs else ""


def _changes(agent: Agent) -> Iterator[Piece]:
    """The diff, a blank row before each file."""
    for line in agent.plan.diff():
        if line.startswith("---"):
            yield Piece("", is_code=True)
        yield Piece(line.expandtabs(TAB), _spec(line), is_code=True)


def _spec(line: str) -> str:
    if line.startswith(("+++", "---")):
        return "ink b"
    return {"+": "done", "-": "fail", "@": "faint"}.get(line[:1], "muted")
