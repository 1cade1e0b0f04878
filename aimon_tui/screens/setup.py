"""The setup page: the agents of this machine, what connecting one would change, and the keys that do it and undo it.

The preview is the question: `enter` writes what is shown and asks nothing more. Files are read and written in threads.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from aimon_core.clean import clean
from aimon_core.errors import AimonError
from aimon_desktop.setup import Plan, State, words
from aimon_tui.format import fit
from aimon_tui.keys import SETUP, bindings, shown
from aimon_tui.machine import Agent, Machine
from aimon_tui.paint import Line, Painted
from aimon_tui.screens.page import Page
from aimon_tui.widgets.agent_list import AgentList, homely
from aimon_tui.widgets.footer import Footer
from aimon_tui.widgets.preview import Piece, Preview, changed, pieces
from aimon_tui.widgets.title import Title

if TYPE_CHECKING:
    from aimon_tui.app import AimonApp


def open_page(app: "AimonApp") -> None:
    """Show the page, on the agent of a session that is not seen as a whole; say so where there is nothing to set up."""
    if app.machine is None:
        app.toast("Agents are connected where they run: aimon setup.")
        return
    session = app.ledger.get(app.chosen) if app.chosen else None
    first = session.agent if session is not None and session.blind_spots else None
    app.push_screen(SetupPage(app.machine, first), lambda _: app.repaint())


class SetupHead(Painted):
    """What the page is for, and where agents will send to."""

    back: ClassVar[str] = "surface"

    def lines(self, width: int) -> list[Line]:
        """The one line."""
        door = self.aimon.door
        line = self.line().put(" setup ", "key b")
        if width >= (100 if door.problem else 70):
            line.put(" connect agents: telemetry and hooks ", "muted")
        if door.problem is None:
            return [line.right(width, ("they send to ", "muted"), (door.address, "ink"), (" ", "ink"))]
        problem = fit(clean(door.problem), max(1, width - line.width - 4)).rstrip()
        return [line.right(width, ("× ", "fail b"), (problem, "fail"), (" ", "ink"))]


class SetupPage(Page):
    """Agents above, what would change below."""

    CSS_PATH = "setup.tcss"  # read when it is shown: the first paint does not wait for it
    AUTO_FOCUS = ""
    BINDINGS = bindings(SETUP)  # type: ignore[assignment] # Textual declares a list of more than bindings

    def __init__(self, machine: Machine, first: str | None = None) -> None:
        """`first` is the agent to begin with; None takes the first that can be connected."""
        super().__init__(classes="-setup")
        self._machine, self._first = machine, first
        self._selected = 0
        self._asked: set[str] = set()
        self._said: dict[str, list[Piece]] = {}
        """By agent, what came of the last key."""
        self._busy = False
        self._head, self._agents, self._changes = SetupHead(id="head"), Title("agents", id="agents"), Title("changes")
        self._list, self._preview, self._footer = AgentList(id="list"), Preview(id="preview"), Footer(id="footer")

    @property
    def aimon(self) -> "AimonApp":
        """The app, by its own type."""
        return self.app  # type: ignore[return-value]

    @property
    def selected(self) -> Agent | None:
        """The agent that keys are about; None while nobody has looked yet."""
        return self._machine.agents[self._selected] if self._machine.agents else None

    def compose(self) -> ComposeResult:
        """From the top."""
        yield self._head
        yield self._agents
        yield self._list
        yield self._changes
        yield self._preview
        yield self._footer

    def on_mount(self) -> None:
        """Everything is in its place: look at what is there now."""
        self._agents.say("on this machine", focused=True)
        self._choose()
        self.run_worker(self._begin())

    def on_agent_list_chosen(self, message: AgentList.Chosen) -> None:
        """A row was clicked."""
        self.action_cursor_to(message.row)

    async def on_footer_chosen(self, message: Footer.Chosen) -> None:
        """A key's name was clicked."""
        await self.run_action(message.action)

    # ------------------------------------------------------------------ what the keys do

    def action_leave(self) -> None:
        """To the list of sessions again."""
        self.dismiss()

    def action_cursor(self, steps: int) -> None:
        """Select the agent some rows away."""
        self.action_cursor_to(max(0, self._selected + steps))

    def action_cursor_to(self, row: int) -> None:
        """Select an agent by its row, the last one with -1."""
        if agents := self._machine.agents:
            self._selected = len(agents) - 1 if row < 0 else min(row, len(agents) - 1)
            self._say()

    def action_cursor_page(self, pages: int) -> None:
        """Read on, or back."""
        self._preview.page(pages)

    def action_shift(self, steps: int) -> None:
        """Move long lines sideways."""
        self._preview.shift(steps)

    def action_connect(self) -> None:
        """Write what the preview shows, once it could be read; for an agent that was not found, show it first."""
        agent = self.selected
        if agent is None or not self._preview.was_painted:
            return
        if agent.is_absent and agent.id not in self._asked:
            self._asked.add(agent.id)
            self._say()
        else:
            self._start(_connect)

    def action_undo(self) -> None:
        """Bring back what was there before."""
        self._start(_undo)

    def action_copy_snippet(self) -> None:
        """Copy what the agent needs, to be put in elsewhere."""
        if (agent := self.selected) is not None:
            snippets = list(agent.plan.snippets())
            parts = [text if len(snippets) == 1 else f"# {file}\n{text}" for file, text in snippets]
            self.aimon.copy_to_clipboard("\n".join(parts))
            self.aimon.toast(f"Copied: what to put into {agent.files}.")

    # ------------------------------------------------------------------ what takes its time

    async def _begin(self) -> None:
        known = self._machine.agents is not None
        await self._look()
        if known:
            self._say()
        else:
            self._choose()

    async def _look(self) -> None:
        await self._machine.look(self.aimon.door)

    def _start(self, deed: Callable[[Plan], list[str]]) -> None:
        """Do something about the selected agent, unless something is being done."""
        if (agent := self.selected) is not None and not self._busy:
            self._busy = True
            self.aimon.run_worker(
                self._do(agent, deed)
            )  # the app's own: what was begun is told though the page is left

    async def _do(self, agent: Agent, deed: Callable[[Plan], list[str]]) -> None:
        try:
            first, *others = await asyncio.to_thread(deed, agent.plan)
            said = [Piece(homely(agent, first), "done"), *(Piece(homely(agent, one)) for one in others)]
        except AimonError as error:
            said = [Piece(homely(agent, str(error)), "fail")]
        self._said[agent.id] = [*said, Piece("", is_code=True)]
        await self._look()
        self._busy = False
        if self.is_attached:
            self._say()
        else:
            self.aimon.repaint()
            self.aimon.toast(said[0].text, "error" if said[0].spec == "fail" else "information")

    # ------------------------------------------------------------------ what is painted

    def _choose(self) -> None:
        """Begin with the agent that was asked for, or one that can be connected."""
        agents = self._machine.agents or ()
        worth = [one.id == self._first for one in agents], [one.plan.has_work and not one.is_absent for one in agents]
        self._selected = next((some.index(True) for some in worth if any(some)), 0)
        self._say()

    def _say(self) -> None:
        agents, agent = self._machine.agents or (), self.selected
        if agent is None:
            return
        there = [one for one in agents if not one.is_absent]
        connected = sum(one.is_connected for one in there)
        self._agents.say("on this machine", f"{connected} of {len(there)} connected", focused=True)
        self._list.say(agents, self._selected)
        asked = agent.id in self._asked
        told = pieces(agent, shown("connect", self.aimon.keys), asked=asked)
        self._changes.say(f"{agent.label}  {agent.files}", "" if agent.is_absent and not asked else changed(agent))
        said = self._said.get(agent.id, [])
        gives = "" if said else f"Gives {agent.plan.connection.gives}."
        self._preview.say(gives, [*said, *told])


def _connect(plan: Plan) -> list[str]:
    """Carry a plan out; what to tell of it. Raises AimonError."""
    if plan.problem is None and not plan.has_work:
        already = f"{plan.connection.label} is connected already."
        return [already if plan.state is State.CONNECTED else "Nothing was written: what you set otherwise stays."]
    plan.apply()
    return list(words.done(plan))


def _undo(plan: Plan) -> list[str]:
    """Take a plan back; what to tell of it. Raises AimonError."""
    return list(words.undone(plan, plan.undo()))
