"""Spans of this process gathered into runs while they come: one for each root, told of once it is over.

Apart from `base`, which knows frameworks and files. OpenTelemetry's SDK calls it as it calls any span processor; it is
known there by its methods, and the SDK is not imported.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

OPEN = 1_000
"""Runs that may be open at a time; of more, the oldest is told of as it stands and forgotten."""
_LOG = logging.getLogger("aimon_trace")


class SpanListener(Protocol):
    """Who hears of each span that is over, in the thread that ended it."""

    def span(self, span: Any) -> None:
        """A span is over."""


class Gathered(NamedTuple):
    """The spans of one run."""

    root: Any
    spans: Sequence[Any]
    """Those that are over; without the root where the run is given up before its end."""
    partial: bool
    """Whether the run had begun before anybody listened, or was given up."""


class _Run:
    """A run that is not over, or whose last spans are not."""

    def __init__(self, root: Any, *, partial: bool) -> None:
        self.root, self.partial = root, partial
        self.spans: list[Any] = []
        self.known: set[int] = set()
        self.open: set[int] = set()
        self.lock = threading.Lock()
        """Held while it is told of, so that whoever knows more tells later."""


class Gatherer:
    """A span processor. Its callers are the agent's own threads: nothing that goes wrong here is raised there."""

    def __init__(
        self, scopes: Sequence[str], finished: Callable[[Gathered], None], listeners: Sequence[SpanListener] = ()
    ) -> None:
        """A root is a span of one of `scopes` that lies in no run; whatever lies in it belongs to its run.

        `finished` hears of each run when its root is over, and again where spans of it came later.
        """
        self._scopes, self._finished, self._listeners = tuple(scopes), finished, listeners
        self._lock = threading.Lock()
        self._runs: dict[int, _Run] = {}
        """By the id of each of its spans."""
        self._order: dict[_Run, None] = {}
        self._closed = False
        self._here = threading.local()

    def knows(self, span: Any) -> bool:
        """Whether a span is of a run that is gathered here."""
        return span.get_span_context().span_id in self._runs

    @contextmanager
    def late(self) -> Iterator[None]:
        """A root that begins in this block, in this thread, is a part of a run that nobody saw begin."""
        self._here.late = True
        try:
            yield
        finally:
            self._here.late = False

    @property
    def is_done(self) -> bool:
        """Whether it is closed, and its last run is over."""
        return self._closed and not self._order

    def close(self) -> None:
        """Begin no more runs; those that are open are gathered to their end."""
        self._closed = True

    # ------------------------------------------------------------------ what the SDK calls

    def on_start(self, span: Any, parent_context: Any = None) -> None:  # noqa: ARG002 - the SDK's signature
        """A span began."""
        own, above = span.context.span_id, span.parent.span_id if span.parent is not None else None
        given_up = None
        with self._lock:
            run = self._runs.get(above) if above is not None else None
            if run is None:
                if self._closed or not _scope(span).startswith(self._scopes):
                    return
                run = _Run(span, partial=getattr(self._here, "late", False))
                self._order[run] = None
                if len(self._order) > OPEN:
                    given_up = next(iter(self._order))
                    self._forget(given_up)
            self._runs[own] = run
            run.known.add(own)
            run.open.add(own)
        if given_up is not None:
            self._tell(given_up)

    def on_end(self, span: Any) -> None:
        """A span is over."""
        own = span.context.span_id
        with self._lock:
            run = self._runs.get(own)
            if run is None:
                return
            run.spans.append(span)
            run.open.discard(own)
            rest = bool(run.open)
            over = run.root.context.span_id not in run.open
            if over and not rest:
                self._forget(run)
        for listener in self._listeners:
            _quietly(listener.span, span)
        if over and (not rest or own == run.root.context.span_id):
            self._tell(run)

    def _on_ending(self, span: Any) -> None:
        """Nothing: a span is read when it changes no more."""

    def shutdown(self) -> None:
        """The provider ends."""
        self.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's signature
        """Nothing waits here."""
        return True

    # ------------------------------------------------------------------ runs

    def _forget(self, run: _Run) -> None:
        self._order.pop(run, None)
        for span_id in run.known:
            self._runs.pop(span_id, None)

    def _tell(self, run: _Run) -> None:
        with run.lock:
            partial = run.partial or run.root.context.span_id in run.open
            _quietly(self._finished, Gathered(run.root, tuple(run.spans), partial))


def _quietly(tell: Callable[[Any], None], told: Any) -> None:
    """A full disk, or a span that nobody foresaw, is a line in the log, and not the agent's business."""
    try:
        tell(told)
    except Exception:  # noqa: BLE001 - as above: the agent goes on
        _LOG.exception("a trace is lost, or a part of it")


def _scope(span: Any) -> str:
    return getattr(span.instrumentation_scope, "name", None) or ""
