"""How much a model reads at once, as clients know it: apart because a client's telemetry and its files both need it."""

from collections.abc import Iterator
from typing import Any

from aimon_core.events import Event, Gauged

GEMINI = 1_048_576
"""What Gemini CLI takes every Gemini model to read (0.61, `core/tokenLimits.ts`); price tables leave some out."""


def of_gemini(base: dict[str, Any], model: str) -> Iterator[Event]:
    """The window of the model of a session's own thread; `base` is what an event begins with."""
    if base["agent_id"] is None and model.startswith("gemini-"):
        yield Gauged(**base, context_limit=GEMINI)
