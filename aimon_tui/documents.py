"""Traces as documents (`aimon_trace`) for the command line: a session written as one, one played into a ledger.

Apart from `replay` and the commands, which then load pydantic only for who has such a document.
"""

from pathlib import Path
from typing import Any

from aimon_trace import encode, files
from aimon_trace.convert import SpanConverter
from aimon_trace.run import AgentInfo, TraceRun
from receiver.export.encode import split
from receiver.tape import Request

_PIECE = 500
"""Steps in a request, at most."""
_TOGETHER_NS = 100_000_000
"""Steps that were over within a tenth of a second are told together."""


def of_session(body: bytes, told: dict[str, Any]) -> TraceRun:
    """A session as one run, of the spans that `aimon export` sends and of what the list says of it."""
    run = SpanConverter(warn_on_missing=False).convert_trace([piece.body for piece in split(body)], told["agent"])
    run.agent_info = AgentInfo(name=told["agent"])
    run.metadata = {**(run.metadata or {}), "session_id": told["session_id"], "project": told["name"]}
    return run


def requests(path: Path) -> list[Request]:
    """The requests that would have told of a trace while it ran: each step when it was over. Raises TraceUnreadable."""
    run = files.load(path)
    spans = list(encode.steps_as_spans(run, run.steps))
    spans.sort(key=lambda span: int(span.end_time_unix_nano))
    pieces: list[list[Any]] = []
    for span in spans:
        first = pieces[-1][0].end_time_unix_nano if pieces else 0
        if not pieces or len(pieces[-1]) == _PIECE or span.end_time_unix_nano - first > _TOGETHER_NS:
            pieces.append([])
        pieces[-1].append(span)
    pieces.append([encode.root(run)])
    return [_request(run, piece) for piece in pieces]


def _request(run: TraceRun, spans: list[Any]) -> Request:
    return Request(spans[-1].end_time_unix_nano, "traces", "protobuf", encode.request(run, spans))
