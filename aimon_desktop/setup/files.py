"""Settings files on disk: read with what their bytes were, written whole or not at all, through links, mode kept."""

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from aimon_core.errors import Unavailable
from aimon_desktop.setup.edits import Malformed

_BOM = "\ufeff"
NEW_MODE = 0o600
"""Of files that were not there: agents keep keys in their settings."""


class Page(Struct, frozen=True):
    """The text of a file, and how its bytes are made of it."""

    text: str = ""
    bom: bool = False
    crlf: bool = False

    @classmethod
    def of(cls, content: bytes | None) -> "Page":
        """The page that bytes hold; an empty one for no file. Raises Malformed."""
        try:
            text = (content or b"").decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed("not UTF-8", (content or b"")[: error.start].count(b"\n") + 1) from None
        bom = text.startswith(_BOM)
        crlf = "\r\n" in text and text.count("\r\n") == text.count("\n")
        text = text.removeprefix(_BOM)
        return cls(text.replace("\r\n", "\n") if crlf else text, bom, crlf)

    def with_text(self, text: str) -> bytes:
        """Other text in bytes of the same kind."""
        return ((_BOM if self.bom else "") + (text.replace("\n", "\r\n") if self.crlf else text)).encode()


def digest(content: bytes) -> str:
    """What tells whether a file is still the one that was written."""
    return hashlib.sha256(content).hexdigest()


def read(path: Path) -> bytes | None:
    """The bytes of a file; None where there is none. Raises Unavailable."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}.") from error


def write(path: Path, content: bytes, mode: int = NEW_MODE) -> None:
    """Replace the file that a path leads to, through links; its mode stays, `mode` is for a new one.

    Raises Unavailable for what is read-only: it is so on purpose, as with Nix.
    """
    target = path.resolve()
    try:
        if target.exists():
            mode = stat.S_IMODE(target.stat().st_mode)
            if not mode & stat.S_IWUSR:
                raise Unavailable(
                    f"{target} is read-only.", "Something else writes it; `aimon setup --show` prints what to put in."
                )
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, content, mode)
    except OSError as error:
        raise Unavailable(
            f"{target} cannot be written: {error.strerror}.", "`aimon setup --show` prints what to put in by hand."
        ) from error


def _replace(target: Path, content: bytes, mode: int) -> None:
    descriptor, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(mode)
        Path(draft).replace(target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def missing_folders(path: Path) -> list[Path]:
    """The folders above a file that are not there yet, deepest first."""
    return [folder for folder in path.parents if not folder.exists()]


def remove(path: Path, folders: Iterable[Path | str] = ()) -> None:
    """Take a file away, a link to it stays, and those of the folders that are empty then. Raises Unavailable."""
    try:
        path.resolve().unlink(missing_ok=True)
        for folder in map(Path, folders):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
    except OSError as error:
        raise Unavailable(f"{path} cannot be removed: {error.strerror}.") from error
