"""`aimon run`: an agent whose telemetry comes here, without a setting touched."""

import click

from aimon_core.config import Config
from aimon_tui import peer
from aimon_tui.console.options import with_settings


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("words", metavar="-- COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
@with_settings
def command(config: Config, words: tuple[str, ...]) -> None:
    """Start an agent with its telemetry aimed here.

    By environment: no settings are touched. Its process, folder and pane are told along, so that the row knows them.
    The exit code and the signals are the command's own.

    \b
    Example:  aimon run -- claude
              aimon run -- codex exec "list the files"
    """
    from aimon_desktop import launch
    from aimon_desktop.setup.place import endpoint

    host, port = peer.address(config)
    launch.replace_process(words, endpoint(host, port))
