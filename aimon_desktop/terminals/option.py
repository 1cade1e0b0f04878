"""The user option `@aimon` of a tmux, for its status line: pushed, so that it is there at once and costs no polling.

tmux shows `#{@aimon}` as it is, though `#{E:@aimon}` would run what is in it: the text is literal all the same (S18).
Blocking: for threads, but for the end.
"""

import threading
from collections.abc import Mapping
from contextlib import suppress

from aimon_core.clean import clean
from aimon_core.errors import Unavailable
from aimon_desktop.terminals.outside import is_ours, run

NAME = "@aimon"


class Option:
    """The option on the server with a socket."""

    def __init__(self, socket: str) -> None:
        self._tmux = ("tmux", "-u", "-S", socket)  # without -u the C locale makes `_` of each `●`
        self._turn = threading.Lock()
        self._over = False

    def write(self, text: str) -> None:
        """Set it; tmux draws its status lines anew. Raises Unavailable."""
        with self._turn:
            if not self._over:
                run(*self._tmux, "set-option", "-g", NAME, clean(text).replace("#", "##").rstrip("; "))

    def remove(self) -> None:
        """Unset it for good, once a change under way is through."""
        with self._turn, suppress(Unavailable):
            self._over = True
            run(*self._tmux, "set-option", "-gu", NAME)


def own(environment: Mapping[str, str]) -> Option | None:
    """That of the tmux that we run in."""
    socket, _, _ = environment.get("TMUX", "").partition(",")
    return Option(socket) if is_ours(socket) else None
