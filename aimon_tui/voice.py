"""What an app says, and in which letters: toasts, and control sequences for the terminal it runs in."""

from collections.abc import Mapping
from typing import Literal

from textual.driver import Driver

from aimon_core.clean import clean
from aimon_tui import paint
from aimon_tui.driver import enduring
from aimon_tui.themed import ThemedApp


class VoicedApp(ThemedApp):
    """An app that speaks plainly: one thing at a time, never as markup, in ASCII where that is all there is."""

    def __init__(self, wanted: str | None, environment: Mapping[str, str], *, ascii_only: bool) -> None:
        super().__init__(wanted, environment)
        self.ascii_only = ascii_only or not paint.glyphs(environment)
        self.set_class(self.ascii_only, "-ascii")

    def get_driver_class(self) -> type[Driver]:
        """Textual's own for this terminal, but one that survives it."""
        return enduring(super().get_driver_class())

    def toast(self, text: str, severity: Literal["information", "error"] = "information") -> None:
        """Say something for 4 seconds, an error for 8; one thing at a time, never as markup."""
        if not self.screen_stack:  # the program ends, and what was begun before has something to say
            return
        self.clear_notifications()
        said = paint.plain(clean(text)) if self.ascii_only else clean(text)
        self.notify(said, severity=severity, timeout=8 if severity == "error" else 4, markup=False)

    def tell_terminal(self, sequence: str) -> None:
        """Send our own control sequence to the terminal, if there is one."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    def say(self, text: str, severity: Literal["information", "error"]) -> None:
        """A toast, and what is shown beside it anew."""
        self.toast(text, severity)

    def action_turn_theme(self) -> None:
        """Go on to our next theme."""
        if not self.turn_theme():
            self.toast("Themes need more than the 16 colours of this terminal.")
