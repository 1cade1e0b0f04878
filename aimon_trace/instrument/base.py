"""What all instrumentors have in common: turned on by one line, off by another, and a trace for each run between.

Apart from the frameworks, which are tables to it. A run is a root span with all that lies in it, however many there are
at a time; it becomes a document by `convert`, as spans from anywhere do, and goes to a running aimon while it lasts.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any, ClassVar, Self
from uuid import UUID

from aimon_trace import files, live
from aimon_trace.errors import (
    InstrumentorAlreadyActiveError,
    InstrumentorNotActiveError,
    InstrumentorUnavailable,
)
from aimon_trace.instrument import packages
from aimon_trace.instrument.packages import Source
from aimon_trace.instrument.processor import Gathered, Gatherer
from aimon_trace.redaction import RedactionConfig
from aimon_trace.run import AgentInfo, TraceRun

KEPT = 1_000
"""Runs that `get_traces` gives: the last ones."""
_LOCK = threading.RLock()
_ACTIVE: dict[str, "Instrumentor"] = {}
"""By framework, who is on."""


class Instrumentor:
    """Traces whatever a framework does in this process: `LangChainInstrumentor(output_path="traces").instrument()`.

    It is a context manager, too, on for as long as its block.
    """

    name: ClassVar[str]
    """As the registry and the extra of the package call it."""
    package: ClassVar[str]
    """The distribution whose version is the framework's."""
    needs: ClassVar[tuple[Source, ...]]
    takes: ClassVar[tuple[Source, ...]] = ()
    """What else is turned on where it is installed, since calls that the framework makes are known by it alone."""

    def __init__(  # noqa: PLR0913 - an argument for each thing to say
        self,
        output_path: str | os.PathLike[str] | None = None,
        *,
        agent_name: str | None = None,
        agent_version: str | None = None,
        tracer_provider: Any = None,
        redaction: RedactionConfig | None = None,
        capture_inputs: bool = True,
        capture_outputs: bool = True,
        listeners: Sequence[live.Live] | None = None,
    ) -> None:
        """Nothing happens until `instrument`.

        Each run is left in the folder `output_path` as `trace-<run_id>.json` once it is over. `agent_name` stands for
        what a run calls itself. `tracer_provider` is one of OpenTelemetry's SDK that the spans go to anyway; without
        it they go nowhere else. `redaction` is `RedactionConfig()` unless told. `listeners` are the running aimon, if
        there is one, unless told.
        """
        self._folder = None if output_path is None else Path(output_path)
        self._agent = agent_name, agent_version
        self._given = tracer_provider
        self._redaction = (redaction or RedactionConfig()).keeping(inputs=capture_inputs, outputs=capture_outputs)
        self._listeners = listeners
        self._traces: deque[TraceRun] = deque(maxlen=KEPT)
        self._lock = threading.Lock()
        self._on: list[Source] = []
        self._undoing: list[Callable[[], None]] = []
        self._gatherer: Gatherer | None = None
        self._converter: Any = None

    # ------------------------------------------------------------------ on and off

    def instrument(self) -> Self:
        """Turn it on, for the whole process.

        Raises InstrumentorAlreadyActiveError where this or another one of its framework is on, InstrumentorUnavailable
        where the framework or what instruments it is not installed, and OSError where there can be no such folder.
        """
        with _LOCK:
            if self.name in _ACTIVE:
                raise InstrumentorAlreadyActiveError(
                    f"{self.name} is instrumented already.", "Call uninstrument() on the one that is on, first."
                )
            if self._folder is not None:
                self._folder.mkdir(parents=True, exist_ok=True)
            try:
                self._turn_on()
            except BaseException as error:
                self._turn_off()
                if isinstance(error, ImportError):
                    raise self.unavailable(error) from error
                raise
            _ACTIVE[self.name] = self
        return self

    def uninstrument(self) -> None:
        """Turn it off; runs that have begun are traced to their end. Raises InstrumentorNotActiveError if it is off."""
        with _LOCK:
            if not self.is_active:
                raise InstrumentorNotActiveError(
                    f"{self.name} is not instrumented by this.", "Call instrument() first."
                )
            del _ACTIVE[self.name]
            self._turn_off()

    @property
    def is_active(self) -> bool:
        """Whether it is on."""
        return _ACTIVE.get(self.name) is self

    def is_instrumented(self) -> bool:
        """Whether it is on, as the original asked it."""
        return self.is_active

    def __enter__(self) -> Self:
        return self.instrument()

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.uninstrument()

    def get_traces(self) -> list[TraceRun]:
        """The runs that are over, in the order in which they ended; the last `KEPT` of them."""
        with self._lock:
            return list(self._traces)

    @classmethod
    def unavailable(cls, error: ImportError) -> InstrumentorUnavailable:
        """What somebody is told who lacks the extra."""
        return InstrumentorUnavailable(
            f"{cls.name} cannot be instrumented: {error.name or error} is not installed.",
            f"pip install 'aimon-tui[{cls.name}]'",
        )

    # ------------------------------------------------------------------ beneath

    def _turn_on(self) -> None:
        from aimon_trace.convert import SpanConverter  # noqa: PLC0415 - protobuf, for who has something to convert

        self._converter = SpanConverter(warn_on_missing=False, redaction=self._redaction)
        given = self._given is not None
        provider = self._given if given else packages.own_provider()
        scopes = [source.scope for source in self.needs]
        hearing = live.listeners() if self._listeners is None else self._listeners
        self._gatherer = Gatherer(scopes, self._finished, [_Naming(one, self._resource()) for one in hearing])
        for source in self.needs:
            switch = packages.install(source, provider, given=given)
            self._on.append(source)
            self._undoing += self._installed(switch, self._gatherer)
        self._on += packages.install_those(self.takes, provider, given=given)
        packages.listen(provider, self._gatherer)

    def _installed(self, switch: Any, gatherer: Gatherer) -> list[Callable[[], None]]:  # noqa: ARG002 - for others
        """A source is on: the place to look closer for whoever can, and to say how that is undone."""
        return []

    def _named(self, root: Any) -> str:
        """What a run calls itself."""
        return str(root.name)

    def _turn_off(self) -> None:
        while self._undoing:
            self._undoing.pop()()
        while self._on:
            packages.remove(self._on.pop())
        if self._gatherer is not None:
            self._gatherer.close()

    def _resource(self) -> dict[str, str] | None:
        """Who a running aimon is told the agent is; None for what the given provider says."""
        name, version = self._agent
        if name is None and self._given is not None:
            return None
        return {"service.name": name or self.name, **({"service.version": version} if version else {})}

    def _finished(self, told: Gathered) -> None:
        name, version = self._agent
        agent = AgentInfo(
            name=name or self._named(told.root),
            version=version,
            framework=self.name,
            framework_version=_version(self.package),
        )
        run: TraceRun = self._converter.convert_trace(told.spans, self._converter.redactor.document(agent))
        if not run.steps:
            return
        if told.root.parent is not None:  # a part of somebody's trace, who may have more of them in it
            run.run_id = str(UUID(bytes=blake2b(run.run_id.encode() + _id(told.root), digest_size=16).digest()))
        if told.partial:
            run.metadata = {**(run.metadata or {}), "partial": True}
        self._keep(run)
        if self._folder is not None:
            files.save(run, self._folder / f"trace-{run.run_id}.json")

    def _keep(self, run: TraceRun) -> None:
        with self._lock:
            for place, known in enumerate(self._traces):
                if known.run_id == run.run_id:
                    self._traces[place] = run
                    return
            self._traces.append(run)


class _Naming:
    """A listener that hears who the agent is, too: our provider is everybody's."""

    def __init__(self, listener: live.Live, resource: dict[str, str] | None) -> None:
        self._listener = listener
        self._resource = None if resource is None else SimpleNamespace(attributes=resource)

    def span(self, span: Any) -> None:
        """A span is over."""
        self._listener.span(span if self._resource is None else _Named(span, self._resource))


class _Named:
    """A span, but for the resource that it is of."""

    __slots__ = ("_span", "resource")

    def __init__(self, span: Any, resource: Any) -> None:
        self._span, self.resource = span, resource

    def __getattr__(self, name: str) -> Any:
        return getattr(self._span, name)


def _id(span: Any) -> bytes:
    return int(span.context.span_id).to_bytes(8, "big")


@lru_cache(maxsize=64)
def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
