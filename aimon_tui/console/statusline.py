"""`aimon statusline` for whoever asks for its help: `cli` answers the plain call itself."""

import click

from aimon_desktop.outputs import statusline


@click.command
@click.argument("own", metavar="[COMMAND]", default="")
def command(own: str) -> None:
    """Be Claude Code's status line.

    Reads what Claude Code says on standard input, tells aimon, and prints one line; with a COMMAND, what that prints of
    the same input. `aimon setup` writes it into Claude Code's settings, round what you have there.

    \b
    Example:  aimon statusline
              aimon statusline '~/.claude/line.sh'
              "statusLine": {"type": "command", "command": "aimon statusline"}
    """
    statusline.become(own)
