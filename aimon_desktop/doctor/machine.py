"""Checks of this machine: the port and its owner, aimon's folders, the journal, the price table, the terminal."""

import os
import shutil
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from aimon_core import process, runtime_dir
from aimon_core.errors import AimonError
from aimon_core.journal import Journal
from aimon_desktop.doctor import Check, absent, broken, fine
from aimon_desktop.terminals.outside import run

_DAY_S = 86_400
_ROOM = 1 << 20
"""Bytes without which a journal cannot go on."""
_OLD_DAYS = 90
"""Prices change with models, and those with the seasons."""


def port(host: str, number: int) -> Check:
    """Who listens where agents send to."""
    owner = process.port_owner(number, host)
    if owner is None:
        return absent("port", f"Nobody listens on {host}:{number}.", "Start one: aimon, or aimon serve.")
    if not owner.is_aimon:
        hint = "Stop it, or choose another --port and run `aimon setup` with it."
        return broken("port", f"{host}:{number} belongs to {owner}.", hint)
    return fine("port", f"aimon (pid {owner.pid}) listens on {host}:{number}.")


def folders(state_dir: Path) -> Iterator[Check]:
    """Whether aimon can write what it keeps and what it tells while it runs."""
    path = runtime_dir.locate()
    try:
        runtime_dir.secure(path)
        yield fine("runtime", f"{path} is yours alone.")
    except AimonError as error:
        yield broken("runtime", error.message, error.hint, lambda: _close(path))
    there = next(folder for folder in (state_dir, *state_dir.parents) if folder.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        yield fine("state", f"{state_dir} can be written.")
    else:
        yield broken("state", f"{state_dir} cannot be written.", "Name another one with --state-dir.")


def journal(state_dir: Path, *, persist: bool) -> Check:
    """Whether the journal can be read, and how large it is."""
    path = state_dir / "journal.db"
    if not persist:
        return absent("journal", "Nothing is kept for a restart: persist is false.")
    if not path.exists():
        return absent("journal", "There is none yet.")
    try:
        book = Journal.read_only(path)
        count = sum(1 for _ in book.deliveries())
        size = book.size_bytes()
        book.close()
    except AimonError as error:
        return broken("journal", error.message, "aimon moves a damaged one aside when it starts.")
    if book.notice:
        return broken("journal", book.notice, "aimon moves a damaged one aside when it starts.")
    if shutil.disk_usage(path.parent).free < _ROOM:
        return broken(
            "journal", f"The disk of {path} is full: what comes in is refused.", "Make room: it mends itself."
        )
    aside = ", ".join(sorted(one.name for one in state_dir.glob("journal.db.aside-*") if one.name[-1].isdigit()))
    moved = f" Moved aside, to be looked at or deleted: {aside}." if aside else ""
    return fine("journal", f"{count:,} deliveries in {size / 2**20:.1f} MiB.{moved}")


def prices(now_s: float | None = None) -> Check:
    """How old the price table is: as old as its package, as far as that can be seen."""
    try:
        package = metadata.distribution("genai-prices")
        made_s = Path(str(package.locate_file("genai_prices/data.py"))).stat().st_mtime
    except (metadata.PackageNotFoundError, OSError):
        return broken("prices", "The price table is missing.", "Install aimon anew.")
    days = int(((now_s or time.time()) - made_s) // _DAY_S)
    says = f"genai-prices {package.version}, installed {days} days ago."
    if days > _OLD_DAYS:
        return absent("prices", says, "New models may have no price: update genai-prices.")
    return fine("prices", says)


def terminal() -> Check:
    """Whether a session's terminal can be brought to the front."""
    if shutil.which("tmux") is None:
        return absent("terminal", "tmux is not on the PATH.", "Sessions in tmux cannot be focused.")
    inside = bool(os.environ.get("TMUX"))
    try:
        version = run("tmux", "-V").strip()
        if inside:
            run("tmux", "display-message", "-p", "#{pid}")
    except AimonError as error:
        return broken("terminal", error.message, error.hint)
    return fine("terminal", f"{version}; this terminal is {'in' if inside else 'outside'} it.")


def _close(path: str) -> None:
    Path(path).chmod(0o700)
