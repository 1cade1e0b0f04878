"""Every failure of capture and conversion a person can be told about; the names are those of the original.

AimonError
├── TraceError
│   ├── TracerNotActiveError          a step outside of `Tracer.run`
│   ├── StepValidationError           a step that is none: a field of another kind, a known id, an unknown parent
│   ├── ConversionError               a span without what its step needs, in strict mode
│   ├── CollectorError                a collector that cannot listen, or is started twice
│   ├── InstrumentorAlreadyActiveError, InstrumentorNotActiveError
│   └── InstrumentorUnavailable       the framework, or what instruments it, is not installed
└── Unreadable
    └── TraceUnreadable               a file that is no trace, or one of a later version
"""

from aimon_core.errors import AimonError, Unreadable


class TraceError(AimonError):
    """A trace could not be captured or converted."""


class TracerNotActiveError(TraceError):
    """A step was told to a tracer whose run has not begun, or is over."""


class StepValidationError(TraceError, ValueError):
    """A step that its trace cannot take."""


class ConversionError(TraceError, ValueError):
    """A span lacks what its step cannot be without; only strict conversion raises it."""


class CollectorError(TraceError):
    """A collector cannot listen where it was told to, or was started twice."""


class InstrumentorAlreadyActiveError(TraceError):
    """`instrument()` on an instrumentor that is installed."""


class InstrumentorNotActiveError(TraceError):
    """`uninstrument()` on an instrumentor that is not installed."""


class InstrumentorUnavailable(TraceError):
    """A framework cannot be instrumented: it, or the package that instruments it, is not installed."""


class TraceUnreadable(Unreadable):
    """A file is no trace, or was written by a version that promises other things."""


class TraceWarning(UserWarning):
    """Something in a trace was kept as it came, or left out, because nobody here knows what it means."""
