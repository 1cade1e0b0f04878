"""A session bus of its own with a notification server on it: nothing is shown on anybody's desktop."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

needs_bus = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="dbus-daemon is not installed")

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen>
<policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>"""


@contextmanager
def session_bus(folder: Path) -> Iterator[str]:
    """The address of a bus that starts no other program."""
    (folder / "bus.conf").write_text(_CONFIG.format(path=folder / "bus"))
    command = ["dbus-daemon", f"--config-file={folder}/bus.conf", "--nofork", "--print-address=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        try:
            yield daemon.stdout.readline().strip()
        finally:
            daemon.kill()


class Server:
    """What a desktop would show."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self.capabilities = ["actions", "body", "body-markup"]
        self.shown: dict[int, list] = {}
        self.closed: list[int] = []
        self.silent = False
        self._heard = asyncio.Event()
        self._last = 0
        bus.add_message_handler(self._answer)

    async def until(self, true) -> None:
        """Wait until something has been shown or closed."""
        async with asyncio.timeout(10):
            while not true():
                self._heard.clear()
                await self._heard.wait()

    @property
    def texts(self) -> list[tuple[str, str]]:
        return [(said[3], said[4]) for said in self.shown.values()]

    def signal(self, member: str, number: int, what: str | int) -> None:
        """Tell everybody on the bus of a click, or that a notice has gone."""
        signature = "us" if isinstance(what, str) else "uu"
        self._bus.send(Message.new_signal(PATH, NAME, member, signature, [number, what]))

    def _answer(self, message: Message) -> Message | bool | None:
        if message.message_type is not MessageType.METHOD_CALL or message.interface != NAME:
            return None
        self._heard.set()
        if self.silent:
            return True
        if message.member == "GetCapabilities" and self.capabilities is None:
            return Message.new_method_return(message, "s", ["everything"])
        if message.member == "GetCapabilities":
            return Message.new_method_return(message, "as", [self.capabilities])
        if message.member == "Notify":
            self._last += 1
            number = message.body[1] or self._last
            self.shown[number] = message.body
            return Message.new_method_return(message, "u", [number])
        self.closed.append(message.body[0])
        self.shown.pop(message.body[0], None)
        return Message.new_method_return(message)


@asynccontextmanager
async def notification_server(address: str) -> AsyncIterator[Server]:
    bus = await MessageBus(bus_address=address).connect()
    server = Server(bus)
    await bus.request_name(NAME)
    try:
        yield server
    finally:
        bus.disconnect()
