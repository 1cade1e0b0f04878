"""The hook program: one agent's payload from standard input to aimon, unparsed; always quiet, always exit code 0.

It stands apart from everything: `aimon setup` copies this file and agents start it at each of their steps, so it
imports no aimon and nothing that is slow to load, and outlives the version it came with. It speaks bare HTTP to the
Unix socket, else to the port, and else leaves the very same bytes in the spool.

    python -S -E hook_program.py AGENT [PAYLOAD]
"""

import os
import sys
import time
from _socket import AF_INET, AF_UNIX, socket  # `socket` itself takes longer to load than Python to start
from select import select

PAYLOAD = 8 << 20
"""Bytes of a payload; a larger one is read to its end, so that the agent can finish writing, and let go."""
ANSWER_S = 0.8
"""From the first byte of the payload to the answer: what a receiver that hangs may cost the agent."""
SPOOL_FILES, SPOOL_BYTES = 20_000, 64 << 20
"""What the spool holds at most; beyond, the oldest go."""
PARENTS = 12

TERMINAL = """
    TMUX TMUX_PANE STY WINDOW ZELLIJ_SESSION_NAME ZELLIJ_PANE_ID KITTY_WINDOW_ID KITTY_LISTEN_ON WEZTERM_PANE
    WEZTERM_UNIX_SOCKET KONSOLE_DBUS_SERVICE KONSOLE_DBUS_SESSION KONSOLE_DBUS_WINDOW GNOME_TERMINAL_SCREEN
    ALACRITTY_WINDOW_ID ITERM_SESSION_ID WINDOWID TERM_PROGRAM SSH_CONNECTION
"""
"""Variables that say where a terminal is."""


def main(agent: str, given: str | None) -> None:
    """Deliver one payload; `given` instead of standard input, for Codex's `notify`."""
    at_ns, until = time.time_ns(), time.monotonic() + ANSWER_S
    body = given.encode("utf-8", "surrogateescape") if given is not None else read(until)
    if not body or len(body) > PAYLOAD or not agent.isascii() or not agent.replace("-", "").isalnum():
        return
    message = request(agent, at_ns, body)
    if not taken(message, until):
        spool(state_dir() + "/spool", at_ns, message)


def taken(message: bytes, until: float) -> bool:
    """Whether a receiver has taken the message, at the Unix socket or else at the port."""
    port = os.environ.get("AIMON_PORT") or os.environ.get("OTLP_PORT") or "4318"
    for family, address in (
        (AF_UNIX, runtime_dir() + "/hooks.sock"),
        (AF_INET, ("127.0.0.1", int(port) if port.isdecimal() else 4318)),
    ):
        try:
            if delivered(socket(family), address, message, until):
                return True
        except TimeoutError:
            break
        except (OSError, OverflowError):
            pass  # nobody is there
    return False


def read(until: float) -> bytes:
    """Standard input to its end; nothing from a terminal, or where the writer takes too long."""
    pieces: list[bytes] = []
    size = 0
    while select([0], [], [], max(0.0, until - time.monotonic()))[0]:
        piece = os.read(0, 1 << 16)
        if not piece:
            return b"".join(pieces)
        size += len(piece)
        if size <= PAYLOAD:
            pieces.append(piece)
        else:
            pieces, until = [], time.monotonic() + ANSWER_S
    return b""


def request(agent: str, at_ns: int, body: bytes) -> bytes:
    """The payload as a request, with what only this process knows in its headers."""
    head = [
        f"POST /hooks/{agent} HTTP/1.1\r\nHost: localhost\r\nConnection: close",
        f"Content-Type: application/json\r\nContent-Length: {len(body)}",
        f"X-Aimon-At: {at_ns}\r\nX-Aimon-Parents: {parents()}",
    ]
    for name in TERMINAL.split():
        value = os.environ.get(name, "")
        if value and len(value) <= 256 and value.isascii() and value.isprintable():
            head.append(f"X-Aimon-{name.title().replace('_', '-')}: {value}")
    return "\r\n".join(head).encode("ascii") + b"\r\n\r\n" + body


def parents() -> str:
    """The processes above this one, innermost first: `pid@start`, the start in ticks since boot where it is told."""
    chain: list[str] = []
    pid = os.getppid()
    while pid > 1 and len(chain) < PARENTS:
        try:
            with open(f"/proc/{pid}/stat", "rb", 0) as stat:
                fields = stat.read(2048).rpartition(b")")[2].split()
            chain.append(f"{pid}@{int(fields[19])}")
            pid = int(fields[1])
        except (OSError, IndexError, ValueError):
            chain.append(f"{pid}@")
            break
    return ",".join(chain)


def ours(port: int) -> bool:
    """Whether the listener on a port is no other user's, as far as the system tells: it would read what agents do."""
    try:
        with open("/proc/net/tcp", "rb", 0) as table:
            rows = [line.split() for line in table.read().splitlines()[1:]]
    except OSError:
        return True
    place = b":%04X" % port
    users = {int(row[7]) for row in rows if row[3] == b"0A" and row[1].endswith(place)}
    return users <= {os.getuid()}


def delivered(door: socket, address: str | tuple[str, int], message: bytes, until: float) -> bool:
    """Whether a receiver answered that it has taken the message. Raises OSError."""
    door.settimeout(max(0.01, until - time.monotonic()))
    door.connect(address)
    if not isinstance(address, str) and not ours(address[1]):
        return False
    door.sendall(message)
    answer = b""
    while b"\r\n" not in answer:
        door.settimeout(max(0.01, until - time.monotonic()))
        piece = door.recv(4096)
        if not piece:
            return False
        answer += piece
    return answer.startswith(b"HTTP/1.1 200")


def spool(folder: str, at_ns: int, message: bytes) -> None:
    """Leave the message for the next aimon; the file's name tells its order and its size."""
    for made in (os.path.dirname(folder), folder):  # the mode is that of the last folder only
        os.makedirs(made, mode=0o700, exist_ok=True)
    found = os.lstat(folder)
    if found.st_uid != os.getuid() or found.st_mode & 0o170077 != 0o040000:
        return
    kept = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    size = sum(int(name.rpartition("-")[2]) for name in kept) + len(message)
    while kept and (len(kept) >= SPOOL_FILES or size > SPOOL_BYTES):
        oldest = kept.pop(0)
        size -= int(oldest.rpartition("-")[2])
        os.unlink(f"{folder}/{oldest}")
    name = f"{at_ns:020}-{os.getpid()}-{len(message)}"
    file = os.open(f"{folder}/.{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        written = os.write(file, message)
    finally:
        os.close(file)
    if written == len(message):
        os.rename(f"{folder}/.{name}", f"{folder}/{name}")
    else:
        os.unlink(f"{folder}/.{name}")


def runtime_dir() -> str:
    """Where a running aimon has its socket, as `aimon_core.runtime_dir` finds it."""
    if told := os.environ.get("AIMON_RUNTIME_DIR"):
        return told
    for session in (os.environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{os.getuid()}"):
        if os.path.isdir(session):
            return f"{session}/aimon"
    return f"{os.environ.get('TMPDIR', '/tmp').rstrip('/')}/aimon-{os.getuid()}"


def state_dir() -> str:
    """Where aimon keeps what it must not lose, as `aimon_core.paths` finds it."""
    if told := os.environ.get("AIMON_STATE_DIR"):
        return told
    if (told := os.environ.get("XDG_STATE_HOME", "")).startswith("/"):
        return told + "/aimon"
    usual = "~/Library/Application Support/aimon" if sys.platform == "darwin" else "~/.local/state/aimon"
    return os.path.expanduser(usual)


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
    finally:
        os._exit(0)  # whatever it was, the agent must not notice: no exit code, no traceback
