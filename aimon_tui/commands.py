"""What the command palette offers, made from the table of keys."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from textual.app import SystemCommand

from aimon_tui.keys import KEYS


def commands(
    run: Callable[[str], Awaitable[bool]], works: Callable[[str], bool], change_theme: Callable[[], None]
) -> Iterable[SystemCommand]:
    """Every key that is no mere movement and `works` now, and all themes; `run` runs an action by its name."""
    for key in KEYS:
        action = key.action or key.id
        if (key.group != "select" or key.footer) and key.id != "command_palette" and works(action):
            yield SystemCommand(key.word.capitalize(), key.help, partial(run, action))
    yield SystemCommand("All themes", "choose among ours and Textual's", change_theme)
