"""One ruled line that opens a section: its name, what it shows, and one figure at the right end."""

from rich.cells import cell_len

from aimon_tui.format import fit
from aimon_tui.paint import Line, Painted


class Title(Painted):
    """The head of a section."""

    def __init__(self, section: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._section = section
        self._said = ("", "", False)

    def call(self, section: str) -> None:
        """Call the section something else."""
        if self._section != section:
            self._section = section
            self.refresh()

    def say(self, note: str = "", figure: str = "", *, focused: bool = False) -> None:
        """Set the words after the name and the figure at the end."""
        if self._said != (said := (note, figure, focused)):
            self._said = said
            self.refresh()

    def lines(self, width: int) -> list[Line]:
        """The one line."""
        note, figure, focused = self._said
        line = self.line().put(" ").put(self._section, "key bu" if focused else "muted b").put(" ")
        if note:
            room = width - len(self._section) - cell_len(figure) - 9
            line.put(f" {fit(note, max(0, min(cell_len(note), room)))} ", "faint")
        tail = f" {figure} " if figure else " "
        return [line.put("─" * (width - line.width - cell_len(tail)), "rule").put(tail, "muted")]
