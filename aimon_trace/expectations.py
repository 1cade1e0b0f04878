"""What somebody expects of a trace, as `manifest.yaml` and `ground_truth.yaml` say it.

The first seven keys and their short forms are those of the plan this follows; the rest is ours. A key that nobody knows
is an error: a limit that is not looked at would look like one that is kept.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, ValidationError

from aimon_core.errors import UsageError
from aimon_trace.matching import File, Tool


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limit(_Part):
    """How many, at most and at least; a number alone is the most."""

    max: NonNegativeInt | None = None
    min: NonNegativeInt | None = None


class TokenBudget(_Part):
    """Tokens of the whole trace. Input and total leave caches out, unless they are included."""

    max_input: NonNegativeInt | None = None
    max_output: NonNegativeInt | None = None
    max_total: NonNegativeInt | None = None
    max_cache_read: NonNegativeInt | None = None
    max_cache_creation: NonNegativeInt | None = None
    min_input: NonNegativeInt | None = None
    min_output: NonNegativeInt | None = None
    min_total: NonNegativeInt | None = None
    cache: Literal["exclude", "read", "creation", "include"] = Field(
        default="exclude", description="which cache tokens count as input and in the total"
    )


class CostBudget(_Part):
    """Dollars; a number alone is the most."""

    max_usd: NonNegativeFloat | None = None
    min_usd: NonNegativeFloat | None = None


class Duration(_Part):
    """Seconds from the first sign of life to the last; a number alone is the most."""

    max_seconds: NonNegativeFloat | None = None
    min_seconds: NonNegativeFloat | None = None


class ErrorRate(_Part):
    """The share of tool calls that may fail, 0 to 1; a number alone is that."""

    max: Annotated[float, Field(ge=0, le=1)] | None = None
    max_errors: NonNegativeInt | None = None
    tools: tuple[Tool, ...] = Field(default=(), description="only calls of these")


class Loop(_Part):
    """How often the same calls may follow one another; a number alone is that."""

    max_repeats: Annotated[int, Field(ge=1)] = 3
    max_length: Annotated[int, Field(ge=1, le=16)] = Field(default=4, description="calls that repeat together, at most")


class ToolSequence(_Part):
    """The order in which tools are called; a list alone is `in_order`."""

    tools: tuple[Tool, ...]
    order: Literal["in_order", "exact", "any"] = Field(
        default="in_order", description="others may stand between; nothing else at all; whatever order"
    )


def _short(name: str, alone: Any, whole: type[BaseModel]) -> BeforeValidator:
    """A value `alone` stands for the `whole` with this one name."""
    return BeforeValidator(
        lambda told: told if isinstance(told, (Mapping, BaseModel)) or told is None else {name: told},
        json_schema_input_type=alone | whole,
    )


Amount = Annotated[Limit, _short("max", NonNegativeInt, Limit)]


class Expectations(_Part):
    """What is expected of a trace. What is absent or empty is not looked at."""

    tool_limits: dict[str, Amount] = Field(default_factory=dict, description="calls by tool; names may be globs")
    token_budget: TokenBudget | None = None
    required_tools: tuple[Tool, ...] = ()
    banned_tools: tuple[Tool, ...] = Field(default=(), description="`!` before one that is allowed after all")
    expected_files: tuple[File, ...] = Field(default=(), description="`!` before one that must not be written")
    tool_sequence: Annotated[ToolSequence, _short("tools", tuple[Tool, ...], ToolSequence)] | None = None
    category_limits: dict[str, Amount] = Field(default_factory=dict, description="calls by category; also globs")
    cost_budget: Annotated[CostBudget, _short("max_usd", NonNegativeFloat, CostBudget)] | None = None
    duration: Annotated[Duration, _short("max_seconds", NonNegativeFloat, Duration)] | None = None
    error_rate: Annotated[ErrorRate, _short("max", NonNegativeFloat, ErrorRate)] | None = None
    loop: Annotated[Loop, _short("max_repeats", int, Loop)] | None = None
    permission_waits: Amount | None = None
    max_wait: NonNegativeFloat | None = Field(default=None, description="seconds of the longest wait for a person")
    own: dict[str, Any] = Field(default_factory=dict, description="by the name of somebody's own scorer")

    @classmethod
    def of(cls, told: Mapping[str, Any], where: str = "expectations") -> "Expectations":
        """Expectations from a mapping as YAML gives it. Raises UsageError that names `where` and the nearest key."""
        from aimon_trace.scorers import plugins  # noqa: PLC0415 - scorers read expectations

        given = {name: value for name, value in told.items() if value is not None}
        own = {name: given.pop(name) for name in list(given) if name in plugins()}
        for name in given:
            if name not in KEYS:
                raise UsageError(f"{where} has an unknown key {name!r}.", nearest(str(name), KEYS))
        try:
            return cls(**given, own=own)
        except ValidationError as error:
            raise UsageError(*_problem(where, error)) from None

    @classmethod
    def load(cls, path: Path | str, case: str | None = None) -> "Expectations":
        """From `manifest.yaml` or `ground_truth.yaml`, a test case's own included. Raises Unreadable and UsageError."""
        from aimon_trace.manifest import load  # noqa: PLC0415 - manifests are made of expectations

        return load(Path(path)).expectations(case)

    @property
    def empty(self) -> bool:
        """Whether nothing is expected."""
        return not any(getattr(self, name) not in (None, {}, ()) for name in type(self).model_fields)


KEYS = tuple(name for name in Expectations.model_fields if name != "own")
"""What may be expected, whatever scorers people bring."""


def nearest(name: str, known: tuple[str, ...]) -> str:
    """A hint at what was meant."""
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}?" if close else f"Known are {', '.join(known)}."


def _problem(where: str, error: ValidationError) -> tuple[str, str]:
    """Message and hint of the first thing that is wrong."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        *path, name = first["loc"]
        return f"{where} has an unknown key {place!r}.", nearest(str(name), _names(path))
    return f"{where}: {place} is not understood.", f"{first['msg']}."


def _names(path: list[Any]) -> tuple[str, ...]:
    """The names that are known below a key."""
    field = Expectations.model_fields.get(str(path[0])) if path else None
    parts: list[Any] = [field.annotation] if field else [Expectations]
    while parts:
        one = parts.pop()
        if isinstance(one, type) and issubclass(one, BaseModel):
            return tuple(one.model_fields)
        parts += getattr(one, "__args__", ())
    return KEYS
