"""Where spans come from: packages that instrument a framework, each installed once, and the providers they write to.

Apart from `base`, since two instrumentors may need one source: CrewAI's calls are those of OpenAI's SDK. All that are
not told a provider share one of ours, so that spans of one run lie in each other whichever of them made them.
"""

import threading
import warnings
from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from aimon_trace.errors import InstrumentorAlreadyActiveError, InstrumentorUnavailable, TraceError, TraceWarning
from aimon_trace.instrument.processor import Gatherer

ATTRIBUTES = 10_000
"""Attributes that a span may have: each message of a conversation is several, and the SDK drops the first of them."""


class Source(NamedTuple):
    """A package that instruments something with an `Instrumentor` of OpenTelemetry."""

    module: str
    """Which is also the scope of its spans."""
    kind: str
    """The class in it."""
    framework: str
    """The module that it instruments."""

    @property
    def scope(self) -> str:
        """What the scope of its spans begins with."""
        return self.module

    def switch(self) -> Any:
        """What turns it on and off. Raises ImportError where it, or what it instruments, is not installed."""
        import_module(self.framework)
        return getattr(import_module(self.module), self.kind)()

    def is_there(self) -> bool:
        """Whether it and what it instruments are installed; nothing is loaded."""
        try:
            return find_spec(self.framework) is not None and find_spec(self.module) is not None
        except ModuleNotFoundError:  # the package around it is not there either
            return False


class Relay:
    """The one span processor that a provider gets: the SDK can add some and take none away."""

    def __init__(self) -> None:
        self._gatherers: tuple[Gatherer, ...] = ()

    def add(self, gatherer: Gatherer) -> None:
        """Tell it of every span from now on, until it is closed and its last run is over."""
        self._gatherers = (*(one for one in self._gatherers if not one.is_done), gatherer)

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        """A span began."""
        for gatherer in self._gatherers:
            gatherer.on_start(span, parent_context)

    def on_end(self, span: Any) -> None:
        """A span is over."""
        for gatherer in self._gatherers:
            gatherer.on_end(span)

    def _on_ending(self, span: Any) -> None:
        """Nothing: a span is read when it changes no more."""

    def shutdown(self) -> None:
        """Nothing: what is open is told of when it is over."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's signature
        """Nothing waits here."""
        return True


class _Installed:
    """A source that is on."""

    def __init__(self, switch: Any, provider: Any, *, ours: bool) -> None:
        self.switch, self.provider, self.ours, self.users = switch, provider, ours, 0


_LOCK = threading.RLock()
_INSTALLED: dict[Source, _Installed] = {}
_RELAYS: WeakKeyDictionary[Any, Relay] = WeakKeyDictionary()


@lru_cache(maxsize=1)
def own_provider() -> Any:
    """The provider of all who are told none. Nothing of the environment turns it off, samples or cuts its spans."""
    from opentelemetry.sdk import trace  # noqa: PLC0415 - 60 ms, once something is instrumented
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - same
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON  # noqa: PLC0415 - same

    whole = trace.SpanLimits.UNSET
    limits = trace.SpanLimits(
        max_span_attributes=ATTRIBUTES,
        max_attributes=ATTRIBUTES,
        max_attribute_length=whole,
        max_span_attribute_length=whole,
    )
    made = trace.TracerProvider(sampler=ALWAYS_ON, resource=Resource({}), span_limits=limits, shutdown_on_exit=False)
    made._disabled = False  # noqa: SLF001 - OTEL_SDK_DISABLED is how CrewAI's own telemetry is turned off
    return made


def listen(provider: Any, gatherer: Gatherer) -> None:
    """Hear of the spans of a provider. Raises TraceError for one that nobody can listen to."""
    with _LOCK:
        relay = _RELAYS.get(provider)
        if relay is None:
            if not hasattr(provider, "add_span_processor"):
                raise TraceError(
                    f"A {type(provider).__name__} takes no span processor.",
                    "Give a TracerProvider of opentelemetry-sdk, or none.",
                )
            relay = _RELAYS[provider] = Relay()
            provider.add_span_processor(relay)
        relay.add(gatherer)


def install(source: Source, provider: Any, *, given: bool) -> Any:
    """Turn a source on, or use one that is; what turned it on.

    Raises ImportError where it is not installed, InstrumentorUnavailable where it does not know this version of its
    framework, and InstrumentorAlreadyActiveError where its spans go to another provider. A `given` provider may be the
    one that somebody else turned it on with.
    """
    with _LOCK:
        here = _INSTALLED.get(source)
        if here is None:
            switch = source.switch()
            ours = not switch.is_instrumented_by_opentelemetry
            if not ours and not given:
                raise _elsewhere(source)
            if ours:
                _turn_on(source, switch, provider)
            here = _INSTALLED[source] = _Installed(switch, provider, ours=ours)
        if here.provider is not provider:
            raise _elsewhere(source)
        here.users += 1
        return here.switch


def install_those(sources: Iterable[Source], provider: Any, *, given: bool) -> list[Source]:
    """Turn on those sources that can be; a warning for one whose spans go elsewhere."""
    found = []
    for source in sources:
        if source.is_there():
            try:
                install(source, provider, given=given)
            except (InstrumentorAlreadyActiveError, InstrumentorUnavailable) as error:
                warnings.warn(f"Its model calls are not in the trace: {error.message}", TraceWarning, stacklevel=4)
            else:
                found.append(source)
    return found


def remove(source: Source) -> None:
    """Turn a source off once nobody uses it any more; one that somebody else turned on stays on."""
    with _LOCK:
        here = _INSTALLED[source]
        here.users -= 1
        if here.users:
            return
        del _INSTALLED[source]
        if here.ours:
            here.switch.uninstrument()


def _turn_on(source: Source, switch: Any, provider: Any) -> None:
    from opentelemetry.instrumentation.dependencies import DependencyConflictError  # noqa: PLC0415 - as above

    try:
        switch.instrument(tracer_provider=provider, raise_exception_on_conflict=True)
    except DependencyConflictError as error:
        raise InstrumentorUnavailable(
            f"{source.module} does not know this version of its framework: {error}.",
            f"Install another: pip install -U {source.module.replace('.', '-').replace('_', '-')}",
        ) from error


def _elsewhere(source: Source) -> InstrumentorAlreadyActiveError:
    return InstrumentorAlreadyActiveError(
        f"{source.framework} is instrumented already, for another tracer provider.",
        "Say which one: tracer_provider=…, or turn the other one off.",
    )
