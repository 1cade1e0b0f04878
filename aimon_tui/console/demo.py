"""`aimon demo`: the dashboard with a scripted fleet, which may run beside a real one."""

import asyncio
import tempfile

import click
from msgspec.structs import replace

from aimon_core.config import Config, Settings
from aimon_tui.console.options import with_settings


@click.command
@with_settings
def command(config: Config) -> None:
    """Show a scripted fleet.

    No agent, no network, nothing of yours touched. It sends real telemetry through doors of its own, on a free port;
    its folders vanish with it.

    \b
    Example:  aimon demo
              aimon demo --theme aimon-light
    """
    with tempfile.TemporaryDirectory(prefix="aimon-demo-") as folder:
        ours = Settings(port=0, state_dir=f"{folder}/state", theme=config.settings.theme, ascii=config.settings.ascii)
        asyncio.run(_shown(replace(ours, persist=True), f"{folder}/run"))


async def _shown(settings: Settings, runtime_folder: str) -> None:
    from aimon_tui import logs
    from aimon_tui.demo import DemoClock
    from aimon_tui.fleet import FleetApp
    from aimon_tui.live import screen_settings, shown
    from aimon_tui.runtime import Runtime

    clock = DemoClock()
    runtime = Runtime(settings, clock, runtime_folder=runtime_folder)
    with logs.to_file(runtime.state_dir):
        await shown(FleetApp(runtime, clock=clock, settings=screen_settings(settings)))
