"""kitty: its tabs, over the socket of its remote control, where that is switched on.

The socket and not `kitty @`, which takes half a second. A connection is closed at once: one that stays open makes all
later ones wait. On Wayland the tab is selected and the window is not raised, so the desktop is asked as well.
"""

import json
from functools import partial

from aimon_core.errors import Unavailable
from aimon_desktop.terminals.outside import connect
from aimon_desktop.terminals.step import Boundary, Step

NAMES = ("kitty",)
_LONGEST = 4096
_OLDEST = [0, 14, 2]
"""The version whose protocol is spoken; later ones take it."""


def step(boundary: Boundary) -> Step:
    """The tab and window of kitty in which a process runs."""
    window, socket = boundary.checked("KITTY_WINDOW_ID", r"\d+"), boundary.checked("KITTY_LISTEN_ON", r"unix:[@/].+")
    if window is None or socket is None:
        off = "kitty's remote control is off (allow_remote_control, listen_on), so its tab stays as it is."
        return Step("kitty", why_not=off, has_window=True)
    return Step(f"kitty {window}", partial(focus, socket.removeprefix("unix:"), window), has_window=True)


def focus(socket: str, window: str) -> None:
    """Select a window of kitty, with its tab. Raises Unavailable with kitty's reason."""
    request = {"cmd": "focus-window", "version": _OLDEST, "payload": {"match": f"id:{window}"}}
    with connect("kitty", socket) as stream:
        stream.write(b"\x1bP@kitty-cmd" + json.dumps(request).encode() + b"\x1b\\")
        stream.flush()
        answer = b""
        while not answer.endswith(b"\x1b\\") and len(answer) < _LONGEST and (byte := stream.read(1)):
            answer += byte
        told = json.loads(answer.removeprefix(b"\x1bP@kitty-cmd").removesuffix(b"\x1b\\"))
    if not told.get("ok"):
        raise Unavailable(f"kitty has no window {window}, or does not let it be selected.")
