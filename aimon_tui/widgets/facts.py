"""Facts of the selected session in words: its turn, your waiting, its cache, where it lives, what cannot be seen."""

from pathlib import Path

from aimon_core.clean import clean
from aimon_core.session import Session
from aimon_tui.format import NONE, clock, fit_path, span
from aimon_tui.paint import Line, Painted


class FactsPanel(Painted):
    """Five lines of label and words."""

    def lines(self, width: int) -> list[Line]:
        """The facts."""
        session = self.aimon.board.session
        if session is None:
            return []
        now_ns = self.aimon.now_ns
        rows = [
            self._turn(session),
            self._waited(session, now_ns),
            self._cache(session, now_ns),
            self._folder(session, width),
            self._last(session),
        ]
        return [row for row in rows if row is not None]

    def _pair(self, label: str) -> Line:
        return self.line().put(f" {label:<10}", "muted")

    def _turn(self, session: Session) -> Line:
        turn = session.turn
        if turn is None:
            return self._pair("turn").put("none yet", "faint")
        parts = [(turn.llm_calls, "call"), (turn.tool_calls, "tool"), (turn.waits, "wait")]
        words = " · ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts if number)
        return self._pair(f"turn {turn.number}").put(words or "just begun", "ink" if words else "faint")

    def _waited(self, session: Session, now_ns: int) -> Line:
        open_ns = now_ns - session.since_ns if session.state == "waiting" else 0
        waited_s, age_s = (session.waited_ns + open_ns) / 1e9, (now_ns - session.started_at_ns) / 1e9
        line = self._pair("you")
        if waited_s < 0.05:
            return line.put("never waited for", "faint")
        line.put(span(waited_s), "wait b" if open_ns else "ink")
        return line.put(f" of {span(age_s)} waited", "muted")

    def _cache(self, session: Session, now_ns: int) -> Line:
        line = self._pair("cache")
        if session.cache_expires_at_ns is None:
            return line.put(NONE, "faint")
        left_s = (session.cache_expires_at_ns - now_ns) / 1e9
        if left_s <= 0:
            return line.put("expired", "faint")
        return line.put("expires in ", "muted").put(clock(left_s), "wait b" if left_s < 30 else "ink")

    def _folder(self, session: Session, width: int) -> Line:
        line = self._pair("folder")
        if session.cwd is None:
            return line.put("not told", "faint")
        branch = f" · {clean(session.branch, 60)}" if session.branch else ""
        line.put(fit_path(home(clean(session.cwd)), max(8, width - line.width - len(branch) - 1)).rstrip(), "ink")
        return line.put(branch, "faint")

    def _last(self, session: Session) -> Line | None:
        """What is worth a line, the most pressing first."""
        if session.refused_bodies:
            number = session.refused_bodies
            return self._pair("refused").put(f"{number} {'body' if number == 1 else 'bodies'} refused", "fail")
        if session.blind_spots:
            return self._pair("blind").put(clean(session.blind_spots[0]), "muted")
        if session.subagents:
            working = sum(one.state == "working" for one in session.subagents)
            line = self._pair("subagents").put(str(len(session.subagents)), "ink")
            return line.put(f" · {working} at work" if working else "", "work")
        if session.last_error_type:
            return self._pair("error").put(clean(session.last_error_type), "fail")
        if session.pid is not None:
            return self._pair("process").put(f"pid {session.pid}", "ink")
        return None


def home(path: str) -> str:
    """A path with the person's own folder as `~`."""
    mine = str(Path.home())
    return f"~{path[len(mine) :]}" if path == mine or path.startswith(f"{mine}/") else path
