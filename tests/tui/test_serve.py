"""`aimon serve` before it is ready: the journal may take its time, whoever ends it does not wait."""

import asyncio
import os
import signal
import socket

from aimon_core.config import Settings
from aimon_tui import restoring
from aimon_tui.console.serve import serve


async def test_it_ends_when_it_is_told_while_the_journal_is_still_read(tmp_path, monkeypatch, capfd):
    reading = asyncio.Event()

    async def endless(*_):
        reading.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(restoring, "restore", endless)
    for name in ("XDG_RUNTIME_DIR", "AIMON_RUNTIME_DIR", "XDG_STATE_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        async with asyncio.timeout(10):
            serving = asyncio.create_task(serve(Settings(port=0, notify=False, sources=("otlp",))))
            await reading.wait()
            os.kill(os.getpid(), signal.SIGTERM)
            await serving
        assert [manager.recv(100).split(b"\n")[0] for _ in range(2)] == [b"READY=1", b"STOPPING=1"]
    assert "listening" not in capfd.readouterr().err
