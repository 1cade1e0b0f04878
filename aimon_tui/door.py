"""What the screen's header says about the receiver of this process, also while there is none."""

from collections.abc import Callable
from socket import socket
from typing import TYPE_CHECKING

from aimon_core.config import Settings, local
from aimon_tui.forwarding import Forwards

if TYPE_CHECKING:  # what `Runtime.start` imports
    from receiver.server import DoorOptions, Receiver


class Door:
    """The port, open or not."""

    def __init__(self, settings: Settings, forwards: Callable[[], Forwards]) -> None:
        self.forwards = forwards
        """What is passed on to other collectors."""
        self._settings, self._host, self._port = settings, local(settings.host), settings.port
        self.listeners: tuple[socket, ...] = ()
        """Sockets of the port that somebody else opened for us (`receiver.supervisor`)."""
        self.receiver: Receiver | None = None
        self.grpc_port: int | None = None
        """Of OTLP over gRPC, where it is open."""
        self.problem: str | None = None
        """Why nothing can come in, in a sentence; None while all is well."""

    @property
    def port(self) -> int:
        """The port that is open, or that was asked for."""
        return self.receiver.port if self.receiver else self._port

    @property
    def address(self) -> str:
        """Where agents send to."""
        return f"{self._host}:{self.port}"

    @property
    def addresses(self) -> str:
        """All that is open, for the line that says so."""
        grpc = f" grpc://{self._host}:{self.grpc_port}" if self.grpc_port else ""
        wide = f" and {self._settings.host}:{self.port} with the token" if self._host != self._settings.host else ""
        return f"http://{self.address}{grpc}{wide}"

    @property
    def label(self) -> str:
        """The port, as the header says it."""
        return f":{self.port}"

    @property
    def fault(self) -> str:
        """What the header says when it could not be opened."""
        return f":{self.port} taken"

    def rate(self) -> float:
        """Events per second over the last minute."""
        return self.receiver.rate() if self.receiver else 0.0


def options(settings: Settings, folder: str, spool: str, listeners: tuple[socket, ...]) -> "DoorOptions":
    """What the doors bind to, with the Unix socket in the runtime folder, or what they were given."""
    from receiver.server import DoorOptions  # noqa: PLC0415 - after the first paint

    return DoorOptions(
        host=settings.host,
        token=settings.token or "",
        strict_peer=settings.strict_peer,
        port=settings.port,
        grpc_port=settings.grpc_port_in_force,
        listeners=listeners,
        allow_hosts=settings.allow_host,
        socket=f"{folder}/hooks.sock",
        spool=spool,
        takes=frozenset(settings.sources),
    )


def load() -> None:
    """Import what is heavy, for a thread beside the loop: aiohttp alone takes as long as the first paint."""
    import receiver.server  # noqa: PLC0415 - after the first paint
    import receiver.tape  # noqa: F401, PLC0415 - as above
