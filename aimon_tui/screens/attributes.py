"""Everything that was told about one span: names and values, and which records they come from."""

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll

from aimon_core.clean import clean
from aimon_core.spans import Span
from aimon_tui.format import fit, wall
from aimon_tui.paint import Line, Painted
from aimon_tui.screens.page import Dialog
from aimon_tui.views import Tells

if TYPE_CHECKING:
    from aimon_tui.app import AimonApp
    from receiver.told import Told

NAME = 28
"""Cells of a name at most; a longer one takes what it needs."""
LONGEST = 4_096
"""Characters of a value."""


class AttributesText(Painted):
    """The attributes, then the records; as high as they are many."""

    back: ClassVar[str] = "surface"

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._told: Told | None = None

    def say(self, told: "Told") -> None:
        """What was told is there."""
        self._told = told
        self.on_resize()
        self.refresh()

    def on_resize(self) -> None:
        """As high as there is something to say."""
        self.styles.height = len(self.lines(self.size.width))

    def lines(self, width: int) -> list[Line]:
        """Title, attributes, records."""
        title = self.line().put(f"  {fit(self._title, max(1, width - 24)).rstrip()}", "key b")
        title.right(width - 2, ("y", "key b"), (" copy   ", "muted"), ("esc", "key b"), (" close", "muted"))
        lines = [self.line(), title, self.line()]
        if self._told is None:
            return [*lines, self.line().put("  Looking it up.", "muted"), self.line()]
        for name, value in self._told.attributes:
            lines += self._attribute(name, value, width)
        if self._told.attributes:
            lines.append(self.line())
        for one in self._told.tellings:
            words = f"{one.channel:<11} {clean(one.signal, 60)}"
            lines.append(self.line().put(f"  {wall(one.at_ns)}  ", "faint").put(fit(words, width - 18), "muted"))
        notice = self._told.notice or ("" if self._told.tellings else "Nothing more was told about it.")
        if notice:
            lines.append(self.line().put(f"  {fit(clean(notice, 200), width - 4).rstrip()}", "muted"))
        return [*lines, self.line()]

    def _attribute(self, name: str, value: str, width: int) -> list[Line]:
        """A name, and its value in as many lines as it takes."""
        name, value = clean(name, 80), clean(value, LONGEST)
        line = self.line().put(f"  {name:<{NAME}}  ", "muted")
        pieces = _wrapped(value, max(8, width - line.width - 2))
        lines = [line.put(pieces[0], "ink")]
        return lines + [self.line().to(NAME + 4).put(piece, "ink") for piece in pieces[1:]]


class Attributes(Dialog):
    """A page over the session's page; what does not fit is scrolled to."""

    CSS_PATH = "attributes.tcss"
    BINDINGS: ClassVar = [
        Binding("escape,d,q", "dismiss", "close", priority=True),
        Binding("y", "copy", "copy", priority=True),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("pagedown", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def __init__(self, key: str, span: Span, title: str, tells: Tells) -> None:
        super().__init__()
        self._key, self._span, self._tells = key, span, tells
        self._title, self._text = title, AttributesText(title)
        self._lines: list[str] = []

    @property
    def aimon(self) -> "AimonApp":
        """The app, by its own type."""
        return self.app  # type: ignore[return-value]

    def compose(self) -> ComposeResult:
        """One block in the middle."""
        with VerticalScroll(id="attributes", can_focus=False):
            yield self._text

    def on_mount(self) -> None:
        """Look it up, beside the loop."""
        self.run_worker(self._look())

    async def _look(self) -> None:
        told = await self._tells(self._key, self._span)
        self._lines = [f"{clean(name, 80)}: {clean(value, LONGEST)}" for name, value in told.attributes]
        self._text.say(told)

    def action_scroll(self, rows: int) -> None:
        """Show what is above or below."""
        self.query_one("#attributes").scroll_relative(y=rows, animate=False)

    def action_copy(self) -> None:
        """Copy every attribute, a line each."""
        self.aimon.copy_to_clipboard("\n".join([self._title, *self._lines]))
        self.aimon.toast(f"Copied: {len(self._lines)} attributes.")


def _wrapped(text: str, width: int) -> list[str]:
    """A value in lines of a width, by cells; an emoji of several that is parted leaves no joiner, which eats a cell."""
    pieces, piece, cells = [], "", 0
    for letter in text:
        size = cell_len(letter)
        if cells + size > width:
            pieces.append(piece.strip("\u200d"))
            piece, cells = "", 0
        piece, cells = piece + letter, cells + size
    return [*pieces, piece.strip("\u200d")]
