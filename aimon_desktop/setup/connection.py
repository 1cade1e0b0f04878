"""What an agent needs to be seen, as data: which settings, in which files, and what each gives the person.

The agents' modules are tables of this shape; `plan` is what reads them.
"""

from collections.abc import Callable, Iterable
from pathlib import Path as File
from typing import Any

from msgspec import Struct

from aimon_core.agents import label
from aimon_desktop.setup.edits import Format, Path
from aimon_desktop.setup.place import Place

SERVICE = "service"
"""What aimon itself is called among the agents that are set up; it needs no hooks."""


class Setting(Struct, frozen=True):
    """One value that an agent needs."""

    path: Path
    value: Any
    element: bool = False
    """Whether it is one more element of the list at the path."""
    tuning: bool = False
    """Whether another value does as well: the person's own stays."""
    rival: bool = False
    """Whether it needs not be there, but must not be otherwise: it would win over ours."""
    around: Callable[[Any], str] | None = None
    """Gives the text that it needs from the one that is there: a person's own stays within it. Then `value` is for
    where there is none."""

    def wanted(self, there: Any) -> Any:
        """What it should be, given what it is."""
        return self.around(there) if self.around is not None else self.value


class Part(Struct, frozen=True):
    """Settings that make sense together only: all are written, or none."""

    name: str
    """`telemetry`, `hooks` or `status line`."""
    settings: tuple[Setting, ...]


class Document(Struct, frozen=True):
    """One file of an agent's."""

    path: File
    language: Format
    parts: tuple[Part, ...]


class Connection(Struct, frozen=True):
    """How an agent is connected."""

    agent: str
    folder: File
    """Whose presence tells that the agent is used here."""
    documents: tuple[Document, ...]
    gives: str
    """What the person gets of it, in a sentence."""
    remark: str = ""
    """What settings cannot do, or what the person must do besides; empty where there is nothing."""

    @property
    def label(self) -> str:
        """What sentences call it."""
        return "aimon as a service" if self.agent == SERVICE else label(self.agent)

    @property
    def uses_hooks(self) -> bool:
        """Whether the hook program must be there."""
        return self.agent != SERVICE


Table = Callable[[Place], Connection]
"""What each agent's module is."""


def hooks(events: Iterable[str], entry: dict[str, Any], *besides: Setting) -> Part:
    """The same entry for each event, in the shape that Claude Code gave to most agents."""
    return Part("hooks", (*besides, *(Setting(("hooks", event), entry, element=True) for event in events)))
