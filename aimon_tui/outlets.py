"""The hands that the settings ask for, for a runtime of a person's own; the demo, replays and tests tell nobody.

Apart from the runtime because what they import may wait for the first paint, and because they end where it ends.
"""

from collections.abc import Callable, Iterator

from aimon_core.clock import Clock
from aimon_tui.hands import Hand
from aimon_tui.runtime import Runtime


def outlets(runtime: Runtime, clock: Clock, write: Callable[[str], None] | None = None) -> Iterator[Hand]:
    """Make them; `write` reaches the terminal that a screen runs in."""
    if runtime.settings.notify:
        from aimon_tui import notifying

        yield notifying.hand(runtime, runtime.settings, clock, write)
