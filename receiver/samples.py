"""What something looked like, without what it said: names, kinds and lengths, fit to be shown to strangers.

The only door through which anything foreign leaves for an issue: so it lets through what is known to be harmless, and
does not look for what is not. Texts become their lengths. A name is shown if it is a plain word without anything that
an id or a secret is made of; a number if it is too small to be one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from aimon_core.masking import is_private, mask
from receiver.record import Record, scalar

UNNAMED = "(unnamed)"
"""What stands for a name that is not shown."""

_FIELDS = 64
"""Fields shown of one sample, of all objects in it together; the rest is counted."""
_DEPTH = 3
_LARGEST = 10**7
"""Numbers beyond may be times, accounts or telephones; tokens, dollars and durations are below."""

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_.:-][A-Za-z0-9]+)*", re.ASCII)
_LONGEST, _PARTS = 80, 24
"""Characters of a name, and of each part of it."""
_ODD = re.compile(r"\d{4}|[A-Za-z]\d+[A-Za-z]|(?=.*\d)[0-9A-Fa-f]{8,}\Z", re.ASCII)
"""Parts like `20260101`, `x7f`, `deadbeef01`."""
_VERSION = re.compile(r"v?\d{1,4}(?:\.\d{1,4}){1,3}(?:-(?:alpha|beta|dev|nightly|pre|preview|rc)\b)?(?![\w])", re.ASCII)
_SPLIT = re.compile(r"[_.:-]")

_WORDED = frozenset({"event.name", "hook_event_name", "type", "subtype", "span.type"})
_VERSIONED = frozenset({"service.version", "app.version", "version", "cli_version"})


def word(text: str | None) -> str:
    """A name, if it can be shown to anybody, else `UNNAMED`."""
    if not text or len(text) > _LONGEST or not _WORD.fullmatch(text) or mask(text) != text:
        return UNNAMED
    odd = any(len(part) > _PARTS or _ODD.search(part) for part in _SPLIT.split(text))
    return UNNAMED if odd else text


def version(text: str | None) -> str | None:
    """The version that a text begins with, without what a build may add to it."""
    found = _VERSION.match(text) if text else None
    return found[0] if found else None


def of_record(record: Record) -> dict[str, Any]:
    """The attributes of a log record, a span or a data point."""
    attributes = islice(record.raw.items(), _FIELDS)
    return _object(((key, _plain(value)) for key, value in attributes), len(record.raw), _DEPTH, iter(range(_FIELDS)))


def of_object(given: Mapping[str, Any]) -> dict[str, Any]:
    """A hook's payload, a line of a transcript."""
    return _object(given.items(), len(given), _DEPTH, iter(range(_FIELDS)))


def _object(fields: Iterable[tuple[str, Any]], size: int, depth: int, room: Iterator[int]) -> dict[str, Any]:
    """An object, as far as there is room: each field takes one of what is left for the whole sample."""
    shown: dict[str, Any] = {}
    for (key, value), _ in zip(fields, room, strict=False):
        if (name := word(key)) != UNNAMED:
            shown[name] = _value(name, value, depth, room)
    hidden = size - len(shown)
    return dict(sorted(shown.items())) | ({"…": f"{hidden} more"} if hidden else {})


def _value(key: str, value: Any, depth: int, room: Iterator[int]) -> Any:
    match value:
        case None | bool():
            return value
        case int() | float():
            return value if abs(value) < _LARGEST and not key.lower().endswith("id") else "number"
        case str():
            return _text(key if depth == _DEPTH else "", value)
        case Mapping() if depth == 1 or is_private(key):  # what is in there a person or a model chose, names included
            return f"object({len(value)})"
        case Mapping():
            return _object(value.items(), len(value), depth - 1, room)
        case list():
            return f"list({len(value)})"
        case _:
            return "bytes"


def _text(key: str, text: str) -> str:
    if key in _WORDED and (name := word(text)) != UNNAMED:
        return name
    if key in _VERSIONED and (told := version(text)):
        return told
    return f"{'digits' if text.isdecimal() else 'text'}({len(text)})"


def _plain(value: Any) -> Any:
    """A slim AnyValue as what JSON would have made of it, its texts uncopied."""
    if (found := scalar(value)) is not None:
        return found
    if value.HasField("kv"):
        return {key: _plain(inner) for key, inner in islice(value.kv.values.items(), _FIELDS)}
    if value.HasField("a"):
        return [None] * len(value.a.values)
    return b"" if value.HasField("x") else None
