"""What to do when there is no session yet, instead of a blank table: which agents are here, and the key that connects.

What is here is looked for whenever the page comes up, after the first paint and beside the loop.
"""

from itertools import chain
from textwrap import wrap

from aimon_core.clean import clean
from aimon_tui.format import NONE, fit
from aimon_tui.keys import shown
from aimon_tui.machine import DAYS, Agent
from aimon_tui.paint import Line, Painted

WIDTH = 66
WIDE = 70
LABEL, VERSION, WRITTEN = 14, 12, 19
"""Cells of an agent's name, its version and the number of its transcripts."""

Said = list[tuple[str, str]]
"""Pieces of a line, each with its spec."""


class Empty(Painted):
    """The empty state."""

    def on_show(self) -> None:
        """Nobody is there: look who could be."""
        self.run_worker(self._look(), exclusive=True)

    async def _look(self) -> None:
        if (machine := self.aimon.machine) is not None:
            await machine.look(self.aimon.door)
            self.refresh_changed()

    def lines(self, width: int) -> list[Line]:
        """A few sentences and the agents, in the middle of the room; without blank rows where there is little."""
        wide, height = width >= WIDE, self.size.height
        room = max(1, min(width - 4, WIDTH))
        parts = [self._head(room), self._key(), self._agents(wide=wide), self._listening(wide=wide)]
        said = [line for part in parts if part for line in [*part, []]][:-1]
        if len(said) > height:
            said = list(chain(*parts))
        top, margin = min(max(0, height - len(said)), height // 6), (width - WIDTH) // 2 if wide else 1
        return [self.line() for _ in range(top)] + [self._line(margin, line) for line in said]

    def _line(self, margin: int, said: Said) -> Line:
        line = self.line().to(margin)
        for text, spec in said:
            line.put(text, spec)
        return line

    @property
    def _here(self) -> list[Agent]:
        """The agents of this machine, as far as somebody looked."""
        machine = self.aimon.machine
        return [one for one in (machine and machine.agents) or () if not one.is_absent]

    @property
    def _is_quiet(self) -> bool:
        """Whether every agent is connected, so that there is nothing to do but wait."""
        return bool(self._here) and all(one.is_connected for one in self._here)

    def _head(self, room: int) -> list[Said]:
        problem = self.aimon.door.problem
        if problem or not self._is_quiet:
            return [[("No sessions yet.", "ink b")], *([(text, "fail")] for text in wrap(clean(problem or ""), room))]
        here = self._here
        who = f"{here[0].label} is" if len(here) == 1 else f"{len(here)} agents are"
        told = wrap(f"{who} connected. A session shows up with its first prompt.", room)
        return [[("All quiet.", "ink b")], *([(text, "muted")] for text in told)]

    def _key(self) -> list[Said]:
        return [*self._setup(), *self._history()]

    def _history(self) -> list[Said]:
        """What was written in the last days, if anything was."""
        written = sum(one.transcripts or 0 for one in self._here)
        key = shown("history", self.aimon.keys)
        return [[(f"{key}  ", "key b"), (f"see the last {DAYS} days: {_transcripts(written)}", "ink")]] * bool(written)

    def _setup(self) -> list[Said]:
        machine = self.aimon.machine
        if machine is None or self._is_quiet:
            return []
        key = shown("setup", self.aimon.keys)
        none = machine.agents is not None and not self._here
        does = (
            "connect an agent: none was found on this machine" if none else "connect the agents found on this machine"
        )
        return [[(f"{key}  ", "key b"), (does, "ink")]]

    def _agents(self, *, wide: bool) -> list[Said]:
        counted = any(one.transcripts is not None for one in self._here)
        rows = [_row(one, wide=wide, counted=counted) for one in self._here]
        note = f"Transcripts of the last {DAYS} days; today's are read without any setting."
        return [*rows, *([[(note, "faint")]] if counted and wide else [])]

    def _listening(self, *, wide: bool) -> list[Said]:
        address = self.aimon.door.address
        if self.aimon.door.problem or not address.rpartition(":")[2].isdigit():  # a recording has no port
            return []
        tail = " A session shows up with its first prompt." if wide and not self._is_quiet else ""
        return [[(f"Listening on {address}.{tail}", "faint")]]


def _row(agent: Agent, *, wide: bool, counted: bool) -> Said:
    """One agent: version, how much it wrote, and whether it is connected."""
    said = [(fit(agent.label, LABEL), "ink")]
    if wide:
        said.append((fit(clean(agent.version or NONE), VERSION), "muted" if agent.version else "faint"))
    if counted:
        said.append((fit(_transcripts(agent.transcripts), WRITTEN), "muted" if agent.transcripts else "faint"))
    said.append((" ".join(agent.standing), agent.spec))
    return said


def _transcripts(number: int | None) -> str:
    if number is None:
        return ""
    return f"{number or 'no'} transcript{'' if number == 1 else 's'}"
