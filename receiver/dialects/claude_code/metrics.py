"""Claude Code's usage metrics: the same calls once more, as totals of the machine."""

from collections.abc import Iterable

from aimon_core.events import Counted, Event
from receiver.dialects.base import Base
from receiver.otlp import is_delta
from receiver.record import PointRecord, Record


def usage(record: Record, base: Base) -> Iterable[Event]:
    """A point of `token.usage` or `cost.usage`; all its attributes together are its series."""
    part = record.identity("type") or ""
    identity = ";".join(f"{key}={record.text(key)}" for key in sorted(record.raw))
    yield Counted(
        **base,
        metric="cost" if record.name == "claude_code.cost.usage" else "tokens",
        part=part,
        model=record.text("model") or "",
        series=f"{record.name};{identity}",
        start_ns=record.start_ns,
        value=record.value if isinstance(record, PointRecord) else 0.0,
        delta=is_delta(record),
    )
