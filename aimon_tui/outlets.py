"""The hands that the settings ask for, for a runtime of a person's own; the demo, replays and tests tell nobody.

Apart from the runtime because what they import may wait for the first paint, and because they end where it ends.
"""

import logging
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from aimon_core import runtime_dir
from aimon_core.clock import Clock
from aimon_core.config import Settings
from aimon_core.errors import Unsafe
from aimon_desktop.outputs.ndjson import Narrator
from aimon_desktop.outputs.wire import Timeouts
from aimon_tui.hands import Hand
from aimon_tui.runtime import Runtime

LOG = logging.getLogger("aimon")
PIPE = "otel-ai-monitor.pipe"
SOCKET = "events.sock"


def outlets(runtime: Runtime, clock: Clock, write: Callable[[str], None] | None = None) -> Iterator[Hand]:
    """Make them; `write` reaches the terminal that a screen runs in."""
    from aimon_desktop.outputs.fifo import Fifo
    from aimon_desktop.terminals import option
    from aimon_tui import notifying
    from aimon_tui.telling import Events, Pipe, TmuxOption

    settings, folder = runtime.settings, runtime_dir.locate()

    def narrator() -> Narrator:
        return Narrator(clock, timeouts=timeouts(settings), interval_s=settings.broadcast_interval)

    told = notifying.hand(runtime, settings, clock, write) if settings.notify else None
    if told is not None:
        yield told
    if settings.expectations:
        from aimon_tui.judging import Judging

        yield Judging(
            runtime.store, settings.expectations, clock, where=settings.file,
            alert=told.alert if told and "broken" in settings.notify_on else lambda *_: None,
            complain=partial(_complain, runtime),
        )  # fmt: skip
    yield Events(runtime, narrator, Path(folder) / SOCKET, clock)
    if (tmux := option.own(os.environ)) is not None:
        yield TmuxOption(runtime, tmux, clock)
    try:
        yield Pipe(runtime, narrator, Fifo(f"{os.environ.get('XDG_RUNTIME_DIR') or folder}/{PIPE}", clock))
    except Unsafe as error:
        LOG.warning("nobody can read the pipe: %s", error)


def _complain(runtime: Runtime, words: str) -> None:
    LOG.warning(words)
    runtime.notices.append(words)


def timeouts(settings: Settings) -> Timeouts:
    """The streams' own time limits, where they are asked for."""
    return Timeouts(settings.stream_quiet_period, settings.stream_completed_timeout, settings.stream_session_timeout)
