"""Between bytes and slim messages: both encodings of OTLP in, answers and masked deliveries out.

Apart from the doors, which know sockets and no messages, and from `otlp`, which knows messages and no bytes.
"""

import re
from typing import Any, Literal

import msgspec
from google.protobuf.message import DecodeError

from receiver import census, otlp_json, steps
from receiver.record import Signal
from receiver.slim import CLASSES
from receiver.status import Reason, Refused
from receiver.steps import Steps

Encoding = Literal["protobuf", "json"]

MAX_RECORDS = 20_000
"""Records in one request, groups of records included."""

_MESSAGES: dict[Signal, type[Any]] = {
    "logs": CLASSES["Logs"], "traces": CLASSES["Traces"], "metrics": CLASSES["Metrics"],
}  # fmt: skip
_REJECTED: dict[Signal, str] = {
    "logs": "rejectedLogRecords", "traces": "rejectedSpans", "metrics": "rejectedDataPoints",
}  # fmt: skip


_FIRST = re.compile(rb'\s*\{\s*"resource(Logs|Spans|Metrics)"')
_SIGNALS: dict[bytes, Signal] = {b"Logs": "logs", b"Spans": "traces", b"Metrics": "metrics"}


def signal_of(body: bytes) -> Signal:
    """What a JSON body is that came without a path. Raises Refused: nothing that OTLP has."""
    if (found := _FIRST.match(body)) is None:
        raise Refused(Reason.UNKNOWN_PATH, "OTLP goes to /v1/logs, /v1/traces, /v1/metrics; without a path, only JSON")
    return _SIGNALS[found[1]]


def decode(signal: Signal, body: bytes, encoding: Encoding, limit: int = MAX_RECORDS) -> Any:
    """One request as a slim message. Raises Refused: malformed, or more than `limit` records."""
    return steps.at_once(decoding(signal, body, encoding, limit))


def decoding(signal: Signal, body: bytes, encoding: Encoding, limit: int = MAX_RECORDS) -> Steps[Any]:
    """`decode` in steps of a few milliseconds, for a caller with other things to do in between."""
    if encoding == "json":
        message = _MESSAGES[signal]()
        for poured, _ in enumerate(otlp_json.pour(message, otlp_json.loads(body or b"{}"), limit), start=1):
            if poured % steps.RECORDS == 0:
                yield
        return message
    if large := len(body) > census.SMALL:
        census.check_wire(signal, body, limit)
        yield
    try:
        message = _parse(signal, body)
    except DecodeError:
        message = _parse_mended(signal, body)
    if large:
        yield
    census.count(signal, message, limit)
    return message


def _parse(signal: Signal, body: bytes) -> Any:
    message = _MESSAGES[signal]()
    message.ParseFromString(body)
    return message


def _parse_mended(signal: Signal, body: bytes) -> Any:
    try:
        return _parse(signal, otlp_json.replace_raw_surrogates(body))
    except DecodeError as error:
        raise Refused(Reason.MALFORMED, f"no OTLP: {str(error)[:100]}") from None


LEFT_OUT = "points without a finite value"
"""Why a record is left out."""


def encode_answer(signal: Signal, encoding: Encoding, rejected: int = 0, why: str = LEFT_OUT) -> bytes:
    """The body of a 200: empty for full success, else how many records were left out and why."""
    if encoding == "json":
        return msgspec.json.encode(
            {"partialSuccess": {_REJECTED[signal]: str(rejected), "errorMessage": why}} if rejected else {}
        )
    answer = CLASSES["ExportResponse"]()
    if rejected:
        answer.partial_success.rejected = rejected
        answer.partial_success.error_message = why
    return bytes(answer.SerializeToString())


def encode_refusal(encoding: Encoding, code: int, message: str) -> bytes:
    """The body of everything but a 200: google.rpc.Status, as OTLP asks."""
    if encoding == "json":
        return msgspec.json.encode({"code": code, "message": message})
    return encode_status(code, message)


def encode_status(code: int, message: str, retry_after_s: int | None = None) -> bytes:
    """google.rpc.Status, with a RetryInfo for what a later attempt can cure."""
    status = CLASSES["RpcStatus"](code=code, message=message)
    if retry_after_s is not None:
        info = CLASSES["RetryInfo"](retry_delay=CLASSES["Duration"](seconds=retry_after_s))
        status.details.add(type_url="type.googleapis.com/google.rpc.RetryInfo", value=info.SerializeToString())
    return bytes(status.SerializeToString())
