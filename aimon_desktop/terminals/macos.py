"""macOS: tabs of iTerm2 and Terminal.app by AppleScript, and any other terminal as an application (experimental)."""

from functools import partial

from aimon_core.errors import Unavailable
from aimon_desktop.terminals.outside import run
from aimon_desktop.terminals.step import Boundary, Step

NAMES = ("iTerm2", "Terminal")

_ITERM2 = """on run argv
tell application "iTerm2"
repeat with w in windows
repeat with t in tabs of w
repeat with s in sessions of t
if tty of s is item 1 of argv then
select w
select t
select s
activate
return
end if
end repeat
end repeat
end repeat
end tell
error "no such tab"
end run"""
_TERMINAL = """on run argv
tell application "Terminal"
repeat with w in windows
repeat with t in tabs of w
if tty of t is item 1 of argv then
set selected of t to true
set index of w to 1
activate
return
end if
end repeat
end repeat
end tell
error "no such tab"
end run"""


def step(boundary: Boundary) -> Step:
    """The tab with a terminal of this name; it brings its window along."""
    if boundary.tty is None:
        return Step(boundary.name, why_not=f"Which tab of {boundary.name} it runs in is not known.", has_window=True)
    script = _ITERM2 if boundary.name == "iTerm2" else _TERMINAL
    return Step(f"{boundary.name} {boundary.tty}", partial(run, "osascript", "-e", script, boundary.tty))


def window(boundary: Boundary) -> Step:
    """The application of a terminal, whichever of its windows comes. Raises Unavailable."""
    bundle = boundary.checked("__CFBundleIdentifier", r"\w[\w.-]*")
    if bundle is None:
        raise Unavailable("Its application is not known.")
    return Step(bundle, partial(run, "open", "-b", bundle))
