"""The head of a session's page: its state and what it does, then what and where it is."""

from typing import ClassVar

from rich.cells import cell_len

from aimon_core.clean import clean
from aimon_core.session import Session
from aimon_tui.format import count, fit, fit_path, money, percent, wall
from aimon_tui.limits import limits
from aimon_tui.paint import Line, Painted
from aimon_tui.rows import STATES, age, dollars, model_name
from aimon_tui.widgets.facts import home


class SessionHead(Painted):
    """Two lines about one session."""

    back: ClassVar[str] = "surface"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._session: Session | None = None

    def say(self, session: Session | None) -> None:
        """Tell of a session."""
        self._session = session
        self.refresh_changed()

    def lines(self, width: int) -> list[Line]:
        """State and figures."""
        session = self._session
        if session is None:
            return []
        return [self._state(session, width), self._place(session, width)]

    def _state(self, session: Session, width: int) -> Line:
        glyph, word, colour = STATES[session.state]
        waits = session.state == "waiting"
        spec = "pill-ink/pill b" if waits else f"{colour} b" if session.state == "failed" else colour
        told = age(session, self.aimon.now_ns)
        line = self.line().put(" ").put(f" {glyph} {word:<9}", spec).put(f" {told.text:>5}", told.spec)
        line.put(f"  {clean(session.name, 40)}  ", "ink b")
        allowed = limits(session, self.aimon.now_ns, width // 3) if width >= 100 else []
        room = width - line.width - sum(cell_len(text) for text, _ in allowed) - (3 if allowed else 1)
        line.put(fit_path(clean(session.doing), max(0, room)).rstrip(), "ink")
        return line.right(width - 1, *allowed) if allowed else line

    def _place(self, session: Session, width: int) -> Line:
        usd = dollars(session)
        context = session.context
        figures = [
            (count(session.total_tokens), "ink b"), (" tokens  ", "muted"),
            (money(usd), "faint" if usd is None else "ink b"), ("  ", "muted"),
        ]  # fmt: skip
        if context and context.limit:
            figures += [(percent(context.used, context.limit), "ink b"), (" ctx  ", "muted")]
        figures += [(str(session.turns), "ink b"), (f" turn{'' if session.turns == 1 else 's'} ", "muted")]
        words = [
            session.agent, model_name(session.model), home(clean(session.cwd or "")), session.branch,
            f"started {wall(session.started_at_ns, exact=False)[:5]}",
        ]  # fmt: skip
        about = " · ".join(clean(word, 60) for word in words if word)
        room = width - sum(cell_len(text) for text, _ in figures) - 3
        return self.line().put(f" {fit(about, max(0, room))} ", "muted").right(width, *figures)
