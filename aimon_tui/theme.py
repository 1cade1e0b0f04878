"""Our themes, and the one way from the name of a theme variable to a style.

Contrast was measured for each pair in the table (WCAG AA on background, surface, selected and waiting row); a test
paints the screens and judges every cell. Widgets know the names below and never a colour.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.console import Console
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

if TYPE_CHECKING:
    from textual.app import App

DARK = {
    "wait": "#ffb454", "pill": "#ffb454", "pill-ink": "#1b1204", "wait-tint": "#221c12",
    "work": "#62c6ff", "fail": "#ff6f8f", "done": "#7fdcb0", "idle": "#98a4b2",
    "ink": "#dde3ea", "muted": "#a3aebb", "faint": "#8b97a5",
    "key": "#c9b8ff", "select": "#232b38", "select-mark": "#c9b8ff",
    "rule": "#2b333e", "track": "#2a323d",
    "span-turn": "#6d7987", "span-llm": "#8f84d8", "span-tool": "#3f97c4", "span-agent": "#5f9c78",
    "span-error": "#ff6f8f", "span-wait": "#ffb454",
}  # fmt: skip
LIGHT = {
    "wait": "#6e4900", "pill": "#ffb02e", "pill-ink": "#1f1400", "wait-tint": "#fdf2dc",
    "work": "#005fae", "fail": "#c0004a", "done": "#00694a", "idle": "#59636e",
    "ink": "#1e2329", "muted": "#4c555f", "faint": "#5c6670",
    "key": "#4c2db8", "select": "#e7e7eb", "select-mark": "#4c2db8",
    "rule": "#d9d8d2", "track": "#dcdbd5",
    "span-turn": "#767e87", "span-llm": "#7a66d6", "span-tool": "#2580bd", "span-agent": "#3f8d5f",
    "span-error": "#c0004a", "span-wait": "#b86a00",
}  # fmt: skip
ANSI = dict.fromkeys(DARK, "ansi_default") | {
    "fail": "ansi_red", "rule": "ansi_bright_black", "track": "ansi_bright_black",
    "span-llm": "ansi_magenta", "span-tool": "ansi_cyan", "span-agent": "ansi_green",
    "span-error": "ansi_red", "span-wait": "ansi_yellow", "surface": "ansi_default", "panel": "ansi_default",
}  # fmt: skip
"""Words keep the terminal's own foreground, so that any background works; only bars and failures have a hue."""


def _ours(name: str, variables: dict[str, str], background: str, surface: str, panel: str, *, dark: bool) -> Theme:
    return Theme(
        name,
        dark=dark,
        primary=variables["key"],
        secondary=variables["work"],
        accent=variables["key"],
        warning=variables["wait"],
        error=variables["fail"],
        success=variables["done"],
        foreground=variables["ink"],
        background=background,
        surface=surface,
        panel=panel,
        variables=variables,
    )


THEMES = (
    _ours("aimon-dark", DARK, "#0f1318", "#161b22", "#1b212a", dark=True),
    _ours("aimon-light", LIGHT, "#fbfaf7", "#f3f1ec", "#ebe9e3", dark=False),
    Theme(
        "aimon-ansi",
        ansi=True,
        dark=True,
        primary="ansi_magenta",
        secondary="ansi_cyan",
        accent="ansi_magenta",
        warning="ansi_yellow",
        error="ansi_red",
        success="ansi_green",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        variables=BUILTIN_THEMES["ansi-dark"].variables | ANSI,
    ),
)
"""Dark, light, and the one for terminals that own their palette."""


def poor(environment: Mapping[str, str]) -> bool:
    """Whether a terminal has 16 colours or fewer, or is asked for none by NO_COLOR.

    Our truecolor pairs mapped to 16 colours fall to a contrast of 1.0: such a terminal gets `aimon-ansi`.
    """
    terminal = Console(force_terminal=True, _environ=environment)
    return "NO_COLOR" in environment or terminal.color_system in {None, "standard"}


def chosen(wanted: str | None, environment: Mapping[str, str]) -> str:
    """The theme to start with: the one asked for where it exists and can be read, else by the terminal's background."""
    if poor(environment):
        return "aimon-ansi"
    if wanted in {theme.name for theme in (*THEMES, *BUILTIN_THEMES.values())}:
        return wanted or ""
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    return "aimon-light" if background in {"7", "15"} else "aimon-dark"


def luminance(color: Color) -> float:
    """WCAG relative luminance: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.normalized)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def contrast(one: Color, other: Color) -> float:
    """WCAG contrast ratio of two colours."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def borrowed(theme: Theme) -> dict[str, str]:
    """Our variables for a theme that does not know them, each text colour lifted until it passes AA."""
    if theme.ansi:
        return ANSI
    found = theme.to_color_system().generate()
    ground = Color.parse(found["background"])
    end = Color(255, 255, 255) if luminance(ground) < 0.18 else Color(0, 0, 0)
    pill = Color.parse(found["warning"])
    select, tint = ground.blend(end, 0.12), ground.blend(pill, 0.08)
    grounds = (ground, Color.parse(found["surface"]), select, tint)

    def grey(part: float) -> Color:
        return ground.blend(end, part)

    def lift(color: Color, ratio: float = 4.6) -> str:
        steps = (color.blend(end, step / 40) for step in range(41))
        return next((one for one in steps if min(contrast(one, ground) for ground in grounds) >= ratio), end).hex

    hue = {name: Color.parse(found[name]) for name in ("primary", "secondary", "error", "success", "foreground")}
    black_or_white = max((Color(0, 0, 0), Color(255, 255, 255)), key=lambda color: contrast(color, pill))
    return {
        "wait": lift(pill), "pill": pill.hex, "pill-ink": black_or_white.hex, "wait-tint": tint.hex,
        "work": lift(hue["secondary"]), "fail": lift(hue["error"]), "done": lift(hue["success"]),
        "idle": lift(grey(0.6)), "ink": lift(hue["foreground"], 7), "muted": lift(grey(0.7), 5.5),
        "faint": lift(grey(0.55)), "key": lift(hue["primary"]), "select": select.hex,
        "select-mark": lift(hue["primary"]), "rule": grey(0.18).hex, "track": grey(0.18).hex,
        "span-turn": lift(grey(0.45), 3), "span-llm": lift(hue["primary"], 3), "span-tool": lift(hue["secondary"], 3),
        "span-agent": lift(hue["success"], 3), "span-error": lift(hue["error"], 3), "span-wait": lift(pill, 3),
    }  # fmt: skip


def style(app: "App[None]", spec: str, back: str = "background") -> Style:
    """A style from a spec such as `wait`, `ink b` (bold) or `pill-ink/pill b` (foreground/background attributes)."""
    names, _, attributes = spec.partition(" ")
    fore, _, own_back = names.partition("/")
    variables = app.theme_variables
    if app.native_ansi_color:
        if own_back:  # a pill: reverse video, which every terminal has
            return _style(variables[own_back], "ansi_default", f"{attributes}r")
        if fore == "faint":
            attributes += "d"
        if back == "select":
            attributes = attributes.replace("d", "") + "b"
    return _style(variables[fore], variables[own_back or back], attributes)


@lru_cache(maxsize=1024)
def _style(fore: str, back: str, attributes: str) -> Style:
    return Style(
        color=Color.parse(fore).rich_color,
        bgcolor=Color.parse(back).rich_color,
        bold="b" in attributes or None,
        dim="d" in attributes or None,
        underline="u" in attributes or None,
        reverse="r" in attributes or None,
    )
