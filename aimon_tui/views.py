"""What the screen is given beside the ledger: the door it shows in its header, and what a person may choose."""

from typing import Protocol

from msgspec import Struct


class DoorView(Protocol):
    """What the header says of the receiver."""

    @property
    def address(self) -> str:
        """Where it listens, `127.0.0.1:4318`."""

    @property
    def problem(self) -> str | None:
        """Why it does not, in a sentence; None when it does."""

    def rate(self) -> float:
        """Events a second."""


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
