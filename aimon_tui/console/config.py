"""`aimon config`: what is set, and by whom."""

import click
from msgspec import to_builtins

from aimon_core.config import NAMES, Config
from aimon_core.masking import MASK
from aimon_tui.console.options import with_settings


@click.group
def command() -> None:
    """Show the settings.

    Defaults, then the file, then the environment, then the command line.
    """


@command.command
@with_settings
def show(config: Config) -> None:
    """Show each setting, its value and where it comes from.

    \b
    Example:  aimon config show
              AIMON_PORT=5318 aimon config show
    """
    values = to_builtins(config.settings)
    values["export_headers"] = dict.fromkeys(values["export_headers"], MASK)  # they hold a password or a token
    values["token"] = values["token"] and MASK
    values["forward_headers"] = {url: dict.fromkeys(told, MASK) for url, told in values["forward_headers"].items()}
    width = max(len(name) for name in NAMES)
    shown = {name: _toml(values[name]) for name in NAMES}
    column = max(len(text) for text in shown.values())
    for name, text in shown.items():
        click.echo(f"{name:<{width}}  {text:<{column}}  {config.sources[name]}")


def _toml(value: object) -> str:
    """A value as the file would say it; an em dash where nothing is set."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
