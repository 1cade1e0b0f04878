"""What all screens have in common: they heed the size that the terminal has, and none that it had."""

from textual.events import Resize
from textual.message import Message
from textual.screen import ModalScreen, Screen


class Page(Screen[None]):
    """A screen of its own."""

    def post_message(self, message: Message) -> bool:
        """Take a message, unless it is an echo."""
        return not _is_echo(self, message) and super().post_message(message)


class Dialog(ModalScreen[None], Page):
    """A screen over another one."""


def _is_echo(screen: Screen[None], message: Message) -> bool:
    """Whether it tells of a size that is no more.

    A layout tells a screen its size once more (Textual 8.2). While somebody drags the corner of a window two sizes may
    be under way at once, and each layout then calls for the other, for ever.
    """
    return isinstance(message, Resize) and message.size != screen.app.size
