"""Calls a person who looks elsewhere: the terminal's bell and its title, `aimon !1`, when somebody begins to wait.

It stands apart from the frame because it goes on while the screen is paused: a pause must not hide who waits.
"""

from collections.abc import Callable, Iterable

from aimon_core.session import Session

BELL = "\x07"
_KEEP, _GIVE_BACK = "\x1b[22;2t", "\x1b[23;2t"
"""The title that was there, pushed and popped: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html (XTWINOPS)."""


class Attention:
    """Who waits, as far as it has been called out."""

    def __init__(self, write: Callable[[str], None], *, bell: bool, title: bool) -> None:
        """`write` sends to the terminal; `bell` and `title` are what the person wants to hear and see."""
        self._write, self._bell, self._title = write, bell, title
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
        """Say how many wait, and ring once when one began to; those of the first look have waited all along."""
        waiting = {session.key for session in sessions if session.state == "waiting"}
        before = self._waiting
        self._waiting = waiting
        if self._title and len(waiting) != len(before or ()):
            self._say(len(waiting))
        if self._bell and before is not None and waiting - before:
            self._write(BELL)

    def _say(self, waiting: int) -> None:
        self._write(f"\x1b]2;aimon{f' !{waiting}' if waiting else ''}\x1b\\")
