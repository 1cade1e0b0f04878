"""i3 and sway: windows by their own protocol over a Unix socket.

What is sent is a language of commands (`; exec` would run), so nothing but a number goes in. sway tells a window's pid,
i3 only its X11 id, which a terminal hands its child as WINDOWID.
"""

import json
import struct
from collections.abc import Iterator
from typing import Any

from aimon_core.errors import Unavailable
from aimon_desktop.terminals.outside import connect
from aimon_desktop.terminals.step import Boundary, Desktop, Shown

_COMMAND, _TREE = 0, 4
_MAGIC = b"i3-ipc"
_LONGEST = 16 * 2**20


def desktop(boundary: Boundary) -> Desktop:
    """That of a terminal."""
    sway, i3 = boundary.checked("SWAYSOCK", r"/.+"), boundary.checked("I3SOCK", r"/.+")
    name, socket = ("sway", sway) if sway else ("i3", str(i3))

    def windows() -> list[Shown]:
        return [found for node in _nodes(_ask(name, socket, _TREE)) for found in _owned(node, boundary)]

    return Desktop(f"{name} window", windows, lambda number: focus(name, socket, int(number)))


def focus(name: str, socket: str, number: int) -> None:
    """Go to a window, on whichever workspace it is. Raises Unavailable."""
    answers = _ask(name, socket, _COMMAND, f"[con_id={number}] focus")
    if not all(one.get("success") for one in answers):
        raise Unavailable(f"{name} has no window {number} any more.")


def _owned(node: dict[str, Any], boundary: Boundary) -> Iterator[Shown]:
    """A window and the process it belongs to; in i3 only the terminal's own, by its X11 id."""
    pid = node.get("pid")
    if not isinstance(pid, int):
        is_own = node.get("window") and str(node["window"]) == boundary.x11_window
        pid = boundary.pids[0] if is_own else None
    if pid is not None:
        yield Shown(pid, str(int(node["id"])), str(node["name"] or ""), node["focused"] is True)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node.get("type") in {"con", "floating_con"} and not node.get("nodes"):
        yield node
    for inner in (*node.get("nodes", ()), *node.get("floating_nodes", ())):
        yield from _nodes(inner)


def _ask(name: str, socket: str, kind: int, words: str = "") -> Any:
    payload = words.encode()
    with connect(name, socket) as stream:
        stream.write(_MAGIC + struct.pack("=II", len(payload), kind) + payload)
        stream.flush()
        head = stream.read(14)
        if len(head) < 14 or not head.startswith(_MAGIC) or (length := struct.unpack("=I", head[6:10])[0]) > _LONGEST:
            raise Unavailable(f"{name} gave no answer that can be read.")
        return json.loads(stream.read(length))
