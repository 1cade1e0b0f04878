"""Where records, payloads and lines that their agent's language cannot read become `Drifted` events."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import msgspec

from aimon_core.events import Drifted
from receiver import samples
from receiver.record import CHANNELS, Record, scalar

_PLACE = re.compile(r"at `\$\.([A-Za-z_.]{1,60})(?:\[\.\.\.\])?")
"""Where in a line msgspec found what it did not expect: names that a reader's own structs gave."""
_KINDS: dict[type, str] = {str: "text", bool: "a flag", float: "a fraction", int: "a number"}


def unknown(agent: str, record: Record) -> Drifted:
    """A record of a name that nobody knows."""
    return _of_record(agent, record, samples.word(record.name))


def reshaped(agent: str, record: Record, numbers: tuple[str, ...]) -> Iterator[Drifted]:
    """What is wrong with a record that ought to carry some numbers."""
    for key in numbers:
        if record.integer(key) is None:
            value = record.raw.get(key)
            kind = "missing" if value is None else _KINDS.get(type(scalar(value)), "of another kind")
            yield _of_record(agent, record, f"{record.name}: {key} is {kind}")


def of_hook(payload: Mapping[str, Any], frame: Mapping[str, Any]) -> Drifted:
    """A payload of an event that nobody knows."""
    told = {"signal": samples.word(frame["signal"]), "version": None}
    return Drifted(**{**frame, **told}, sample=partial(samples.of_object, payload))


def of_line(line: bytes, base: Mapping[str, Any], version: str | None = None) -> Drifted:
    """A line of a transcript whose type nobody knows."""
    told = {"signal": samples.word(base["signal"]), "version": samples.version(version)}
    return Drifted(**{**base, **told}, sample=partial(_of_line, line))


def of_misshapen(line: bytes, base: Mapping[str, Any], error: msgspec.ValidationError) -> Drifted:
    """A line of a transcript that is JSON, and not of the shape that its agent's lines had."""
    place = _PLACE.search(str(error))
    signal = f"line: {place[1]} reads otherwise" if place else "line reads otherwise"
    return Drifted(**{**base, "signal": signal}, version=None, sample=partial(_of_line, line))


def _of_record(agent: str, record: Record, name: str) -> Drifted:
    resource = record.scope.resource
    return Drifted(
        agent=agent,
        session_id=record.identity("session.id") or record.identity("conversation.id") or "",
        at_ns=record.at_ns,
        channel=CHANNELS[record.signal],
        signal=name,
        version=samples.version(resource.text("service.version")),
        sample=partial(samples.of_record, record),
    )


def _of_line(line: bytes) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return samples.of_object(told) if isinstance(told, dict) else {}
