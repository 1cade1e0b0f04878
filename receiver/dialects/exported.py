"""What another aimon exports: taken, and of no use here, since its agents' calls are counted where they were told.

Apart from `genai`, which would take its spans for new calls: two aimons that export to each other would never end.
"""

from collections.abc import Iterable

from aimon_core.events import Event
from receiver.export import SCOPE
from receiver.record import Record, Scope


class Exported:
    """The dialect of `receiver.export`, which tells no news."""

    name = "exported"
    noise = None

    def claims(self, scope: Scope) -> bool:
        """Whether an aimon has exported it."""
        return scope.name == SCOPE

    def translate(self, record: Record) -> Iterable[Event]:  # noqa: ARG002 - whatever it is
        """Nothing."""
        return ()
