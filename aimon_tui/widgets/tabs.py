"""The strip of panel names where there is room for one panel only."""

from rich.cells import cell_len

from aimon_tui.paint import Line, Painted

TABS = ("tokens", "cost", "session")
"""The panels in their order."""


class TabBar(Painted):
    """Which panel is shown, and its figure."""

    def lines(self, width: int) -> list[Line]:
        """The one line."""
        line = self.line().put(" ")
        for name in TABS:
            line.put(name, "key bu" if name == self.aimon.tab else "muted").put("   ")
        figure = f" {self.aimon.panel_figure(self.aimon.tab)} "
        return [line.put("─" * (width - line.width - cell_len(figure)), "rule").put(figure, "muted")]
