"""A manifest drafted from a good trace: what it did and may do again, with room for the next one to differ."""

import math
from decimal import ROUND_UP, Decimal
from pathlib import PurePath
from typing import Any

from aimon_trace.metrics import TraceMetrics

TEMPLATE: dict[str, Any] = {
    "tool_limits": {"Bash": 10, "Read": 20},
    "token_budget": {"max_total": 100_000},
    "required_tools": ["Read"],
}
"""What is expected where there is no trace yet."""


def manifest(name: str, expected: dict[str, Any]) -> str:
    """A manifest in YAML."""
    import yaml  # noqa: PLC0415 - only who drafts one needs it

    told: str = yaml.safe_dump(
        {"skill": {"name": name}, "scorers": {"trace_expectations": expected}}, sort_keys=False, allow_unicode=True
    )
    return told


def expected(metrics: TraceMetrics, room: float = 1.5) -> dict[str, Any]:
    """Limits at `room` times what the trace came to; tools and files as they are, figures it does not tell left out."""
    tokens, usd, seconds = metrics.tokens, metrics.cost_usd, metrics.duration_seconds
    tools = list(dict.fromkeys(call.name for call in metrics.tool_calls))
    files = list(dict.fromkeys(PurePath(path).name for path in (*metrics.files.created, *metrics.files.modified)))
    told = len([call for call in metrics.tool_calls if call.success is not None])
    drafted: dict[str, Any] = {
        "tool_limits": {name: math.ceil(count * room) for name, count in metrics.by_name.items()},
        "token_budget": tokens
        and {
            "max_input": _round(tokens.input * room),
            "max_output": _round(tokens.output * room),
            "max_total": _round(tokens.total * room),
        },
        "required_tools": tools,
        "expected_files": files,
        "cost_budget": usd and {"max_usd": _upwards(usd * room)},
        "duration": seconds and {"max_seconds": _round(seconds * room)},
        "error_rate": math.ceil(len(metrics.failed_tools) / told * 100) / 100 if told else None,
    }
    return {name: value for name, value in drafted.items() if value or (name == "error_rate" and told)}


def _round(figure: float) -> int:
    """The same for what comes in whole numbers."""
    return math.ceil(_upwards(figure))


def _upwards(figure: float) -> float:
    """Upwards to two digits: a limit of 61,437 would look like one that somebody has thought about."""
    exact = Decimal(str(figure))
    return float(exact.quantize(Decimal(1).scaleb(exact.adjusted() - 1), ROUND_UP))
