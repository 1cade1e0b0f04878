"""Events about the machine as a whole: metrics, which are never added to calls, and what no dialect can read."""

from collections.abc import Callable
from typing import Any, Literal

from aimon_core.events.base import Event


class Counted(Event, frozen=True, gc=False, kw_only=True):
    """One point of a usage metric: a total of the machine, never added to calls."""

    metric: Literal["tokens", "cost"]
    part: str
    """Token type for `tokens`, empty for `cost`."""
    model: str
    series: str
    """Identity of the time series: everything that tells it from another."""
    start_ns: int
    value: float
    delta: bool
    """Delta temporality: a point counts on its own; else it replaces earlier points of the same start."""


class Drifted(Event, frozen=True, gc=False, kw_only=True):
    """An agent said what its language here cannot read: something new, or something known in another shape.

    `signal` names it in words that tell nothing of anybody.
    """

    version: str | None
    """Of the agent; None where its channel does not tell."""
    sample: Callable[[], dict[str, Any]]
    """Makes the shape of what was said, without what anybody wrote: asked for once a name, and at once or never."""
