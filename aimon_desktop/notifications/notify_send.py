"""`notify-send`, where D-Bus is out of reach: it shows a notice that can neither be clicked nor taken back.

With an action it would wait for the click, and for ever once the server has died; so it is given none.
"""

import asyncio
import html

from aimon_desktop.notifications import Notice
from aimon_desktop.terminals.outside import run


class NotifySend:
    """The program of libnotify."""

    async def tell(self, notice: Notice) -> None:
        """Show a notice. Raises Unavailable where the program is missing, fails, or takes more than a second."""
        urgency = "critical" if notice.urgent else "normal"
        words = ("--", notice.title, html.escape(notice.body))
        await asyncio.to_thread(run, "notify-send", "--app-name=aimon", f"--urgency={urgency}", *words)

    async def withdraw(self, key: str) -> None:
        """Nothing: it is out of our hands."""

    async def close(self) -> None:
        """Nothing, too."""
