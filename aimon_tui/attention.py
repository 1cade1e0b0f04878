"""Calls a person who looks elsewhere: the terminal's bell and its title, `aimon !1`, when somebody begins to wait.

A limit that a session broke is said in a toast. It stands apart from the frame because it goes on while the screen is
paused: a pause must not hide who waits.
"""

from collections.abc import Iterable
from typing import Literal, Protocol

from aimon_core.session import Session

BELL = "\x07"
_KEEP, _GIVE_BACK = "\x1b[22;2t", "\x1b[23;2t"
"""The title that was there, pushed and popped: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html (XTWINOPS)."""


class Voice(Protocol):
    """Ways to say something (`voice.VoicedApp`)."""

    def tell_terminal(self, sequence: str) -> None:
        """Send a control sequence to the terminal."""

    def toast(self, text: str, severity: Literal["information", "error"] = "information") -> None:
        """Say something on the screen."""


class Attention:
    """Who waits, as far as it has been called out."""

    def __init__(self, voice: Voice, *, bell: bool, title: bool) -> None:
        """`bell` and `title` are what the person wants to hear and see."""
        self._voice, self._write = voice, voice.tell_terminal
        self._bell, self._title = bell, title
        self._broken: set[tuple[str, str]] | None = None
        self._waiting: set[str] | None = None

    def begin(self) -> None:
        """Keep the terminal's own title and show ours."""
        if self._title:
            self._write(_KEEP)
            self._say(0)

    def end(self) -> None:
        """Give the terminal its title back."""
        if self._title:
            self._write(_GIVE_BACK)

    def look(self, sessions: Iterable[Session]) -> None:
        """Say how many wait, and ring once when one began to; those of the first look have waited all along.

        A broken limit is told once, too.
        """
        sessions = list(sessions)
        waiting = {session.key for session in sessions if session.state == "waiting"}
        before = self._waiting
        self._waiting = waiting
        if self._title and len(waiting) != len(before or ()):
            self._say(len(waiting))
        self._warn_of(sessions)
        if self._bell and before is not None and waiting - before:
            self._write(BELL)

    def _warn_of(self, sessions: Iterable[Session]) -> None:
        broken = {
            (session.key, score.name): f"{session.name}: {score.rationale}"
            for session in sessions
            if session.verdict is not None and session.verdict.standing == "broken" and session.ended_at_ns is None
            for score in session.verdict.scores
            if score.standing == "broken"
        }
        before = self._broken
        self._broken = broken.keys() | (before or set())
        news = [words for told, words in broken.items() if before is not None and told not in before]
        if news:
            more = f" {len(news) - 1} more." if len(news) > 1 else ""
            self._voice.toast(f"{news[0]}.{more}", "error")

    def _say(self, waiting: int) -> None:
        self._write(f"\x1b]2;aimon{f' !{waiting}' if waiting else ''}\x1b\\")
