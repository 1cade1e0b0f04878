"""Why a session is in its state: the signals that speak for it, their age, and what was not believed."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from aimon_core.clean import clean
from aimon_core.session import Evidence, Session
from aimon_tui.format import clock, fit
from aimon_tui.machine import mending
from aimon_tui.paint import Line, Painted
from aimon_tui.reasons import since, verdict, weighed
from aimon_tui.rows import STATES
from aimon_tui.screens.page import Dialog

if TYPE_CHECKING:
    from aimon_tui.app import AimonApp

SAYS, CHANNEL, AGE, VERDICT = 12, 10, 7, 15
"""Cells of what a signal says, of who says it, of its age, and of the verdict."""


class WhyText(Painted):
    """The signals as a table, and what follows from them."""

    back: ClassVar[str] = "surface"

    def __init__(self) -> None:
        super().__init__()
        self._session: Session | None = None

    def say(self, session: Session) -> None:
        """Tell of a session; as high as there is something to say."""
        self._session = session
        self.styles.height = 9 + len(session.evidence) + len(session.blind_spots)
        self.refresh_changed()

    def lines(self, width: int) -> list[Line]:
        """Title, signals, sentences, keys."""
        session = self._session
        if session is None:
            return []
        about = clean(f"{session.name} · {session.agent}", 60)
        head = self.line().to(2).put(fit("says", SAYS), "faint").put("signal", "faint")
        return [
            self.line(),
            self.line().put(f"  why {STATES[session.state][1]}?", "key b").right(width - 2, (about, "muted")),
            self.line(),
            head.right(width - VERDICT, ("age  ", "faint")),
            *(self._signal(one, session, width) for one in session.evidence),
            self.line(),
            self.line().to(2).put(since(session), "ink b"),
            self.line().to(2).put(fit(weighed(session), width - 4).rstrip(), "muted"),
            *(
                self.line().to(2).put(fit(f"Blind: {clean(spot)}.", width - 4).rstrip(), "muted")
                for spot in session.blind_spots
            ),
            self.line(),
            self._keys(session),
        ]

    def _keys(self, session: Session) -> Line:
        """What can be done here: what is not seen is mended by connecting the agent."""
        line = self.line()
        if session.blind_spots and (mends := mending(self.aimon, session)):
            line.put(f"  {mends}", "key b").put(" connect the agent ", "muted")
        return line.put("  y", "key b").put(" copy   ", "muted").put("esc", "key b").put(" close", "muted")

    def _signal(self, one: Evidence, session: Session, width: int) -> Line:
        channel, _, name = clean(one.signal, 100).partition(":")
        state = STATES.get(one.says)
        line = self.line().to(2)
        line.put(fit(f"{state[0]} {state[1]}" if state else clean(one.says), SAYS), state[2] if state else "ink")
        line.put(f"{fit(channel, CHANNEL if width >= CHANNEL + 60 else len(channel))} ", "muted")
        line.put(fit(name, width - line.width - AGE - VERDICT - 1), "ink")
        line.put(f"{clock((self.aimon.now_ns - one.at_ns) / 1e9):>{AGE - 1}}  ", "muted")
        word = verdict(one, session)
        return line.put(word, "key b" if one.decides else "done" if word == "agrees" else "faint")


class Why(Dialog):
    """A page over the dashboard, kept up to date while it is open."""

    CSS_PATH = "why.tcss"
    BINDINGS: ClassVar = [
        Binding("escape,w,q", "dismiss", "close", priority=True),
        Binding("y", "copy", "copy", priority=True),
        Binding("S", "setup", "setup", id="setup", priority=True),
    ]

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key, self._text = key, WhyText()

    @property
    def aimon(self) -> "AimonApp":
        """The app, by its own type."""
        return self.app  # type: ignore[return-value]

    def compose(self) -> ComposeResult:
        """One block in the middle."""
        with Vertical(id="why"):
            yield self._text

    def on_mount(self) -> None:
        """Everything is in its place."""
        self.paint_clocks()

    def paint_changed(self, keys: set[str]) -> None:
        """Tell of what is new."""
        if self.key in keys:
            self.paint_clocks()

    def paint_clocks(self) -> None:
        """Tell the ages anew."""
        if (session := self.aimon.ledger.get(self.key)) is not None:
            self._text.say(session)

    def action_setup(self) -> None:
        """To what shows more of the session, instead of this page."""
        self.dismiss()
        self.aimon.call_after_refresh(self.aimon.action_visit, "setup")

    def action_copy(self) -> None:
        """Copy the whole explanation."""
        session = self.aimon.ledger.get(self.key)
        if session is not None:
            signals = (f"{one.says}  {one.signal}  {verdict(one, session)}" for one in session.evidence)
            self.aimon.copy_to_clipboard(clean_lines([f"{session.key}: {since(session)}", *signals, weighed(session)]))
            self.aimon.toast("Copied: why.")


def clean_lines(lines: list[str]) -> str:
    """Lines for the clipboard, each without control characters."""
    return "\n".join(clean(line) for line in lines)
