"""The status lines of tmux, where there is no desktop: whoever looks at another pane reads it there."""

import asyncio

from aimon_desktop.notifications import Notice
from aimon_desktop.terminals import viewers


class StatusLine:
    """Every terminal that shows our tmux or the session's own."""

    async def tell(self, notice: Notice) -> None:
        """Show a notice for some seconds. Raises Unavailable where no terminal is there to show it."""
        await asyncio.to_thread(viewers.announce, f"{notice.title}: {notice.body}", notice.target)

    async def withdraw(self, key: str) -> None:
        """Nothing: it has gone by itself."""

    async def close(self) -> None:
        """Nothing, too."""
