"""What of a capture goes to a running aimon, and how: bodies of OTLP and the little HTTP they take.

Apart from `live`, which is the queue and its thread and is loaded by whoever traces: here is protobuf, for whoever has
something to send to somebody who listens.
"""

import json
import os
import socket
from collections.abc import Iterable, Iterator
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from aimon_trace.run import TraceRun
from aimon_trace.steps import BaseStep

PATIENCE_S = 2.0
"""How long a request may take."""
_TYPE = {"Content-Type": "application/x-protobuf"}


class Post:
    """A connection for a few requests."""

    def __init__(self, endpoint: str) -> None:
        place = urlsplit(endpoint)
        kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
        self._connection = kind(place.hostname or "127.0.0.1", place.port, timeout=PATIENCE_S)
        self._path = f"{place.path.rstrip('/')}/v1/traces"

    def is_aimon(self) -> bool:
        """Whether an aimon listens there: the port is that of every collector. Raises OSError where nobody does."""
        self._connection.request("GET", "/health")
        told = json.loads(self._connection.getresponse().read(4096))
        return isinstance(told, dict) and told.get("service") == "aimon"

    def take(self, body: bytes) -> bool:
        """Send one request; whether it was taken."""
        self._connection.request("POST", self._path, body, _TYPE)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status < 300

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()


def bodies(steps: Iterable[tuple[TraceRun, BaseStep | None]], spans: list[Any]) -> Iterator[tuple[bytes, int]]:
    """Requests for steps of runs (None: the run is over) and for spans as they are, each with how many are in it.

    Names, times and figures go; what was said does not.
    """
    from aimon_trace import encode  # noqa: PLC0415 - 50 ms, once somebody listens

    runs: dict[str, tuple[TraceRun, list[Any]]] = {}
    for run, step in steps:
        told = runs.setdefault(run.run_id, (run, []))[1]
        if step is None:
            told.append(encode.root(run, content=False))
        else:
            told += encode.steps_as_spans(run, [step], content=False)
    for run, told in runs.values():
        yield encode.request(run, told, _here()), len(told)
    if spans:
        yield _bare(spans), len(spans)


def _bare(spans: list[Any]) -> bytes:
    """Spans in their own words, without what was said: the ledger has a dialect for them."""
    from aimon_trace import wire  # noqa: PLC0415 - as above
    from receiver import privacy, steps  # noqa: PLC0415 - same
    from receiver.slim import CLASSES  # noqa: PLC0415 - same

    message = CLASSES["Traces"]()
    for record in wire.records(spans):
        group = message.resource_spans.add()
        for name, value in record.scope.resource.raw.items():
            group.resource.attributes[name].CopyFrom(value)
        wire.put(group.resource.attributes, _here())
        scoped = group.scope_spans.add()
        scoped.scope.name = record.scope.name
        scoped.spans.add().CopyFrom(record.message)
    return steps.at_once(privacy.without_private(message, "traces"))


def _here() -> dict[str, Any]:
    """Where the agent runs, so that its row leads to its terminal."""
    try:
        folder = os.getcwd()  # noqa: PTH109 - as text
    except OSError:
        folder = None
    return {"process.pid": os.getpid(), "host.name": socket.gethostname(), "process.working_directory": folder}
