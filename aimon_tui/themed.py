"""An app in a theme that its terminal can show: the one way from a spec to a style, and from words to a toast.

It stands apart from what the app does: Textual wants to know about colours before it knows anything else.
"""

from collections.abc import Mapping

from rich.style import Style
from textual.app import App

from aimon_tui import theme


class ThemedApp(App[None]):
    """Ours and Textual's themes, as far as the terminal has the colours; nothing is animated in any of them."""

    ascii_only = False
    """Whether the terminal draws nothing but ASCII."""

    def __init__(self, wanted: str | None, environment: Mapping[str, str]) -> None:
        """`wanted` is a theme by name; None looks at the terminal, of which `environment` tells."""
        # Asked first: Textual takes NO_COLOR out of the environment.
        self.poor = theme.poor(environment)
        self._inks: dict[tuple[str, str], Style] = {}
        # Said here: Textual sets up its filters in __init__, before it knows a theme.
        super().__init__(ansi_color=True if self.poor else None)
        self.animation_level = "none"
        for one in theme.THEMES:
            self.register_theme(one)
        self._begin_with(theme.chosen(wanted, environment))
        if self.poor:  # the palette offers what can be read here
            for one in [one for one in self.available_themes.values() if not one.ansi]:
                self.unregister_theme(one.name)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our names for themes that do not know them; asked whenever the theme changes."""
        self._inks.clear()
        return theme.borrowed(self.current_theme)

    def ink(self, spec: str, back: str) -> Style:
        """The style of a spec on a ground, see `theme.style`."""
        if (found := self._inks.get((spec, back))) is None:
            found = self._inks[spec, back] = theme.style(self, spec, back)
        return found

    def turn_theme(self) -> bool:
        """Go on to our next theme; returns whether this terminal has the colours for more than one."""
        if not self.poor:
            self.theme = "aimon-light" if self.theme == "aimon-dark" else "aimon-dark"
        return not self.poor

    def _begin_with(self, name: str) -> None:
        """Start in a theme: before there is anything to restyle, which at the first paint would take a tenth of it."""
        if self.native_ansi_color != self.available_themes[name].ansi:
            self.theme = name  # Textual has to turn its colour filters
            return
        self.set_reactive(ThemedApp.theme, name)
        self.stylesheet.set_variables(self.get_css_variables())
