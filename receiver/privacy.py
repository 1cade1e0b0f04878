"""What must not stay in a message: secrets before anybody reads it, private text before the journal keeps it."""

from typing import Any

from google.protobuf.message import Message

from aimon_core import masking
from receiver.census import LEVELS
from receiver.record import Signal

_NAME_LENGTH = 256
"""A log's body up to here is the name of an event or a line of a program's log; beyond, and in lists and maps, it is
text that somebody wrote."""


def mask_message(message: Message) -> None:
    """Mask secrets in every string and under every telling name, in place. Slow, and only for the suspicious."""
    for field, value in message.ListFields():
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            for key in value:
                _mask_attribute(key, value[key])
        elif field.message_type is not None:
            for child in value if field.is_repeated else (value,):
                mask_message(child)
        elif field.type == field.TYPE_STRING:
            setattr(message, field.name, masking.mask(value))


def without_private(message: Any, signal: Signal) -> bytes:
    """The message on the wire without prompts, tool inputs and outputs; the message itself loses them too.

    What is left decodes and translates to the same counts. Fields that are not in `slim` go as well.
    """
    message.DiscardUnknownFields()
    by_resource, by_scope, items = LEVELS[signal]
    for group in getattr(message, by_resource):
        for scoped in getattr(group, by_scope):
            for item in getattr(scoped, items):
                _STRIP[signal](item)
    return bytes(message.SerializeToString())


def _mask_attribute(key: str, value: Any) -> None:
    kind = value.WhichOneof("value")
    if kind == "s":
        value.s = masking.mask_json({key: value.s})[key]
    elif kind in {"a", "kv"}:
        mask_message(value)


def _strip_log(log: Any) -> None:
    _strip(log.attributes)
    body = log.body
    if len(body.s) > _NAME_LENGTH or body.HasField("kv") or body.HasField("a"):
        log.ClearField("body")


def _strip_span(span: Any) -> None:
    _strip(span.attributes)
    for event in span.events:
        _strip(event.attributes)


def _strip_metric(metric: Any) -> None:
    del metric  # points carry dimensions, no text


def _strip(attributes: Any) -> None:
    for key in masking.PRIVATE_KEYS.intersection(attributes):
        del attributes[key]


_STRIP = {"logs": _strip_log, "traces": _strip_span, "metrics": _strip_metric}
