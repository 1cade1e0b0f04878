"""The desktop's notifications over D-Bus: a notice can be clicked, replaced and taken back.

`dbus-fast` and not desktop-notifier, which speaks to the same server through the same library; where there is no D-Bus,
it has its say in `centre`. https://specifications.freedesktop.org/notification-spec/latest/
"""

import asyncio
import html
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from aimon_core.clean import clean
from aimon_core.errors import Unavailable
from aimon_desktop.notifications import Notice

if TYPE_CHECKING:  # an optional extra, and 50 ms that the loop has no time for
    from dbus_fast import Message
    from dbus_fast.aio import MessageBus

LIMIT_S = 1.0
"""A server that takes longer hangs: it answers in 7 ms."""
_NAME = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"
_SIGNALS = f"type='signal',sender='{_NAME}',interface='{_NAME}',path='{_PATH}'"
_ACTIONS = ["default", "Go to terminal", "focus", "Go to terminal"]
"""`default` is a click on the notice itself, `focus` a button."""
_SIGNATURES = {
    "GetCapabilities": ("", "as"),
    "Notify": ("susssasa{sv}i", "u"),
    "CloseNotification": ("u", ""),
    "AddMatch": ("s", ""),
}
"""What a call takes and answers; a server that answers otherwise is none."""
_HEARD = {"ActionInvoked": "us", "NotificationClosed": "uu"}
_CRITICAL, _NORMAL = 2, 1


class Desktop:
    """The session bus and the notices that are shown there."""

    def __init__(self, act: Callable[[str], None]) -> None:
        """`act` is called with the key of a session whose notice was clicked."""
        self._act = act
        self._bus: MessageBus | None = None
        self._shown: dict[str, int] = {}

    async def tell(self, notice: Notice) -> None:
        """Show a notice. Raises Unavailable: no library, no bus, no server, or one that does not answer."""
        if self._bus is None or not self._bus.connected:
            await self._connect()
        from dbus_fast import Variant  # noqa: PLC0415 - loaded by now

        (able,) = await self._call("GetCapabilities")  # asked each time, since servers come and go
        actions = _ACTIONS if "actions" in able else []
        hints = {"urgency": Variant("y", _CRITICAL if notice.urgent else _NORMAL)}
        replaced, body = self._shown.get(notice.key, 0), html.escape(notice.body)
        said = ["aimon", replaced, "", notice.title, body, actions, hints, -1]
        (self._shown[notice.key],) = await self._call("Notify", said)

    async def withdraw(self, key: str) -> None:
        """Close the notice about a session; one that is gone already stays gone."""
        if (number := self._shown.pop(key, None)) is not None:
            with suppress(Unavailable):
                await self._call("CloseNotification", [number])

    async def close(self) -> None:
        """Close every notice and the connection: nobody would hear a click."""
        bus, self._bus = self._bus, None
        shown, self._shown = self._shown, {}
        if bus is not None and bus.connected:
            for number in shown.values():
                bus.send(_message("CloseNotification", [number]))
            bus.disconnect()

    async def _connect(self) -> None:
        """Raises Unavailable."""
        await self.close()
        try:
            library = await asyncio.to_thread(import_module, "dbus_fast.aio")
        except ImportError:
            raise Unavailable("dbus-fast is not installed.", "pip install 'aimon-tui[desktop]'") from None
        self._bus = await _in_time(_connected(library.MessageBus))
        self._bus.add_message_handler(self._heard)
        await self._call("AddMatch", [_SIGNALS], name="org.freedesktop.DBus", path="/org/freedesktop/DBus")

    async def _call(self, member: str, body: Sequence[Any] = (), *, name: str = _NAME, path: str = _PATH) -> list[Any]:
        """What is answered. Raises Unavailable; what does not answer in time is asked on a new connection next time."""
        if self._bus is None:
            raise Unavailable("The session bus is gone.")
        try:
            reply = await _in_time(self._bus.call(_message(member, body, name=name, path=path)))
        except Unavailable:
            await self.close()
            raise
        if reply.error_name or reply.signature != _SIGNATURES[member][1]:
            raise Unavailable(f"The desktop shows no notifications: {clean(reply.error_name or 'nonsense', 120)}.")
        return list(reply.body)

    def _heard(self, message: "Message") -> None:
        """A signal of the server: somebody clicked, or a notice has gone."""
        if message.interface != _NAME or _HEARD.get(message.member or "") != message.signature:
            return
        number = message.body[0]
        key = next((key for key, shown in self._shown.items() if shown == number), None)
        if key is None:
            return
        if message.member == "ActionInvoked":
            self._act(key)
        else:
            del self._shown[key]


async def _connected(make: Callable[..., "MessageBus"]) -> "MessageBus":
    return await make(bus_address=_address()).connect()


def _message(member: str, body: Sequence[Any], *, name: str = _NAME, path: str = _PATH) -> "Message":
    from dbus_fast import Message  # noqa: PLC0415 - loaded by now

    signature, _ = _SIGNATURES[member]
    return Message(destination=name, path=path, interface=name, member=member, signature=signature, body=list(body))


async def _in_time(answer: Awaitable[Any]) -> Any:
    """What the bus answers. Raises Unavailable after a second, or when the connection is lost."""
    from dbus_fast.errors import DBusFastError  # noqa: PLC0415 - loaded by now

    try:
        return await asyncio.wait_for(answer, LIMIT_S)
    except TimeoutError:
        raise Unavailable("The desktop did not answer within a second.") from None
    except (OSError, EOFError, DBusFastError) as error:
        raise Unavailable(f"The session bus cannot be reached: {clean(str(error), 120)}.") from error


def _address() -> str:
    """The session bus: as the environment says, else where systemd puts it. Raises Unavailable."""
    if told := os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return told
    usual = f"{os.environ.get('XDG_RUNTIME_DIR', '')}/bus"
    if os.path.exists(usual):  # noqa: PTH110 - a string of the environment
        return f"unix:path={usual}"
    raise Unavailable("There is no session bus.")
