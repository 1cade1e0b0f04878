"""The command line: one module for each group of commands, each loading what it needs when it is called.

Data goes to stdout, words to stderr. Exit codes: 0 done, 1 the answer is no, 2 usage or unreadable input.
"""

import os
import sys
from importlib import import_module
from typing import Any

import click

from aimon_core.errors import AimonError
from aimon_tui.console.options import with_settings

_COMMANDS = {
    "serve": "serve",
    "demo": "demo",
    "sessions": "sessions",
    "stream": "stream",
    "status": "status",
    "statusline": "statusline",
    "why": "why",
    "history": "history",
    "focus": "focus",
    "record": "record",
    "replay": "replay",
    "export": "export",
    "trace-eval": "trace_eval",
    "list-traces": "list_traces",
    "setup": "setup",
    "doctor": "doctor",
    "run": "run",
    "prices": "prices",
    "config": "config",
}
"""Command to the module that holds it, in the order of the help."""


class Program(click.Group):
    """Loads a command's module when it is called, and tells failures in a line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        """In the order in which people need them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click gives it
        """The command of a name."""
        module = _COMMANDS.get(cmd_name)
        return import_module(f"aimon_tui.console.{module}").command if module else None

    def invoke(self, ctx: click.Context) -> Any:
        """Run; a failure that a person can do something about becomes a line and an exit code."""
        try:
            return super().invoke(ctx)
        except AimonError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)
        except BrokenPipeError:  # whoever read us has seen enough; Python would complain when it flushes at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)


@click.group(cls=Program, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aimon-tui", prog_name="aimon")
@click.option("--connect", metavar="ssh://HOST", help="Show another machine's aimon, through ssh.")
@click.option("--popup", is_flag=True, help="Leave the dashboard once a key has gone to a terminal.")
@with_settings
@click.pass_context
def program(ctx: click.Context, config: Any, connect: str | None, popup: bool) -> None:
    """See every AI coding session on this machine: who works, who waits for you, what it costs.

    Without a command, the dashboard; agents send to http://127.0.0.1:4318.

    \b
    Example:  aimon
              aimon --port 5318 --no-persist
              aimon --connect ssh://desk
              tmux bind-key a display-popup -E -w 90% -h 90% 'aimon --popup'
    """
    if ctx.invoked_subcommand is None:
        from aimon_tui import start

        if connect is not None:
            start.connect(config.settings, connect)
        else:
            start.run(config.settings, popup=popup)
