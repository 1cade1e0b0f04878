"""Programs that look like an agent and speak like one, each in a process of its own."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.fakes.door import Door

SPEAKS = """
import http.client, sys
door = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
for line in sys.stdin:
    path, kind, body = line.split()
    door.request("POST", path, bytes.fromhex(body), {"Content-Type": kind})
    answer = door.getresponse()
    print(answer.status, answer.read().hex() or "-", flush=True)
"""
LAUNCHES = """
import subprocess, sys
subprocess.run([sys.executable, *sys.argv[1:]])
"""


class Agent:
    """A running one; what it is told to post goes over one connection."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    async def post(self, path: str, body: bytes, kind: str = "application/x-protobuf") -> tuple[int, bytes]:
        """Status and body of the answer."""
        self._process.stdin.write(f"{path} {kind} {body.hex()}\n".encode())
        status, answer = (await asyncio.wait_for(self._process.stdout.readline(), 10)).split()
        return int(status), b"" if answer == b"-" else bytes.fromhex(answer.decode())


@asynccontextmanager
async def running(folder: Path, door: Door, *names: str, first: str = "", last: str = "") -> AsyncIterator[Agent]:
    """A chain of programs, each started by the one before; the last one speaks, `first` before, `last` each time."""
    scripts = [folder / name for name in names]
    for script in scripts:
        script.write_text(f"{first}{SPEAKS}    {last}\n" if script is scripts[-1] else LAUNCHES)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *map(str, scripts), str(door.receiver.port),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Agent(process)
    finally:
        process.stdin.close()
        await process.wait()
