"""The last line: keys in the order of their worth, as many as fit."""

from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.message import Message

from aimon_tui.keys import ALONE, DASHBOARD, LASTING, TYPING, Key, on, page_of, paired
from aimon_tui.paint import Line, Painted


class Footer(Painted):
    """What does not fit is left out from the end; help and quit stay. A click does what the key does."""

    back: ClassVar[str] = "surface"

    class Chosen(Message):
        """A key's name was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def lines(self, width: int) -> list[Line]:
        """The one line."""
        line = self.line()
        for column, key in self._places(width):
            calls = key.id == "next_waiting" and self.aimon.board.states["waiting"]
            line.to(column).put(f" {paired(key, self.aimon.keys)}", "key b")
            line.put(f" {key.word} ", "wait" if calls else "muted")
        return [line]

    def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does."""
        for column, key in self._places(self.size.width):
            if column <= event.x < column + self._cells(key):
                self.post_message(self.Chosen(key.does))

    def _keys(self) -> tuple[list[Key], tuple[Key, ...]]:
        """The keys that do something now, and those of them that stay at any width."""
        app = self.aimon
        if self.screen.has_class("-filtering"):
            return [], TYPING
        page = page_of(self.screen)
        here = on(page, app.keys)
        keys = sorted((key for key in here if key.footer and app.works(key.id)), key=lambda key: key.footer)
        if page == DASHBOARD and not len(app.board):
            keys = sorted((key for key in keys if key.id in ALONE), key=lambda key: ALONE.index(key.id))
        return keys, tuple(key for key in here if key.id in LASTING)

    def _places(self, width: int) -> list[tuple[int, Key]]:
        keys, lasting = self._keys()
        right = width - sum(self._cells(key) for key in lasting)
        places, column = [], 0
        for key in keys:
            if column + self._cells(key) > right:
                break
            places.append((column, key))
            column += self._cells(key) + 1
        for key in lasting:
            places.append((right, key))
            right += self._cells(key)
        return places

    def _cells(self, key: Key) -> int:
        return cell_len(paired(key, self.aimon.keys)) + len(key.word) + 3
