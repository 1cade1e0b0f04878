"""`aimon serve`: everything but the screen."""

import asyncio
import os
import signal
import sys
from contextlib import suppress

import click

from aimon_core.clock import SystemClock
from aimon_core.config import Config, Settings
from aimon_desktop.outputs.ndjson import Narrator, Writer
from aimon_tui import logs
from aimon_tui.console.options import with_settings
from aimon_tui.hands import Stream
from aimon_tui.outlets import outlets, timeouts
from aimon_tui.runtime import Runtime
from aimon_tui.sources import Sources
from receiver.supervisor import Supervisor


@click.command
@with_settings
def command(config: Config) -> None:
    """Receive without a screen.

    One line of JSON on stdout for each change. When the doors are open and the journal is read, stderr says
    `listening http://127.0.0.1:4318 grpc://127.0.0.1:4317`. As a service it takes the socket that systemd opened, and
    says when it is ready (`aimon setup service`).

    \b
    Example:  aimon serve > /dev/null
              aimon serve --port 0 | jq -c '[.type, .project, .state]'
    """
    asyncio.run(serve(config.settings))


async def serve(settings: Settings) -> None:
    """Serve until told to end, or until nobody reads stdout any more. Raises AimonError when the doors stay shut."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    clock, supervisor = SystemClock(), Supervisor(os.environ)
    runtime = Runtime(settings, clock, sources=Sources(settings, clock))
    runtime.door.listeners = supervisor.listeners
    runtime.outlets = lambda: outlets(runtime, clock)
    writer = Writer(sys.stdout.fileno(), when_closed=lambda: _call(loop, ended))
    narrator = Narrator(clock, timeouts=timeouts(settings), interval_s=settings.broadcast_interval)
    with logs.to_file(runtime.state_dir):
        try:
            await runtime.start()
            supervisor.tell("READY=1", "STATUS=reading the journal")
            runtime.hands.append(Stream(runtime.store, narrator, writer))
            announcing = loop.create_task(_announce(runtime, supervisor))
            await ended.wait()
            announcing.cancel()
        finally:
            supervisor.tell("STOPPING=1")
            await runtime.stop()


async def _announce(runtime: Runtime, supervisor: Supervisor) -> None:
    """Say that all is read and open, once it is; who wants us to end before need not wait for that."""
    await runtime.complete.wait()
    for notice in runtime.notices:
        click.echo(notice, err=True)
    click.echo(f"listening {runtime.door.addresses}", err=True)
    supervisor.tell(f"STATUS=listening {runtime.door.addresses}")


def _call(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """From the writer's thread: nobody reads any more."""
    with suppress(RuntimeError):  # the loop has ended before
        loop.call_soon_threadsafe(ended.set)
