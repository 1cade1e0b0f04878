"""Two traces side by side: each figure of both, and how far the second is from the first."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from aimon_trace.metrics import TraceMetrics

_OUT = {"session_id", "start_time", "end_time", "agent", "cost.basis"}
"""What says which trace it is and not what it came to."""


class Line(Struct, frozen=True):
    """One figure."""

    name: str
    """E.g. `tokens.input`."""
    first: Any
    second: Any

    @property
    def change(self) -> float | None:
        """Second less first; None where one of them is no number."""
        numbers = isinstance(self.first, int | float) and isinstance(self.second, int | float)
        return self.second - self.first if numbers else None


def compare(first: TraceMetrics, second: TraceMetrics) -> list[Line]:
    """All figures in which two traces can differ; a tool that only one of them called is 0 in the other."""
    one, other = dict(_flat(first.to_dict())), dict(_flat(second.to_dict()))
    names = list(dict.fromkeys([*one, *other]))
    return [Line(name, one.get(name, _none(name)), other.get(name, _none(name))) for name in names if name not in _OUT]


def _none(name: str) -> int | None:
    return 0 if name.startswith("tools.by_") else None


def _flat(told: dict[str, Any], head: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in told.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{head}{name}.")
        else:
            yield f"{head}{name}", value
