"""`aimon status` for whoever asks for its help or gives it more options: `cli` answers the plain call itself."""

import click

from aimon_desktop.outputs import short


@click.command
@click.option("--short", "brief", is_flag=True, help="As few characters as possible: !1 ●3 $12.84")
@click.pass_context
def command(ctx: click.Context, brief: bool) -> None:
    """Say in one line who waits.

    And who works, and what today cost. Exits with 1 when no aimon is running.

    \b
    Example:  aimon status
              tmux set -g status-right '#(aimon status --short)'
    """
    ctx.exit(short.main(["--short"] if brief else []))
