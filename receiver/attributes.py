"""Attributes as a person reads them: flat, clean, bounded, the telling ones first.

Apart from `record`, which reads the few that a dialect asks for: here is everything a client said about one thing, and
foreign text leaves as what a cell can show.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from aimon_core.clean import clean
from aimon_core.masking import is_private
from receiver.record import Record

Pairs = tuple[tuple[str, str], ...]

COUNT = 128
"""Attributes kept of one record."""
LENGTH = 4_096
"""Characters kept of a value."""
NAME_LENGTH = 256
DEPTH = 8
"""Lists and maps within each other that are looked into."""

_FIRST = (
    "tool_name", "gen_ai.tool.name", "decision", "decision_type", "source", "decision_source", "success", "error",
    "error_type", "error.type", "error_class", "status", "status.message", "status_code", "http.response.status_code",
    "http.status_code", "attempt", "duration_ms", "model", "gen_ai.response.model", "gen_ai.request.model",
    "request_id", "tool_use_id", "gen_ai.tool.call.id", "agent_type", "agent_id", "stop_reason", "input_tokens",
    "cache_read_tokens", "cache_creation_tokens", "output_tokens", "cost_usd", "ttft_ms", "first_content_ms",
)  # fmt: skip
"""What was done and how it went, in the order in which a person asks."""
_RANKS = {name: rank for rank, name in enumerate(_FIRST)}
_NOISE = re.compile(
    r"(?:service|os|host|process|telemetry|user|organization|event|terminal|anthropic|session|span|managed_settings)"
    r"[._]|(?:app\.version|cwd|gen_ai\.(?:conversation\.id|system|provider\.name)|hook_event_name|prompt[._]id"
    r"|session_crons|span_id|trace_id|parent_span_id|tool_calls|tool_input|transcript_path|permission_mode)(?:\.|$)"
)
"""The same on every record of a session, or known to the ledger already."""
_MIDDLE, _LAST, _RESOURCE = len(_FIRST), len(_FIRST) + 1, len(_FIRST) + 2


def rank(name: str) -> int:
    """How soon a person wants to read an attribute: what was done and how it went, then the rest, then noise."""
    if (known := _RANKS.get(name)) is not None:
        return known
    return _LAST if _NOISE.match(name) else _MIDDLE


def ordered(pairs: Iterable[tuple[str, str]]) -> Pairs:
    """Attributes in the order in which a person wants them, each name with its value once."""
    return tuple(sorted(dict.fromkeys(pairs), key=lambda pair: rank(pair[0])))


def of_record(record: Record) -> Pairs:
    """The attributes of a record, its other fields by the names of the protocol, and last of all what sent it."""
    own, resource, fields = record.raw, record.scope.resource.raw, dict(_fields(record))
    names = [(rank(name), name, own) for name in _public(own)]
    names += [(rank(name), name, fields) for name in fields if name not in own]
    names += [(_RESOURCE, name, resource) for name in _public(resource) if name not in own]
    names.sort(key=lambda one: one[:2])
    return _cleaned(leaf for _, name, values in names for leaf in _any_value(name, values[name], DEPTH))


def _fields(record: Record) -> Iterator[tuple[str, Any]]:
    """What a span says beside its attributes; a log has nothing more to say."""
    if record.signal == "traces":
        span = record.message
        ids = {"trace_id": span.trace_id, "span_id": span.span_id, "parent_span_id": span.parent_span_id}
        yield from ((name, value.hex()) for name, value in ids.items())
        yield "status.message", span.status.message
        for place, link in enumerate(span.links[:COUNT]):
            yield f"links.{place}.trace_id", link.trace_id.hex()
            yield f"links.{place}.span_id", link.span_id.hex()


def of_payload(payload: Mapping[str, Any], about: str) -> Pairs:
    """The fields of a hook payload; of a list that names several things, only the one with the id `about`."""
    names = sorted(payload, key=lambda name: (rank(name), name))
    return _cleaned(leaf for name in names for leaf in _json(name, payload[name], DEPTH, about))


def _public(names: Iterable[str]) -> list[str]:
    """Names in order without the private ones: a journal keeps what a resource says, and what older rules let pass."""
    return sorted(name for name in names if not is_private(name))


def _cleaned(leaves: Iterable[tuple[str, str]]) -> Pairs:
    shown = ((clean(name, NAME_LENGTH), clean(value, LENGTH)) for name, value in leaves)
    return tuple(islice((pair for pair in shown if pair[1]), COUNT))


def _any_value(name: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
    """The leaves of a slim AnyValue, or of plain text."""
    if isinstance(value, str):
        yield name, value
        return
    match value.WhichOneof("value"):
        case "kv" if depth:
            for key in _public(value.kv.values):
                yield from _any_value(_below(name, key), value.kv.values[key], depth - 1)
        case "a" if depth:
            for place, item in enumerate(value.a.values):
                yield from _any_value(_below(name, place), item, depth - 1)
        case "kv" | "a":
            yield name, "…"
        case "x":
            yield name, value.x[:LENGTH].hex()
        case str(kind):
            yield name, _word(getattr(value, kind))


def _json(name: str, value: Any, depth: int, about: str) -> Iterator[tuple[str, str]]:
    match value:
        case dict() if depth:
            for key in sorted(value):
                yield from _json(_below(name, key), value[key], depth - 1, about)
        case list() if depth:
            ours = [item for item in value if isinstance(item, dict) and about in item.values()]
            for place, item in enumerate(ours or value):
                yield from _json(_below(name, place), item, depth - 1, about)
        case dict() | list():
            yield name, "…" if value else ""
        case None:
            pass
        case _:
            yield name, _word(value)


def _below(name: str, key: str | int) -> str:
    return f"{name}.{str(key)[:NAME_LENGTH]}"


def _word(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)
