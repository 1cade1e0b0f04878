"""What setup wrote and what was there before: one file an agent in the state folder, for undo to the byte."""

from pathlib import Path

import msgspec
from msgspec import Struct

from aimon_core import paths
from aimon_core.errors import Unreadable
from aimon_desktop.setup import files
from aimon_desktop.setup.edits import Edit


class Written(Struct, frozen=True):
    """One file that setup changed."""

    path: str
    before: bytes | None
    """Its bytes; None where there was no file."""
    after: str
    """The digest of what was written: as long as it holds, `before` can simply come back."""
    edits: tuple[Edit, ...]
    """What was added, for a file that changed since."""
    folders: tuple[str, ...] = ()
    """Folders made for it, deepest first."""


class Records:
    """All of them, below one folder."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._folder = state_dir / "setup"

    def of(self, agent: str) -> dict[Path, Written]:
        """What was written for an agent, by file. Raises Unreadable."""
        path = self._path(agent)
        content = files.read(path)
        try:
            told = msgspec.json.decode(content, type=list[Written]) if content else []
        except msgspec.MsgspecError as error:
            raise Unreadable(
                f"{path} cannot be read: {error}.", "Remove it; undo then has to be done by hand."
            ) from error
        return {Path(one.path): one for one in told}

    def keep(self, agent: str, written: dict[Path, Written]) -> None:
        """Keep what was written, for its owner's eyes alone: settings hold keys. Nothing takes the record away."""
        if written:
            paths.owned(self._state_dir)
            paths.owned(self._folder)
            files.write(self._path(agent), msgspec.json.encode(list(written.values())))
        else:
            files.remove(self._path(agent), [self._folder])

    def agents(self) -> set[str]:
        """Who is set up."""
        return {path.stem for path in self._folder.glob("*.json")}

    def _path(self, agent: str) -> Path:
        return self._folder / f"{agent}.json"
