"""The options that all commands share, and how they become settings.

An option given before a command (`aimon --port 5318 serve`) holds for it too; one given after it wins.
"""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from aimon_core import config, paths

Command = Callable[..., Any]

_OPTIONS = (
    click.option("--host", metavar="ADDRESS", help="Address to listen on, this machine's own.  [127.0.0.1]"),
    click.option("--port", type=int, metavar="PORT", help="Port of OTLP, hooks and API; 0 takes a free one.  [4318]"),
    click.option("--grpc-port", type=int, metavar="PORT", help="Port of OTLP over gRPC; 0 opens none.  [4317]"),
    click.option("--allow-host", multiple=True, metavar="NAME", help="Name beside localhost that clients may use."),
    click.option("--strict-peer/--no-strict-peer", default=None, help="Refuse callers whose user nobody can tell."),
    click.option("--sources", metavar="A,B", help="Where to learn of sessions.  [otlp,hooks,transcripts,processes]"),
    click.option("--state-dir", metavar="DIR", help="Folder of the journal and the log."),
    click.option("--persist/--no-persist", default=None, help="Keep what comes in for a restart.  [persist]"),
    click.option("--notify/--no-notify", default=None, help="Notify you of who waits, failed, is done.  [notify]"),
    click.option("--quiet-period", type=float, metavar="S", help="Silence that ends a turn nothing else ends.  [10]"),
    click.option("--expire-after", type=float, metavar="S", help="Silence after which a session is given up.  [43200]"),
    click.option("--export-otlp", metavar="URL", help="Collector to send every finished trace to."),
    click.option("--export-content/--no-export-content", default=None, help="Send heads of prompts and commands, too."),
    click.option("--forward", multiple=True, metavar="URL", help="Collector to pass all telemetry on to, as it came."),
    click.option("--ascii/--no-ascii", default=None, help="Draw with ASCII characters only."),
    click.option("--theme", metavar="NAME", help="The screen's theme."),
    click.option("--config", "file", type=click.Path(path_type=Path), metavar="FILE", help="Settings to read instead."),
)
_NAMES = (
    "host", "port", "grpc_port", "allow_host", "strict_peer", "sources", "state_dir", "persist", "notify",
    "quiet_period", "expire_after", "export_otlp", "export_content", "forward", "ascii", "theme", "file",
)  # fmt: skip


def with_settings(command: Command) -> Command:
    """Give a command all common options, and `config`, what they and the other layers come to."""

    @functools.wraps(command)
    def called(**given: Any) -> Any:
        own = {name: value for name in _NAMES if (value := given.pop(name)) not in {None, ()}}
        context = click.get_current_context()
        flags = (context.obj or {}) | own
        context.obj = dict(flags)
        file = flags.pop("file", None) or paths.config_file()
        return command(config=config.load(file, os.environ, flags), **given)

    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(_OPTIONS), called)


def drawn(text: str, settings: config.Settings) -> str:
    """A text with the glyphs that may be used: those of ASCII where the settings say so."""
    if not settings.ascii:
        return text
    from aimon_tui.paint import ASCII

    return text.translate(ASCII)
