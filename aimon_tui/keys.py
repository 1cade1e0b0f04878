"""Every key that works, in one table: footers, help, palette, README and bindings are all made from it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace
from textual.binding import Binding

from aimon_core.errors import UsageError

if TYPE_CHECKING:
    from textual.screen import Screen

DASHBOARD, SESSION, SETUP, HISTORY = "dashboard", "session", "setup", "history"
"""The pages that keys work on."""
SESSIONS = f"{DASHBOARD} {SESSION}"
"""Those that show sessions."""
MACHINE = (SETUP, HISTORY)
"""Those about this machine."""


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
    page: str = ""
    """The page it works on, or several with a blank between; empty: all of them."""
    beside: str = ""
    """Id of the key that stands beside it in footer and help: one word for both."""

    @property
    def does(self) -> str:
        """The action on a page: each page moves in its own way, and a session's has keys of its own."""
        listed = self.id in {"filter", "sort", "group", "panel"}
        own = self.page in {SESSION, *MACHINE} or self.group in {"move", "filter"} or listed
        return f"{'screen' if own else 'app'}.{self.action or self.id}"

    @property
    def bindings(self) -> list[Binding]:
        """For Textual; an action that wants to know which of its keys it was is one for each."""
        if self.many:
            return [Binding(one, self.does.format(key=one), self.help, show=False) for one in self.keys.split(",")]
        return [Binding(self.keys, self.does, self.help, id=self.id, show=False, priority=self.at_once)]

    @property
    def many(self) -> bool:
        """Whether each of its keys does something else: these are what they are, and no key map changes them."""
        return "{key}" in self.action


KEYS = (
    Key("up", "k,up", "↑ k", "up", "up, down", "move", "cursor(-1)", beside="down"),
    Key("down", "j,down", "↓ j", "down", "down", "move", "cursor(1)"),
    Key("first", "g,home", "g", "first", "first (who waits), last", "move", "cursor_to(0)", beside="last"),
    Key("last", "G,end", "G", "last", "last", "move", "cursor_to(-1)"),
    Key("page_up", "pageup", "pgup", "page up", "a page up, down", "move", "cursor_page(-1)", beside="page_down"),
    Key("page_down", "pagedown", "pgdn", "page down", "a page down", "move", "cursor_page(1)"),
    Key("rows", "1,2,3,4,5,6,7,8,9", "1-9", "row", "focus row 1 to 9", "move", "focus_row({key})", page=DASHBOARD),
    Key("focus", "f", "f", "focus", "focus its terminal", "session", "focus_terminal", footer=1,
        page=SESSIONS),
    Key("next_waiting", "n", "n", "next waiting", "focus who waits longest", "session", footer=2, page=DASHBOARD),
    Key("open", "enter", "enter", "open", "open: where time went", "session", footer=3, at_once=True,
        page=DASHBOARD),
    Key("why", "w", "w", "why", "why this state", "session", footer=5, page=SESSIONS),
    Key("copy", "y", "y", "copy", "copy resume, id, folder", "session", footer=10, page=DASHBOARD),
    Key("acknowledge", "x", "x", "acknowledge", "acknowledge: seen", "session", footer=11, page=SESSIONS),
    Key("filter", "slash", "/", "filter", "filter: words, cost>1 …", "list", footer=4, at_once=True, page=DASHBOARD),
    Key("sort", "s", "s", "sort", "sort: need, cost, age …", "list", footer=6, page=DASHBOARD),
    Key("group", "o", "o", "group", "group: project, agent …", "list", footer=8, page=DASHBOARD),
    Key("panel", "tab", "tab", "panel", "next panel, if small", "list", footer=7, page=DASHBOARD),
    Key("history", "h", "h", "history", "what was used: by day …", "list", "visit('history')", footer=9, at_once=True,
        page=SESSIONS),
    Key("setup", "S", "S", "setup", "connect your agents", "list", "visit('setup')", footer=15, at_once=True,
        page=SESSIONS),
    Key("back", "escape", "esc", "back", "back to the list", "page", footer=2, at_once=True, page=SESSION),
    Key("fold", "left", "←", "fold", "fold, or go up; unfold", "page", footer=3, page=SESSION, beside="unfold"),
    Key("unfold", "right", "→", "unfold", "unfold the row", "page", page=SESSION),
    Key("zoom_in", "plus,equals_sign", "+", "zoom", "zoom: nearer, farther", "page", "zoom(1)", footer=4, page=SESSION,
        beside="zoom_out"),
    Key("zoom_out", "minus", "-", "farther", "zoom: from farther", "page", "zoom(-1)", page=SESSION),
    Key("earlier", "less_than_sign,comma", "<", "pan", "pan: earlier, later", "page", "pan(-1)", page=SESSION,
        beside="later"),
    Key("later", "greater_than_sign,full_stop", ">", "later", "pan to what was later", "page", "pan(1)", page=SESSION),
    Key("next_error", "e", "e", "next error", "next error", "page", "jump('error')", footer=6, page=SESSION),
    Key("next_wait", "p", "p", "next wait", "next wait for you", "page", "jump('wait')", footer=12, page=SESSION),
    Key("slowest", "m", "m", "slowest", "slowest of the turn", "page", "jump('slowest')", footer=7, page=SESSION),
    Key("follow", "a", "a", "follow", "follow what happens now", "page", footer=10, page=SESSION),
    Key("follow_link", "enter", "enter", "go", "to what asked or read", "page", page=SESSION),
    Key("next_link", "tab", "tab", "link", "the next of these links", "page", page=SESSION),
    Key("attributes", "d", "d", "details", "all that was told of it", "page", footer=8, page=SESSION),
    Key("copy_span", "y", "y", "copy", "copy the span as text", "page", footer=16, page=SESSION),
    Key("connect", "enter,a", "enter", "connect", "connect it, as shown", "setup", footer=1, page=SETUP),
    Key("undo", "u", "u", "undo", "undo, to the byte", "setup", footer=2, page=SETUP),
    Key("copy_snippet", "y,c", "y", "copy", "copy what to put in", "setup", footer=3, page=SETUP),
    Key("leave", "escape", "esc", "back", "back to the list", "setup", footer=4, at_once=True, page=SETUP),
    Key("left", "left", "←", "sideways", "long lines: left, right", "setup", "shift(-1)", footer=5, page=SETUP,
        beside="right"),
    Key("right", "right", "→", "right", "what is farther right", "setup", "shift(1)", page=SETUP),
    Key("close", "escape", "esc", "back", "back to the list", "history", "leave", footer=1, at_once=True, page=HISTORY),
    Key("by_day", "d", "d", "day", "add up by day", "history", "by('day')", footer=2, page=HISTORY),
    Key("by_project", "p", "p", "project", "add up by project", "history", "by('project')", footer=3, page=HISTORY),
    Key("by_model", "m", "m", "model", "add up by model", "history", "by('model')", footer=4, page=HISTORY),
    Key("by_agent", "a", "a", "agent", "add up by agent", "history", "by('agent')", footer=5, page=HISTORY),
    Key("days_before", "left_square_bracket", "[", "range", "earlier days, later days", "history", "days(1)", footer=6,
        page=HISTORY, beside="days_after"),
    Key("days_after", "right_square_bracket", "]", "later", "later days", "history", "days(-1)", page=HISTORY),
    Key("copy_rows", "y", "y", "copy", "copy the table", "history", footer=7, page=HISTORY),
    Key("pause", "space", "space", "pause", "pause the screen", "screen", footer=13, page=SESSIONS),
    Key("turn_theme", "t", "t", "theme", "next theme", "screen", footer=14),
    Key("command_palette", "ctrl+p", "ctrl+p", "palette", "command palette", "screen"),
    Key("help", "question_mark", "?", "help", "every key", "screen"),
    Key("quit", "q", "q", "quit", "leave aimon", "screen"),
)  # fmt: skip
"""Only keys that do something today."""

TYPING = (
    Key("keep", "enter", "enter", "keep", "keep the filter", "filter", at_once=True),
    Key("clear", "escape", "esc", "show all", "show every row", "filter"),
)
"""What works in the filter line, which takes every other key for itself."""

LASTING = ("help", "quit")
"""These stay in the footer at any width."""
ALONE = ("setup", "history", "turn_theme")
"""These do something where there is no session, the first one most."""

_SHOWN = {
    "slash": "/", "question_mark": "?", "plus": "+", "minus": "-", "equals_sign": "=", "less_than_sign": "<",
    "greater_than_sign": ">", "comma": ",", "full_stop": ".", "left": "←", "right": "→", "up": "↑", "down": "↓",
    "left_square_bracket": "[", "right_square_bracket": "]", "escape": "esc", "pageup": "pgup", "pagedown": "pgdn",
}  # fmt: skip


def on(page: str, keys: Iterable[Key] = KEYS) -> tuple[Key, ...]:
    """The keys that work on a page."""
    return tuple(key for key in keys if not key.page or page in key.page.split())


def page_of(screen: "Screen[Any]") -> str:
    """The page that a screen is, as its class says; the dashboard has none."""
    return next((page for page in (SESSION, *MACHINE) if screen.has_class(f"-{page}")), DASHBOARD)


def helped(page: str, keys: Iterable[Key]) -> tuple[Key, ...]:
    """The keys that the help shows on a page: those of the list and of a session together, any other's alone."""
    return on(page, keys) if page in MACHINE else tuple(key for key in keys if key.page not in MACHINE)


def bindings(page: str) -> list[Binding]:
    """For Textual, which binds the palette itself; on the dashboard `esc` undoes the filter wherever it is offered."""
    found = [one for key in on(page) if key.id != "command_palette" for one in key.bindings]
    return [*found, Binding("escape", "screen.clear", show=False)] if page == DASHBOARD else found


def remapped(own: Mapping[str, str]) -> tuple[Key, ...]:
    """The table with a person's own keys, by id. Raises UsageError for an unknown id and for a key taken twice."""
    ids = {key.id: key for key in KEYS if not key.many}
    for name in own:
        if name not in ids:
            from difflib import get_close_matches  # noqa: PLC0415 - 3 ms of the first paint

            close = get_close_matches(name, ids, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(ids)}."
            raise UsageError(f"keys: there is nothing called {name!r}.", hint)
    table = tuple(
        replace(key, keys=own[key.id], shown=" ".join(_SHOWN.get(one, one) for one in own[key.id].split(",")))
        if key.id in own
        else key
        for key in KEYS
    )
    for page in (DASHBOARD, SESSION, *MACHINE):
        taken: dict[str, str] = {}
        for key in on(page, table):
            for one in key.keys.split(","):
                if taken.setdefault(one, key.id) != key.id:
                    raise UsageError(f"keys: {one} is both {taken[one]!r} and {key.id!r}.", "Give one another key.")
    return table


def shown(id: str, keys: Iterable[Key]) -> str:  # noqa: A002 - what the table calls it
    """A key by its id, as people are told of it."""
    return next(key.shown for key in keys if key.id == id)


def paired(key: Key, keys: Iterable[Key]) -> str:
    """A key as footer and help show it: with the one beside it."""
    return " ".join((key.shown, *(other.shown for other in keys if other.id == key.beside)))


def groups(keys: Iterable[Key]) -> tuple[str, ...]:
    """The groups of some keys, in their order."""
    return tuple(dict.fromkeys(key.group for key in keys))
