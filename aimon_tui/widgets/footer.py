"""The last line: keys in the order of their worth, as many as fit."""

from typing import ClassVar

from aimon_tui.keys import FOOTER, LASTING
from aimon_tui.paint import Line, Painted


class Footer(Painted):
    """What does not fit is left out from the end; help and quit stay."""

    back: ClassVar[str] = "surface"

    def lines(self, width: int) -> list[Line]:
        """The one line."""
        line = self.line()
        room = width - sum(len(key.shown) + len(key.word) + 4 for key in LASTING)
        for key in FOOTER if self.aimon.board.rows or self.aimon.board.filter else FOOTER[-1:]:
            if line.width + len(key.shown) + len(key.word) + 4 > room:
                break
            line.put(f" {key.shown}", "key b").put(f" {key.word} ", "muted").put(" ")
        pieces = [piece for key in LASTING for piece in ((f" {key.shown}", "key b"), (f" {key.word} ", "muted"))]
        return [line.right(width, *pieces)]
