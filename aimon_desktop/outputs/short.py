"""One line about all sessions for prompts and status bars: written by the running aimon, read by `aimon status`.

The reader runs on every prompt of a shell, so this module loads only the standard library and aimon's runtime folder:
`aimon status` may take three times the start of bare Python, and click alone takes more.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from contextlib import suppress

from aimon_core import runtime_dir

TYPE_CHECKING = False
"""As `typing` has it, which costs a tenth of all this."""
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from aimon_core.session import Session, Totals

FILE = "status.json"
LOCK = "status.lock"
VERSION = 1

_STATES = (
    ("waiting", "!", "waiting"),
    ("failed", "×", "failed"),
    ("working", "●", "working"),
    ("completed", "✓", "done"),
    ("idle", "○", "idle"),
)
"""State, glyph and word, in the order in which they want somebody."""
STATES = tuple(state for state, _, _ in _STATES)
_ASCII = str.maketrans("×●✓○·", "x*+o-")
_LISTED = 50
"""Sessions told apart in the file; the counts hold all."""


def document(sessions: Iterable[Session], totals: Totals, address: str) -> dict[str, Any]:
    """What `status.json` holds: counts by state, today's dollars, and who is where; no prompt, no tool input."""
    rows = list(sessions)
    return {
        "v": VERSION,
        "pid": os.getpid(),
        "address": address,
        "counts": {state: sum(row.state == state for row in rows) for state, _, _ in _STATES},
        "today_usd": round(totals.today_usd, 6),
        "today_unpriced": totals.today_unpriced,
        "burn_usd_per_hour": round(totals.burn_usd_per_hour, 6),
        "sessions": [
            {"key": row.key, "agent": row.agent, "name": row.name, "state": row.state, "waiting_for": row.waiting_for}
            for row in rows[:_LISTED]
        ],
    }


def write(folder: str, content: dict[str, Any]) -> None:
    """Replace the file as a whole: a reader sees the old one or the new one."""
    path = f"{folder}/{FILE}"
    draft = f"{path}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123 - a descriptor
        json.dump(content, file)
    os.replace(draft, path)  # noqa: PTH105 - pathlib is not loaded here


def remove(folder: str) -> None:
    """Take the file away at the end."""
    with suppress(FileNotFoundError):
        os.unlink(f"{folder}/{FILE}")  # noqa: PTH108 - as above


def claim(folder: str) -> int | None:
    """The right to write the file, for as long as the descriptor given is open; None while another aimon has it.

    A lock, since a pid outlives its process as a zombie and is given away again; a lock ends with a kill -9.
    """
    descriptor = os.open(f"{folder}/{LOCK}", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def read(folder: str) -> dict[str, Any] | None:
    """What the running aimon wrote last; None where none runs, or one of another version."""
    if not _claimed(folder):
        return None
    try:
        with open(f"{folder}/{FILE}", encoding="ascii") as file:  # noqa: PTH123 - as above
            content = json.load(file)
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.get("v") == VERSION else None


def sentence(content: dict[str, Any], *, short: bool = False) -> str:
    """The one line: `! 1 waiting · ● 3 working · $12.84 today`, or `!1 ●3 $12.84`."""
    money = f"${content['today_usd']:,.2f}" + (" + unpriced" if content.get("today_unpriced") else "")
    if short:
        return f"{tally(content)} {money}".lstrip()
    counts = [(glyph, content["counts"].get(state, 0), word) for state, glyph, word in _STATES]
    parts = [f"{glyph} {count} {word}" for glyph, count, word in counts if count] or ["no sessions"]
    return " · ".join([*parts, f"{money} today"])


def tally(content: dict[str, Any]) -> str:
    """Who is there, in as few characters as possible: `!1 ●3`."""
    counts = [(glyph, content["counts"].get(state, 0)) for state, glyph, _ in _STATES]
    return " ".join(f"{glyph}{count}" for glyph, count in counts if count)


def word(state: str) -> str:
    """What a person calls a state."""
    return next((word for name, _, word in _STATES if name == state), state)


def glyph(state: str) -> str:
    """What stands for a state where there is little room."""
    return next(glyph for name, glyph, _ in _STATES if name == state)


def main(arguments: list[str]) -> int:
    """`aimon status [--short|--format NAME]`: 0 and a line, or 1 and a word on stderr."""
    content = read(runtime_dir.locate())
    if content is None:
        sys.stderr.write("No aimon is running. Start one: aimon, or aimon serve.\n")
        return 1
    text = _written(content, arguments)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        text = text.translate(_ASCII)
    sys.stdout.write(text + "\n")
    return 0


def _written(content: dict[str, Any], arguments: list[str]) -> str:
    if "--format" in arguments:
        from aimon_desktop.outputs.bars import FORMATS  # noqa: PLC0415 - the plain line does not wait for it

        return FORMATS[arguments[-1]](content)
    return sentence(content, short="--short" in arguments)


def _claimed(folder: str) -> bool:
    """Whether an aimon holds the lock."""
    try:
        descriptor = os.open(f"{folder}/{LOCK}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
