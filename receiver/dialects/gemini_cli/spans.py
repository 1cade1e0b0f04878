"""Gemini CLI's spans: what its logs leave out, which is who took a call back and when a tool was let run.

With a prompt on the command line each is a trace of its own. Their usage knows no cache and no thoughts.
"""

from collections.abc import Iterable

from aimon_core.events import Event, PermissionAnswered, TurnEnded
from receiver.dialects.base import STATUS_ERROR, Base
from receiver.dialects.gemini_cli.fields import unanswered
from receiver.record import Record


def call(record: Record, base: Base) -> Iterable[Event]:
    """Only a span tells of a call that a person took back, and with it the turn."""
    status = record.message.status
    if status.code == STATUS_ERROR and "abort" in status.message.lower():
        yield unanswered(record, base, record.text("gen_ai.request.model") or "unknown", status.message)
        yield TurnEnded(**base, reason="interrupted")


def tool(record: Record, base: Base) -> Iterable[Event]:
    """A tool runs once it may: whoever was asked has answered by then."""
    yield PermissionAnswered(
        **base | {"at_ns": record.start_ns},
        call_id=None,
        unit=record.span_id.hex(),
        name="",
        accepted=True,
        by_person=True,
    )
