"""What every hop beyond tmux is: a name, how to bring it forward, and where the way goes on.

Apart from the terminals because all of them speak in these words and none knows another.
"""

import os
import re
from collections.abc import Callable, Mapping

import psutil
from msgspec import Struct

_SET_WINDOWID = frozenset({"alacritty", "kitty", "konsole", "st", "stterm", "urxvt", "urxvtd", "xterm"})


class Boundary(Struct, frozen=True):
    """A process that parts another from what is further out: a multiplexer, a terminal, an ssh login."""

    name: str
    pids: tuple[int, ...]
    """It, and what is above it, nearest first."""
    environ: Mapping[str, str]
    """What it gave its child, whatever that changed later."""
    tty: str | None
    """The terminal that it gave its child."""

    @property
    def x11_window(self) -> str | None:
        """WINDOWID of a terminal that is known to set it: others hand on that of where they were started."""
        return self.checked("WINDOWID", r"\d+") if self.name in _SET_WINDOWID else None

    def checked(self, variable: str, shape: str) -> str | None:
        """A variable of the child, if it has the shape of an id (S15)."""
        value = self.environ.get(variable, "")
        return value if re.fullmatch(shape, value, re.ASCII) else None


class Step(Struct, frozen=True):
    """One hop outwards: a window of screen, a tab, a window of the desktop, a login."""

    name: str
    show: Callable[[], object] | None = None
    """Brings it forward, raises Unavailable; None where that cannot be done, or is up to the next hop."""
    why_not: str = ""
    """Why it cannot be brought forward, a sentence."""
    command: str = ""
    """What a person can do instead, for a shell."""
    attaches: bool = False
    """Whether that command shows it in the terminal that it is given in."""
    outward: int | None = None
    """The process through which it is seen, where the way goes on."""
    has_window: bool = False
    """Whether it is a terminal, which a window of the desktop shows."""
    whole: bool = False
    """Whether it is a terminal without tabs."""
    focused: bool | None = None
    """Whether it is the window that keys go to; None where that is not told."""
    writes: bool = False
    """Whether showing it writes to the terminal for a moment (`beacon`)."""

    def __str__(self) -> str:
        return self.name


class Shown(Struct, frozen=True):
    """A window, as its desktop lists it."""

    pid: int
    id: str
    title: str = ""
    """Foreign: to be compared with, never for a command."""
    focused: bool | None = None
    """Whether keys go to it; None where the desktop does not tell."""


class Desktop(Struct, frozen=True):
    """Who knows the windows of a terminal."""

    name: str
    """What a window is called here, e.g. `sway window`."""
    windows: Callable[[], list[Shown]]
    """Lists them; raises Unavailable."""
    show: Callable[[str], object]
    """Raises one by its id; raises Unavailable."""


def ours(name: str) -> list[psutil.Process]:
    """Our own processes of a name."""
    found = psutil.process_iter(["name", "uids"])
    return [one for one in found if one.info["name"] == name and one.info["uids"].real == os.getuid()]
