"""One line about the selected session, where there is no room for panels."""

from typing import ClassVar

from aimon_core.clean import clean
from aimon_tui.format import NONE, count, fit_path, percent
from aimon_tui.paint import Line, Painted


class Summary(Painted):
    """Project, what it does, context and tokens."""

    back: ClassVar[str] = "surface"

    def lines(self, width: int) -> list[Line]:
        """The one line."""
        session = self.aimon.board.session
        line = self.line()
        if session is None:
            return [line]
        context = session.context
        full = percent(context.used, context.limit) if context else NONE
        figures = ((full, "ink"), (" ctx  ", "muted"), (count(session.total_tokens), "ink"), (" tok ", "muted"))
        line.put(f" {clean(session.name, 24)} ", "ink b")
        room = width - line.width - sum(len(text) for text, _ in figures) - 1
        return [line.put(fit_path(clean(session.doing), max(0, room)), "ink").right(width, *figures)]
