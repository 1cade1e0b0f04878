"""What the screen is given beside the ledger: the door it shows in its header, and what a person may choose."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from aimon_core.spans import Span
from aimon_tui.forwarding import Forwards

if TYPE_CHECKING:  # more than the first paint wants to load
    from receiver.told import Told

Tells = Callable[[str, Span], "Awaitable[Told]"]
"""Looks up what was told about a span of a session, by the session's key."""


async def nothing_told(_key: str, _span: Span) -> "Told":
    """The answer where nothing that agents send is kept."""
    from receiver.told import NOTHING_KEPT  # noqa: PLC0415 - as above

    return NOTHING_KEPT


class DoorView(Protocol):
    """What the header says of the receiver."""

    @property
    def address(self) -> str:
        """Where it listens, `127.0.0.1:4318`."""

    @property
    def problem(self) -> str | None:
        """Why it does not, in a sentence; None when it does."""

    @property
    def label(self) -> str:
        """The same in short: `:4318`."""

    @property
    def fault(self) -> str:
        """What the header says while there is a problem: `:4318 taken`."""

    def rate(self) -> float:
        """Events a second."""

    def forwards(self) -> Forwards:
        """What is passed on to other collectors."""


class ScreenSettings(Struct, frozen=True, kw_only=True):
    """What a person may choose about the screen."""

    theme: str | None = None
    """A theme by name; None looks at the terminal."""
    ascii: bool = False
    """Only ASCII characters."""
    bell: bool = True
    """Ring the terminal's bell when a session begins to wait."""
    title: bool = True
    """Say in the terminal's title how many wait."""
    popup: bool = False
    """Leave once a terminal is focused: for a screen that lies over it."""
    keys: dict[str, str] = {}
    """A person's own keys by their id in `keys`, as Textual calls them: `{"next_error": "E,ctrl+e"}`."""
