"""Codex's usage metrics: the same turns once more, of all threads of a process, as totals of the machine."""

from collections.abc import Iterable

from aimon_core.events import Counted, Event
from receiver.dialects.base import base_of
from receiver.otlp import is_delta
from receiver.record import PointRecord, Record

PARTS = {
    "input": "inputWithCache",
    "cached_input": "cacheRead",
    "cache_write_input": "cacheCreation",
    "output": "output",
    "reasoning_output": "reasoning",
}
"""What the parts are called beside those of other agents, whose input is what no cache knew; the total is no part."""


def usage(record: Record, agent: str) -> Iterable[Event]:
    """A point of tokens or of dollars; all its attributes together are its series."""
    spent = record.name == "codex.turn.cost_microusd"
    part = "" if spent else PARTS.get(record.identity("token_type") or "")
    if part is None or not isinstance(record, PointRecord):
        return
    identity = ";".join(f"{key}={record.text(key)}" for key in sorted(record.raw))
    yield Counted(
        **base_of(record, agent, ""),
        metric="cost" if spent else "tokens",
        part=part,
        model=record.text("model") or "",
        series=f"{record.name};{identity}",
        start_ns=record.start_ns,
        value=record.value / 1e6 if spent else record.value,
        delta=is_delta(record),
    )
