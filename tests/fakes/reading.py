"""What the dialects make of records, as the interpreter asks them: nothing of them may go unread."""

from typing import TypeVar

from aimon_core.events import Event
from receiver.dialects import Interpreter
from receiver.record import Record

Kind = TypeVar("Kind", bound=Event)


def read(*records: Record) -> list[Event]:
    """All events of some records."""
    interpreter = Interpreter()
    events = interpreter.translate(records)
    assert not interpreter.unread
    return events


def only(kind: type[Kind], *records: Record) -> Kind:
    """The first event of a kind."""
    return next(event for event in read(*records) if isinstance(event, kind))
