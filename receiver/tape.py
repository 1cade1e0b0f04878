"""What was recorded, read again: recordings (`reel`), folders that hold a wire's traffic, deliveries of the journal.

All meet today's decoders and dialects, so that a mended dialect mends the past too. A folder holds `index.jsonl` with
a line for each request (`unix`, or null where nobody noted when it came, `signal`, `content_type`, `content_encoding`,
`file`) and `hooks.jsonl` (`unix`, `stdin`, or `argv` for a payload that came as an argument).
"""

import gzip
import json
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from aimon_core.errors import Unreadable
from aimon_core.events import Event
from aimon_core.identity import seen
from aimon_core.journal import SEEN, Delivery
from receiver import codec, hooks, otlp, reel
from receiver.codec import Encoding
from receiver.dialects import Interpreter
from receiver.hooks import HOOK_AGENTS
from receiver.inflate import ContentEncoding, Inflater
from receiver.record import SIGNALS, Signal
from receiver.status import Refused

LOG = logging.getLogger(__name__)
_AGENT = "claude-code"
"""Whose hooks a folder holds that does not lie in one named after an agent."""
_LIMIT = 64 * 1024 * 1024
"""Bytes of one request."""


class Request(Struct, frozen=True):
    """One recorded request."""

    at_ns: int
    """When it arrived."""
    kind: str
    """logs, traces, metrics, or `hooks/` and the agent."""
    encoding: Encoding
    body: bytes
    """Inflated."""


def entries(path: Path) -> "Iterator[Request | reel.Line]":
    """What a recording or its folder holds, in the order in which it came. Raises Unreadable."""
    if reel.is_reel(path):
        return reel.read(path)
    if reel.is_reel(path / reel.NAME):
        return reel.read(path / reel.NAME)
    return iter(read(path))


def request(sent: reel.Sent) -> Request:
    """A request as it was on the wire, inflated. Raises Refused or LookupError for what no door would take."""
    encoding: Encoding = "json" if "json" in sent.content_type else "protobuf"
    body = _inflated(sent.whole, sent.content_encoding.strip().lower() or "identity")
    return Request(sent.at_ns, SIGNALS[SIGNALS.index(cast("Signal", sent.signal))], encoding, body)


def read(folder: Path) -> list[Request]:
    """All requests of a folder in the order of their arrival; Unreadable names the file and line that is none."""
    if not any((folder / name).exists() for name in ("index.jsonl", "hooks.jsonl")):
        hint = f"A recording is {reel.NAME}, or a folder with it, with index.jsonl or with hooks.jsonl."
        raise Unreadable(f"{folder} is no recording.", hint)
    return sorted([*_exports(folder), *_hooks(folder)], key=lambda request: request.at_ns)


def replayed(
    deliveries: Iterable[Delivery], interpreter: Interpreter | None = None
) -> Iterator[tuple[list[Event], int]]:
    """What deliveries of the journal say today, each with its arrival; one that cannot be read any more is logged."""
    interpreter = interpreter or Interpreter()
    for delivery in deliveries:
        try:
            yield events(delivery, interpreter), delivery.arrived_ns
        except (Refused, ValueError, LookupError) as error:
            LOG.warning("a delivery of %s could not be read again: %s", delivery.kind, error)


def events(delivery: Delivery, interpreter: Interpreter) -> list[Event]:
    """What a delivery of the journal says today. Raises Refused, ValueError or LookupError when it cannot be read."""
    if (agent := delivery.kind.removeprefix("hooks/")) != delivery.kind:
        return hooks.restored(agent, json.loads(delivery.body), delivery.arrived_ns) if agent in HOOK_AGENTS else []
    if delivery.kind == SEEN:
        return [seen(delivery.body.decode(), delivery.arrived_ns)]
    signal = SIGNALS[SIGNALS.index(cast("Signal", delivery.kind))]
    message = codec.decode(signal, delivery.body, "protobuf")
    return interpreter.translate(otlp.records(signal, message, delivery.arrived_ns))


def _exports(folder: Path) -> Iterator[Request]:
    at_ns = 0
    for place, entry in _lines(folder / "index.jsonl"):
        try:
            signal, file = entry["signal"], folder / entry["file"]
            body = file.read_bytes()
            if file.suffix == ".gz":  # how large files are kept, whatever they were on the wire
                body = gzip.decompress(body)
            body = _inflated(body, entry.get("content_encoding") or "identity")
            encoding: Encoding = "json" if "json" in entry.get("content_type", "") else "protobuf"
            unix = entry["unix"]
            at_ns = _latest(signal, body, encoding, at_ns) if unix is None else round(unix * 1e9)
        except (KeyError, TypeError, OSError, Refused) as error:
            raise Unreadable(f"{place} cannot be read: {error}.") from error
        if signal in SIGNALS:
            yield Request(at_ns, signal, encoding, body)


def _latest(signal: Signal, body: bytes, encoding: Encoding, before_ns: int) -> int:
    """When a request came whose time nobody noted: when the last of it happened, in the order of the file."""
    if signal not in SIGNALS:
        return before_ns
    message = codec.decode(signal, body, encoding)
    return max([before_ns, *(record.at_ns for record in otlp.records(signal, message, before_ns))])


def _hooks(folder: Path) -> Iterator[Request]:
    known = folder.resolve().parent.name
    for place, entry in _lines(folder / "hooks.jsonl"):
        agent = entry.get("agent") or (known if known in HOOK_AGENTS else _AGENT)
        try:
            body = json.dumps(entry["argv"][0] if entry["stdin"] is None else entry["stdin"]).encode()
            yield Request(round(entry["unix"] * 1e9), f"hooks/{agent}", "json", body)
        except (LookupError, TypeError) as error:
            raise Unreadable(f"{place} cannot be read: {error}.") from error


def _lines(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line's place in words, and its object."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{file} cannot be read: {error}.") from error
    for number, line in enumerate(lines, 1):
        place = f"{file}, line {number},"
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise Unreadable(f"{place} is no JSON: {error}.") from error
        if not isinstance(entry, dict):
            raise Unreadable(f"{place} is no JSON object.")
        yield place, entry


def _inflated(body: bytes, content_encoding: str) -> bytes:
    inflater = Inflater(cast("ContentEncoding", content_encoding), limit=_LIMIT, compressed_limit=_LIMIT)
    inflater.feed(body)
    return inflater.close()
