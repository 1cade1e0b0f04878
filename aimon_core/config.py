"""The settings and where each comes from: defaults, then the file, then the environment, then the command line.

One flat set of names serves all four: `port` in the file is `AIMON_PORT` in the environment and `--port` on the
command line. msgspec, not pydantic: pydantic costs 215 ms before the first paint.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, ValidationError, convert
from msgspec.structs import fields

from aimon_core.errors import UsageError

Seconds = Annotated[float, Meta(gt=0)]
Source = Literal["otlp", "hooks", "transcripts", "processes"]
Told = Literal["waiting", "failed", "completed", "broken"]
_HOUR = r"([01]\d|2[0-3]):[0-5]\d"


PORT, GRPC_PORT = 4318, 4317
"""Where agents send OTLP by default, https://opentelemetry.io/docs/specs/otlp/."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set."""

    host: str = "127.0.0.1"
    """Address to listen on; only this machine's own, unless there is a token."""
    token: str | None = None
    """What callers from other machines must show; no option of the command line, which every user can read."""
    strict_peer: bool = False
    """Whether callers are refused whose user the system does not tell: everybody outside of Linux, and by network."""
    port: Annotated[int, Meta(ge=0, le=65535)] = PORT
    """TCP port of OTLP, hooks and the API; 0 takes a free one."""
    grpc_port: Annotated[int, Meta(ge=0, le=65535)] | None = None
    """TCP port of OTLP over gRPC; 0 opens none. If not told 4317, and none where `port` is another than its default."""
    allow_host: tuple[str, ...] = ()
    """Host names beside localhost by which clients may call, e.g. `host.docker.internal`."""
    sources: tuple[Source, ...] = ("otlp", "hooks", "transcripts", "processes")
    """Where aimon learns of sessions: what agents send, their hooks, their own files, the process table."""
    state_dir: str | None = None
    """Folder of the journal and the log; None takes the user's own."""
    persist: bool = True
    """Whether deliveries are kept, so that a restart knows them."""
    keep_days: Annotated[float, Meta(gt=0)] = 7.0
    """Days that the journal goes back at most."""
    keep_mib: Annotated[int, Meta(ge=1)] = 512
    """MiB that the journal takes at most; the oldest deliveries go first."""
    ascii: bool = False
    """Draw with ASCII characters only."""
    theme: str | None = None
    """Name of the screen's theme; None looks at the terminal."""
    bell: bool = True
    """Ring the terminal's bell when a session begins to wait."""
    title: bool = True
    """Say in the terminal's title how many wait."""
    notify: bool = True
    """Whether a person is notified outside the screen."""
    notify_on: tuple[Told, ...] = ("waiting", "failed", "completed", "broken")
    """What is worth a notification: states, and expectations that a session broke."""
    title_beacon: bool = True
    """Whether a terminal may have a title for a moment when a person goes there, to tell its windows apart."""
    quiet_hours: Annotated[str, Meta(pattern=f"^{_HOUR}-{_HOUR}$")] | None = None
    """Local hours without notifications, `22:00-07:00`."""
    quiet_period: Seconds = 10.0
    """Silence in seconds after a model's answer that ends a turn which nothing else ends."""
    expire_after: Seconds = 43_200.0
    """Silence in seconds after which a session is given up."""
    broadcast_interval: Seconds = 5.0
    """Seconds between two full lists on the NDJSON stream."""
    stream_quiet_period: Seconds | None = None
    """Seconds; on the NDJSON stream only, a session that works in silence this long is told as completed."""
    stream_completed_timeout: Seconds | None = None
    """Seconds; on the NDJSON stream only, a completed session is told as idle after them."""
    stream_session_timeout: Seconds | None = None
    """Seconds; on the NDJSON stream only, a silent session is told as expired after them."""
    export_otlp: str | None = None
    """Address of a collector that is sent every finished tree over OTLP."""
    export_content: bool = False
    """Whether heads of prompts, what tools work on and errors go along."""
    export_headers: dict[str, str] = {}
    """Headers for that collector, e.g. `Authorization`."""
    forward: tuple[str, ...] = ()
    """Addresses of collectors to which every OTLP request is passed on as it came."""
    forward_headers: dict[str, dict[str, str]] = {}
    """Headers for each of them, by its address as `forward` has it."""
    keys: dict[str, str] = {}
    """The screen's keys by what they do, e.g. `next_error = "E"`."""
    prices: dict[str, dict[str, float]] = {}
    """By model, dollars per million tokens by part, over the price table."""

    expectations: dict[str, dict[str, Any]] = {}
    """By project, or a glob of it, what its sessions are judged by while they run (`aimon_trace.expectations`)."""
    file: str = ""
    """The file that was read, for who names a setting in it; no setting itself."""

    @property
    def grpc_port_in_force(self) -> int:
        """The port of OTLP over gRPC; 0 for none. A second aimon on a port of its own does not fight for it."""
        if self.grpc_port is not None:
            return self.grpc_port
        return GRPC_PORT if self.port == PORT else 0


def local(host: str) -> str:
    """Where programs of this machine find an aimon that listens on `host`: an address of the network comes beside."""
    return host if host in {"localhost", "::1", "[::1]"} or host.startswith("127.") else "127.0.0.1"


NAMES = tuple(field.name for field in fields(Settings) if field.name != "file")
"""Every setting's name."""

_TABLES = {"expectations", "export_headers", "forward_headers", "keys", "prices"}
"""Settings that only the file can hold."""

_OLDER_NAMES = {
    "OTLP_PORT": "port",
    "OTEL_AI_QUIET_PERIOD": "stream_quiet_period",
    "OTEL_AI_SESSION_TIMEOUT": "stream_session_timeout",
    "OTEL_AI_COMPLETED_TIMEOUT": "stream_completed_timeout",
    "OTEL_AI_BROADCAST_INTERVAL": "broadcast_interval",
}
"""The environment of otel-ai-monitor, whose stream aimon continues; aimon's own names win over them."""


class Config(Struct, frozen=True):
    """The settings in force, and who set each."""

    settings: Settings
    sources: dict[str, str]
    """By name: `default`, the file's path, the variable, or the option."""


def load(file: Path, environment: Mapping[str, str], flags: Mapping[str, Any]) -> Config:
    """Read all four layers; a missing file is an empty one. UsageError names the layer, the setting and the remedy."""
    values: dict[str, Any] = {}
    sources = dict.fromkeys(NAMES, "default")
    for name, value, source in (*_from_file(file), *_from_environment(environment), *_from_flags(flags)):
        values[name] = _typed(name, value, source, strict=source not in environment)
        sources[name] = source
    return Config(Settings(**values, file=str(file) if file.exists() else ""), sources)


def _from_file(file: Path) -> list[tuple[str, Any, str]]:
    if not file.exists():
        return []
    import tomllib  # noqa: PLC0415 - 3 ms of the first paint, and most people have no file

    try:
        told = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.", "Mend or remove the file.") from error
    for name in told:
        if name not in NAMES:
            raise UsageError(f"{file}: there is no setting {name!r}.", _nearest(name))
    return [(name, value, str(file)) for name, value in told.items()]


def _from_environment(environment: Mapping[str, str]) -> list[tuple[str, Any, str]]:
    known = _OLDER_NAMES | {f"AIMON_{name.upper()}": name for name in NAMES if name not in _TABLES}
    return [(name, environment[variable], variable) for variable, name in known.items() if environment.get(variable)]


def _from_flags(flags: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
    return [
        (name, value, f"--{name.replace('_', '-')}")
        for name, value in flags.items()
        if value is not None and value != ()
    ]


def _typed(name: str, value: Any, source: str, *, strict: bool) -> Any:
    if name in {"allow_host", "forward", "sources", "notify_on"} and isinstance(value, str):
        value = tuple(part.strip() for part in value.split(",") if part.strip())
    try:
        # The environment has only strings, so there one may stand for a number or a boolean; a file says what it means.
        typed = convert({name: value}, Settings, strict=strict)
    except ValidationError as error:
        reason = str(error).split(" - at ")[0]
        raise UsageError(f"{source}: {name} = {value!r} is not understood: {reason}.", _HINT) from error
    return getattr(typed, name)


def _nearest(name: str) -> str:
    import difflib  # noqa: PLC0415 - as above

    close = difflib.get_close_matches(name.replace("-", "_"), NAMES, n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}?" if close else _HINT


_HINT = "`aimon config show` lists every setting."
