"""Every key that works, in one table: the footer, the help, the palette and the bindings are all made from it."""

from msgspec import Struct
from textual.binding import Binding


class Key(Struct, frozen=True):
    """One thing a key does."""

    id: str
    """What a user's own key map calls it."""
    keys: str
    """For Textual, comma separated."""
    shown: str
    """For people."""
    word: str
    """In the footer."""
    help: str
    """In the help and the palette."""
    group: str
    action: str = ""
    """For Textual; the id where it is the same."""
    footer: int = 0
    """Worth in the footer, 1 first; 0 never shown there."""
    at_once: bool = False
    """Done before the next key is looked at: what is typed ahead, in one burst, already goes to the new place."""

    @property
    def binding(self) -> Binding:
        """For Textual."""
        action = f"app.{self.action or self.id}"
        return Binding(self.keys, action, self.help, id=self.id, show=False, priority=self.at_once)


KEYS = (
    Key("up", "k,up", "↑ k", "up", "up", "select", "cursor(-1)"),
    Key("down", "j,down", "↓ j", "down", "down", "select", "cursor(1)"),
    Key("first", "g,home", "g home", "first", "first: back to who waits", "select", "cursor_to(0)"),
    Key("last", "G,end", "G end", "last", "last", "select", "cursor_to(-1)"),
    Key("page_up", "pageup", "pgup", "page up", "a page up", "select", "cursor_page(-1)"),
    Key("page_down", "pagedown", "pgdn", "page down", "a page down", "select", "cursor_page(1)"),
    Key("filter", "slash", "/", "filter", "filter: words, cost>1 …", "select", footer=1, at_once=True),
    Key("sort", "s", "s", "sort", "sort: need, cost, age …", "select", footer=2),
    Key("panel", "tab", "tab", "panel", "next panel, where tabs are", "select", footer=3),
    Key("copy", "y", "y", "copy", "copy resume, id, folder", "session", footer=4),
    Key("acknowledge", "x", "x", "acknowledge", "acknowledge: seen", "session", footer=5),
    Key("pause", "space", "space", "pause", "pause the screen", "screen", footer=6),
    Key("turn_theme", "t", "t", "theme", "next theme", "screen", footer=7),
    Key("command_palette", "ctrl+p", "ctrl+p", "palette", "command palette", "screen"),
    Key("help", "question_mark", "?", "help", "every key", "screen"),
    Key("quit", "q", "q", "quit", "leave aimon", "screen"),
)
"""Only keys that do something today."""

BINDINGS = [*(key.binding for key in KEYS if key.id != "command_palette"), Binding("escape", "app.clear", show=False)]
"""For the dashboard; Textual binds the palette itself, and `esc` undoes the filter wherever it is offered."""

FOOTER = sorted((key for key in KEYS if key.footer), key=lambda key: key.footer)
"""In the order of their worth: what does not fit is left out from the end."""

LASTING = tuple(key for key in KEYS if key.id in {"help", "quit"})
"""These stay in the footer at any width."""

TYPING = (
    Key("keep", "enter", "enter", "keep", "keep the filter", "filter", at_once=True),
    Key("clear", "escape", "esc", "show all", "show every row", "filter"),
)
"""What works in the filter line, which takes every other key for itself."""

GROUPS = tuple(dict.fromkeys(key.group for key in KEYS))
