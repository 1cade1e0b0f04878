"""Where what is exported or passed on goes: an address as OTLP has it, never aimon's own port."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from aimon_core.errors import UsageError

PATH = "/v1/traces"
_SIGNALS = (PATH, "/v1/logs", "/v1/metrics")


def traces_url(told: str, *, host: str, port: int) -> str:
    """The address to post spans to, with OTLP's path where only the collector is named. Raises UsageError."""
    return collector_url(told, host=host, port=port) + PATH


def collector_url(told: str, *, host: str, port: int) -> str:
    """The address of a collector, without the path of a signal.

    `host` and `port` are where this aimon listens. Raises UsageError.
    """
    try:
        url = urlsplit(told)
        own = url.port == port and _is_here(url.hostname or "", host)
    except ValueError as error:
        raise UsageError(f"{told!r} is no address of a collector: {error}.", _HINT) from error
    if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment:
        raise UsageError(f"{told!r} is no address of a collector.", _HINT)
    if url.username or url.password:
        raise UsageError("An address with a password in it shows it to every user.", "Put it into [export_headers].")
    if own:
        raise UsageError(f"{told} is this aimon itself.", "Name another collector.")
    path = url.path.rstrip("/")
    for signal in _SIGNALS:
        path = path.removesuffix(signal)
    return url._replace(path=path).geturl()


def _is_here(name: str, host: str) -> bool:
    """Whether a name means the address we listen on; only this machine's own can be."""
    if name in {"localhost", host} or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


_HINT = "It looks like http://127.0.0.1:4319."
