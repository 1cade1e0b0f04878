"""`aimon replay`: recordings, played into a ledger of their own."""

import asyncio
import json
from pathlib import Path

import click

from aimon_core.config import Config
from aimon_tui.console.options import with_settings


@click.command
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Play at once and print the sessions.")
@click.option("--speed", type=click.FloatRange(min=0, min_open=True), default=1.0, help="Times the real speed.  [1]")
@with_settings
def command(config: Config, folders: tuple[Path, ...], as_json: bool, speed: float) -> None:
    """Play recordings of the wire.

    What aimon record wrote (DIR, or DIR/tape.gz), or folders with index.jsonl and hooks.jsonl, goes into a fresh
    ledger; nothing of yours is touched.

    \b
    Example:  aimon replay monday --speed 4
              aimon replay tests/captures/claude-code/tui_permission --json | jq .totals
    """
    from aimon_core.wire import sessions_document
    from aimon_tui import replay

    requests = replay.merged(folders)
    if as_json:
        store = asyncio.run(replay.played(requests, config.settings))
        click.echo(json.dumps(sessions_document(store.sessions(every=True), store.totals())))
    else:
        asyncio.run(replay.shown(requests, config.settings, speed))
