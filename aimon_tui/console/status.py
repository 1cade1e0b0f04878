"""`aimon status` for whoever asks for its help or gives it more options: `cli` answers the plain calls itself."""

import click

from aimon_desktop.outputs import short
from aimon_desktop.outputs.bars import FORMATS


@click.command
@click.option("--short", "brief", is_flag=True, help="As few characters as possible: !1 ●3 $12.84")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="As a status bar or a prompt wants it.")
@click.pass_context
def command(ctx: click.Context, brief: bool, form: str | None) -> None:
    """Say in one line who waits.

    And who works, and what today cost. Exits with 1 when no aimon is running.

    \b
    Example:  aimon status
              tmux set -g status-right '#(aimon status --short)'
              aimon status --format waybar
    """
    ctx.exit(short.main(["--format", form] if form else ["--short"] if brief else []))
