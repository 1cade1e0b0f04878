"""What the command palette offers, made from the table of keys."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from textual.app import SystemCommand

from aimon_tui.keys import Key


def commands(
    keys: Iterable[Key],
    run: Callable[[str], Awaitable[object]],
    works: Callable[[str], bool],
    change_theme: Callable[[], None],
) -> Iterable[SystemCommand]:
    """Every key of a page that is no mere movement and `works` now, and all themes; `run` runs an action."""
    for key in keys:
        if key.group != "move" and key.id != "command_palette" and works(key.id):
            yield SystemCommand(key.word.capitalize(), key.help, partial(run, key.does))
    yield SystemCommand("All themes", "choose among ours and Textual's", change_theme)
