"""The agents that can be connected, a row each: where it stands, and in which files."""

import re

from textual import events
from textual.message import Message

from aimon_core.clean import clean
from aimon_tui.format import NONE, fit
from aimon_tui.machine import Agent
from aimon_tui.paint import Line, Scrolled

LABEL, VERSION, STATE = 13, 10, 18
"""Cells of the columns; the files take what is left."""


class AgentList(Scrolled):
    """Every agent in its fixed place; one is selected."""

    class Chosen(Message):
        """A row was clicked."""

        def __init__(self, row: int) -> None:
            super().__init__()
            self.row = row

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._agents: tuple[Agent, ...] = ()
        self._selected = 0

    def say(self, agents: tuple[Agent, ...], selected: int) -> None:
        """Tell of some agents; the row of one is marked."""
        self._agents, self._selected = agents, selected
        self.resized()
        self.refresh()

    def count(self) -> int:
        """All of them."""
        return len(self._agents)

    def head(self, width: int) -> Line:
        """The names of the columns."""
        line = Line(self.aimon).put(f" {'agent':<{LABEL}}  ", "faint")
        if width >= 70:
            line.put(f"{'version':<{VERSION}}  ", "faint")
        return line.put(f"{'state':<{STATE}}  settings", "faint")

    def row(self, index: int, width: int) -> Line:
        """One agent."""
        agent, chosen = self._agents[index], index == self._selected
        line = Line(self.aimon, "select" if chosen else "background")
        line.put("▌" if chosen else " ", "select-mark")
        ink = "faint" if agent.is_absent else "ink"
        line.put(f"{fit(agent.label, LABEL)}  ", f"{ink} b" if chosen else ink)
        if width >= 70:
            line.put(f"{fit(clean(agent.version or NONE), VERSION)}  ", "muted" if agent.version else "faint")
        line.put(f"{fit(' '.join(agent.standing), STATE)}  ", agent.spec)
        problem = agent.plan.problem
        words, spec = (homely(agent, problem.message), "fail") if problem else (agent.files, "faint")
        return line.put(fit(words, max(0, width - line.width - 1)), spec).put(" ")

    def on_click(self, event: events.Click) -> None:
        """Select the row under the mouse."""
        row = event.y - 1 + self.scroll_offset.y
        if event.y > 0 and row < self.count():
            self.post_message(self.Chosen(row))


def homely(agent: Agent, sentence: str) -> str:
    """A sentence with paths as people write them."""
    home = rf"(?<![\w/.-]){re.escape(str(agent.plan.place.home))}/"
    return clean(re.sub(home, "~/", sentence), 1_000)
