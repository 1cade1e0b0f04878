"""desktop-notifier, where D-Bus is not: the notification centre of macOS (experimental).

It shows notices of a signed Python in an app bundle only, such as python.org's; of any other one it does nothing and
says that it can do nothing. A click is heard where its loop runs: https://desktop-notifier.readthedocs.io/
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

from aimon_core.errors import Unavailable
from aimon_desktop.notifications import Notice

LIMIT_S = 1.0
"""The first time macOS asks the person, who may take longer: that notice takes another way."""


class Centre:
    """The notification centre and the notices that are shown there."""

    def __init__(self, act: Callable[[str], None]) -> None:
        """`act` is called with the key of a session whose notice was clicked."""
        self._act = act
        self._notifier: Any = None
        self._shown: dict[str, str] = {}

    async def tell(self, notice: Notice) -> None:
        """Show a notice. Raises Unavailable: no library, no right to show any, or no answer."""
        library = await self._ready()
        await self.withdraw(notice.key)
        urgency = library.Urgency.Critical if notice.urgent else library.Urgency.Normal
        clicked = partial(self._act, notice.key)
        sent = self._notifier.send(notice.title, notice.body, urgency=urgency, on_clicked=clicked)
        self._shown[notice.key] = await _in_time(sent)

    async def withdraw(self, key: str) -> None:
        """Take back the notice about a session, as far as possible."""
        if (shown := self._shown.pop(key, None)) is not None:
            with suppress(Unavailable, LookupError):  # the library's KeyError: it has gone by itself
                await _in_time(self._notifier.clear(shown))

    async def close(self) -> None:
        """Take back every notice."""
        if self._shown:
            self._shown.clear()
            with suppress(Unavailable):
                await _in_time(self._notifier.clear_all())

    async def _ready(self) -> Any:
        """The library. Raises Unavailable."""
        try:
            library = await asyncio.to_thread(import_module, "desktop_notifier")
        except ImportError:
            raise Unavailable("desktop-notifier is not installed.", "pip install 'aimon-tui[desktop]'") from None
        if self._notifier is None:
            self._notifier = library.DesktopNotifier(app_name="aimon", app_icon=None)
        if library.Capability.TITLE not in await _in_time(self._notifier.get_capabilities()):
            raise Unavailable("This Python is in no app bundle, so macOS shows no notifications of it.")
        may = await _in_time(self._notifier.has_authorisation())
        if not (may or await _in_time(self._notifier.request_authorisation())):
            raise Unavailable("macOS was told to show no notifications of aimon.")
        return library


async def _in_time(answer: Awaitable[Any]) -> Any:
    """What is answered. Raises Unavailable after a second."""
    try:
        return await asyncio.wait_for(answer, LIMIT_S)
    except TimeoutError:
        raise Unavailable("The notification centre did not answer within a second.") from None
