"""Process facts, all from here: who a pid is, whether it still lives, who owns a port.

A pid alone is no identity, for the system gives it away again: a process counts only with our own uid and the start
time that was recorded with it.
"""

import http.client
import json
import os
from contextlib import suppress

import psutil
from msgspec import Struct

_HEALTH_S = 0.5
"""How long the owner of a port may take to say that it is an aimon."""
_STARTING_S = 5.0
"""The same where a service manager holds the port: the question itself starts the aimon that is to answer."""
_MANAGERS = {"systemd", "systemd-socket-activate"}


class Process(Struct, frozen=True):
    """One process, as the system tells it now."""

    pid: int
    started_at: float
    """Seconds since the epoch; with the pid, the identity of the process."""
    uid: int
    parent: int | None
    tty: str | None
    """E.g. `/dev/pts/3`; None without a terminal."""
    command: str
    """The command line, arguments joined by blanks; the bare name where it cannot be read."""


class Owner(Struct, frozen=True):
    """Who listens on a port."""

    pid: int | None
    """None where the process belongs to somebody else and the system does not tell."""
    command: str
    """Empty where it is not told."""
    is_aimon: bool

    def __str__(self) -> str:
        name = os.path.basename(self.command.split(" ", 1)[0]) or "another program"  # noqa: PTH119 - a name, no path
        return f"{name} (pid {self.pid})" if self.pid else name


def facts(pid: int) -> Process | None:
    """What is known about a pid; None where there is no such process."""
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            try:
                command = " ".join(process.cmdline()) or process.name()
            except psutil.AccessDenied:
                command = process.name()
            return Process(pid, process.create_time(), process.uids().real, process.ppid(), terminal(process), command)
    except psutil.Error:
        return None


def terminal(process: psutil.Process) -> str | None:
    """The terminal of a process, e.g. `/dev/pts/3`; psutil only knows those that were there when it looked first."""
    found: str | None = process.terminal()
    if found is None and (terminals := getattr(psutil, "_psposix", None)) is not None:
        terminals.get_terminal_map.cache_clear()
        found = process.terminal()
    return found


def alive(pid: int, started_at: float) -> bool:
    """Whether the very process that was recorded still runs, and is ours."""
    process = facts(pid)
    return process is not None and process.uid == os.getuid() and abs(process.started_at - started_at) < 1.0


def port_owner(port: int, host: str = "127.0.0.1") -> Owner | None:
    """Who listens on a TCP port of this machine; None when nobody does."""
    listening, pid = _listener(port)
    process = facts(pid) if pid else None
    handed = listening and (process is None or _is_manager(process))
    health = _health(host, port, _STARTING_S if handed else _HEALTH_S)
    if not listening and health is None:
        return None
    told = health or {}
    is_aimon = told.get("service") == "aimon"
    if (pid is None or handed) and is_aimon and isinstance(claimed := told.get("pid"), int):
        pid, process = claimed, facts(claimed)
    return Owner(pid, process.command if process else "", is_aimon)


def _is_manager(process: Process) -> bool:
    """Whether a process holds a port for a program that is started by the first who asks."""
    return os.path.basename(process.command.split(" ", 1)[0]) in _MANAGERS  # noqa: PTH119 - a name, no path


def _listener(port: int) -> tuple[bool, int | None]:
    with suppress(psutil.Error):  # macOS tells only root
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                return True, connection.pid
    return False, None


def _health(host: str, port: int, wait_s: float) -> dict[str, object] | None:
    """What the port answers on `/health`: a document, {} for anything that is none, None when nobody answers."""
    door = http.client.HTTPConnection(host, port, timeout=wait_s)
    try:
        door.connect()
    except OSError:
        return None
    try:
        door.request("GET", "/health")
        told = json.loads(door.getresponse().read(4096))
    except (OSError, ValueError, http.client.HTTPException):
        return {}
    finally:
        door.close()
    return told if isinstance(told, dict) else {}


def since_boot(ticks: int) -> float:
    """Seconds since the epoch of a moment that Linux tells in clock ticks since the boot."""
    return psutil.boot_time() + ticks / os.sysconf("SC_CLK_TCK")
