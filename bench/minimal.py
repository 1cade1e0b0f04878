"""The smallest Textual program that shows something: what the first paint is compared with."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Minimal(App[None]):
    """One line."""

    def compose(self) -> ComposeResult:
        """The line."""
        yield Static("minimal")


if __name__ == "__main__":
    Minimal().run()
