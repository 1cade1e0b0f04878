"""Facts of the selected session in words: its turn, your waiting, its cache, where it lives, what cannot be seen."""

from pathlib import Path

from msgspec import Struct

from aimon_core.clean import clean
from aimon_core.session import Session
from aimon_tui.format import NONE, clock, fit_path, span
from aimon_tui.limits import limits
from aimon_tui.machine import mending
from aimon_tui.paint import Line, Painted

LABEL = 10
"""Cells of the label."""


class Fact(Struct, frozen=True):
    """One line of the panel."""

    label: str
    words: tuple[tuple[str, str], ...]
    """Text and spec of each piece."""
    worth: int
    """Where there is no room for all, the least worth goes first."""
    key: str = ""
    """The key that does something about it."""


class FactsPanel(Painted):
    """Lines of label and words, as many as there is room for."""

    def lines(self, width: int) -> list[Line]:
        """The facts."""
        session = self.aimon.board.session
        if session is None:
            return []
        told = facts(session, self.aimon.now_ns, width - LABEL - 2, mending(self.aimon, session))
        kept = sorted(told, key=lambda fact: -fact.worth)[: self.size.height]
        return [self._line(fact).cut(width - 1) for fact in told if fact in kept]

    def _line(self, fact: Fact) -> Line:
        line = self.line()
        if fact.key:
            line.put(f" {fact.label}  ", "muted").put(f"{fact.key} ", "key b").to(LABEL + 1)
        else:
            line.put(f" {fact.label:<{LABEL}}", "muted")
        for text, spec in fact.words:
            line.put(text, spec)
        return line


def facts(session: Session, now_ns: int, room: int, mends: str = "") -> list[Fact]:
    """Everything worth a line, in the order in which it is read; `room` is what a line has for its words.

    `mends` is the key against what cannot be seen.
    """
    return [
        _turn(session, room),
        _waited(session, now_ns),
        _cache(session, now_ns),
        *_limits(session, now_ns, room),
        *_place(session),
        _folder(session, room),
        *_subagents(session),
        *_trouble(session, mends),
    ]


def _turn(session: Session, room: int) -> Fact:
    turn = session.turn
    if turn is None:
        return Fact("turn", (("none yet", "faint"),), 2)
    parts = [(turn.llm_calls, "call"), (turn.tool_calls, "tool"), (turn.waits, "wait")]
    words = [f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts]
    loose = " · ".join(words)
    return Fact(f"turn {turn.number}", ((loose if len(loose) <= room else " ".join(words), "ink"),), 9)


def _waited(session: Session, now_ns: int) -> Fact:
    open_ns = now_ns - session.since_ns if session.state == "waiting" else 0
    waited_s, age_s = (session.waited_ns + open_ns) / 1e9, (now_ns - session.started_at_ns) / 1e9
    if waited_s < 0.05:
        if any("waits" in spot for spot in session.blind_spots):
            return Fact("you", (("not told", "faint"),), 1)
        return Fact("you", (("never waited for", "faint"),), 1)
    return Fact("you", ((span(waited_s), "wait b" if open_ns else "ink"), (f" of {span(age_s)} waited", "muted")), 8)


def _cache(session: Session, now_ns: int) -> Fact:
    if session.cache_expires_at_ns is None:
        return Fact("cache", ((NONE, "faint"),), 0)
    left_s = (session.cache_expires_at_ns - now_ns) / 1e9
    if left_s <= 0:
        return Fact("cache", (("expired", "faint"),), 3)
    return Fact("cache", (("expires in ", "muted"), (clock(left_s), "ink")), 3)


def _limits(session: Session, now_ns: int, room: int) -> list[Fact]:
    told = limits(session, now_ns, room)
    return [Fact("limits", tuple(told), 4)] if told else []


def _place(session: Session) -> list[Fact]:
    pid = f"pid {session.pid}" if session.pid is not None else ""
    if session.terminal is None:
        return [Fact("process", ((pid, "ink"),), 2)] if pid else []
    chain = clean(" in ".join(session.terminal.chain))
    return [Fact("terminal", ((chain, "ink"), (f" · {pid}" if pid else "", "faint")), 2)]


def _folder(session: Session, room: int) -> Fact:
    if session.cwd is None:
        return Fact("folder", (("not told", "faint"),), 1)
    branch = f" · {clean(session.branch, 24)}" if session.branch else ""
    path = fit_path(home(clean(session.cwd)), max(8, room - len(branch))).rstrip()
    return Fact("folder", ((path, "ink"), (branch, "faint")), 5)


def _subagents(session: Session) -> list[Fact]:
    if not session.subagents:
        return []
    working = sum(one.state == "working" for one in session.subagents)
    words = (str(len(session.subagents)), "ink"), (f" · {working} at work" if working else " · done", "muted")
    return [Fact("subagents", words, 4)]


def _trouble(session: Session, mends: str) -> list[Fact]:
    """What went wrong, and what aimon cannot see."""
    told = []
    if session.last_error_type:
        times = f" · {session.errors} in all" if session.errors > 1 else ""
        told.append(Fact("error", ((clean(session.last_error_type, 40), "fail"), (times, "muted")), 6))
    if refused := session.refused_bodies:
        told.append(Fact("refused", ((f"{refused} {'body' if refused == 1 else 'bodies'} refused", "fail"),), 7))
    told += [Fact("blind", ((clean(spot), "muted"),), 6, mends) for spot in session.blind_spots]
    return told


def home(path: str) -> str:
    """A path with the person's own folder as `~`."""
    mine = str(Path.home())
    return f"~{path[len(mine) :]}" if path == mine or path.startswith(f"{mine}/") else path
