"""What must not stay in a message before the journal keeps it: private text, and secrets in what is left.

What the ledger reads is masked where it is read (`record.Attributes.text`): an event holds one or two short texts, and
to look for secrets in the whole body cost 4 us a record, as much as decoding it twice.
"""

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message

from aimon_core import masking
from receiver.census import LEVELS
from receiver.record import Signal
from receiver.steps import RECORDS, Steps
from receiver.subjects import EXIT_CODE, LOOKED_AT

_SLICE = 256 * 1024
"""Bytes searched for secrets at a time: 2-4 ms."""
_OVERLAP = 8 * 1024
"""Bytes searched twice, for a secret that begins in one slice and is known by what stands in the next."""
_NAME_LENGTH = 256
"""A log's body up to here is the name of an event or a line of a program's log; beyond, and in lists and maps, it is
text that somebody wrote."""

_PLACES = re.compile(r'"(?:session\.id|id|parentID|directory|step|small|mode|agent)":(?:"[^"\\]*"|\d+)')
"""What stays of the object in a line of opencode's log: which session, folder and step, and whose it is."""

_PLAIN: set[str] = set()
"""Names of attributes that are not private and carry plain values: nothing to look for. A name that carried a number
once will carry no map later; asking the values each time costs 4 us a record, four times as much as parsing it."""
_PLAIN_NAMES = 4_096
"""Names remembered at most; foreign names are without number."""


def suspicious(body: bytes) -> Steps[bool]:
    """Whether a body may hold a secret (`masking.suspicious`). In steps, one a slice."""
    for at in range(0, len(body), _SLICE):
        if masking.suspicious(body[at : at + _SLICE + _OVERLAP]):
            return True
        if len(body) > _SLICE:
            yield
    return False


def mask_message(message: Any, signal: Signal) -> Steps[None]:
    """Mask secrets in every string and under every telling name, in place: for a body that is suspicious. In steps.

    Each record is looked at once more on its own: of a suspicious body's records one in a hundred is suspicious itself,
    and masking one takes 0.2 ms.
    """
    by_resource, by_scope, _ = LEVELS[signal]
    for group in getattr(message, by_resource):
        _mask(group.resource)
        for scoped in getattr(group, by_scope):
            _mask(scoped.scope)
    for place, item in enumerate(_items(message, signal), start=1):
        if masking.suspicious(item.SerializeToString()):
            _mask(item)
            yield
        elif place % RECORDS == 0:
            yield


def without_private(message: Any, signal: Signal) -> Steps[bytes]:
    """The message on the wire without prompts, tool inputs and outputs; the message itself loses them too. In steps.

    What is left decodes and translates to the same counts. Fields that are not in `slim` go as well.
    """
    message.DiscardUnknownFields()
    strip = _STRIP[signal]
    by_resource, by_scope, _ = LEVELS[signal]
    for group in getattr(message, by_resource):  # a resource may tell how its process was called, prompt and all
        _strip(group.resource.attributes)
        for scoped in getattr(group, by_scope):
            _strip(scoped.scope.attributes)
    for place, item in enumerate(_items(message, signal), start=1):
        strip(item)
        if place % RECORDS == 0:
            yield
    return bytes(message.SerializeToString())


def _items(message: Any, signal: Signal) -> Iterator[Any]:
    by_resource, by_scope, items = LEVELS[signal]
    return (
        item
        for group in getattr(message, by_resource)
        for scoped in getattr(group, by_scope)
        for item in getattr(scoped, items)
    )


def _mask(message: Message) -> None:
    for field, value in message.ListFields():
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            for key in value:
                _mask_attribute(key, value[key])
        elif field.message_type is not None:
            for child in value if field.is_repeated else (value,):
                _mask(child)
        elif field.type == field.TYPE_STRING:
            setattr(message, field.name, masking.mask(value))


def _mask_attribute(key: str, value: Any) -> None:
    if text := value.s:
        value.s = masking.MASK if masking.is_secret(key) else masking.mask(text)
    else:
        _mask(value)


def _strip_log(log: Any) -> None:
    ended = EXIT_CODE.search(log.attributes["output"].s[:LOOKED_AT]) if "output" in log.attributes else None
    _strip(log.attributes)
    if ended is not None:  # only this line tells whether a command of Codex failed, and nobody wrote it
        log.attributes["output"].s = ended[0]
    body = log.body
    if len(body.a.values) > 1 and 0 < len(body.a.values[0].s) <= _NAME_LENGTH:  # a word, and what it is about
        word, places = body.a.values[0].s, _PLACES.finditer(body.a.values[1].s)
        log.ClearField("body")
        log.body.a.values.add().s = word
        log.body.a.values.add().s = f"{{{','.join(found[0] for found in places)}}}"
    elif len(body.s) > _NAME_LENGTH or body.HasField("kv") or body.HasField("a"):
        log.ClearField("body")


def _strip_span(span: Any) -> None:
    _strip(span.attributes)
    for event in span.events:
        _strip(event.attributes)


def _strip(attributes: Any) -> None:
    for key in [key for key in attributes if key not in _PLAIN]:
        value = attributes[key]
        if masking.is_private(key):
            del attributes[key]
        elif value.HasField("kv"):
            _strip(value.kv.values)
        elif value.HasField("a"):
            for item in value.a.values:
                _strip(item.kv.values)
        elif len(_PLAIN) < _PLAIN_NAMES:
            _PLAIN.add(key)


def _strip_metric(_: Any) -> None:
    """Nothing: points carry dimensions, no text."""


_STRIP = {"logs": _strip_log, "traces": _strip_span, "metrics": _strip_metric}
