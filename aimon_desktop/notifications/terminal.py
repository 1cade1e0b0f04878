"""The terminal that the dashboard runs in: control sequences that make it show a notice itself, else its bell.

Which sequence is known from what the terminal says of itself; one that does not know it would print it. Inside tmux
they do not reach the terminal, and its status line is the better way.
"""

from collections.abc import Callable, Mapping

from aimon_core.errors import Unavailable
from aimon_desktop.notifications import Notice

_ST = "\x1b\\"
_BELL = "\x07"
_GROWL = frozenset({"iTerm.app", "WezTerm", "ghostty"})
"""Terminals that know OSC 9: https://iterm2.com/documentation-escape-codes.html"""


class Terminal:
    """One terminal; it shows one notice at a time."""

    def __init__(self, write: Callable[[str], None], environment: Mapping[str, str], *, bell: bool) -> None:
        """`write` sends to the terminal; `bell` is whether it may ring."""
        self._write, self._bell = write, bell
        self._kind = _kind(environment)
        self._numbers: dict[str, int] = {}

    async def tell(self, notice: Notice) -> None:
        """Show a notice. Raises Unavailable where the terminal is not known to be able to."""
        title, body = (text.replace(";", ",") for text in (notice.title, notice.body))
        match self._kind:
            case 99:  # https://sw.kovidgoyal.net/kitty/desktop-notifications/
                name = f"i=aimon-{self._numbers.setdefault(notice.key, len(self._numbers))}"
                urgency = 2 if notice.urgent else 1
                self._write(f"\x1b]99;{name}:d=0:u={urgency};{title}{_ST}\x1b]99;{name}:d=1:p=body;{body}{_ST}")
            case 777:  # https://codeberg.org/dnkl/foot/wiki
                self._write(f"\x1b]777;notify;{title};{body}{_ST}")
            case 9:
                self._write(f"\x1b]9;{title}: {body}{_ST}")
            case _ if self._bell and not notice.urgent:  # for who waits the screen has rung already
                self._write(_BELL)
            case _:
                raise Unavailable("This terminal shows no notifications.")

    async def withdraw(self, key: str) -> None:
        """Take a notice back; only kitty can."""
        if (number := self._numbers.get(key)) is not None:
            self._write(f"\x1b]99;i=aimon-{number}:p=close;{_ST}")

    async def close(self) -> None:
        """Nothing: the terminal is given back as it was."""


def _kind(environment: Mapping[str, str]) -> int | None:
    """The number of the control sequence that the terminal knows."""
    name, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if "TMUX" in environment or "STY" in environment:
        return None
    if "KITTY_WINDOW_ID" in environment or name == "xterm-kitty":
        return 99
    if program in _GROWL:
        return 9
    return 777 if name.startswith(("foot", "rxvt")) else None
