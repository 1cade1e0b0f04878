"""Transcripts of a recording, read by today's readers as `follow` reads those that are being written.

A reader may look at small files beside its transcript, so those of a recording lie in a folder that vanishes with it.
"""

import tempfile
from pathlib import Path, PurePosixPath

from aimon_core.errors import Unreadable
from aimon_core.events import Event
from receiver.follow import Counters, understood
from receiver.reel import Written
from receiver.tail import Piece
from receiver.transcripts import LANGUAGES, Reader


class Transcripts:
    """All transcripts of a recording."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._readers: dict[tuple[str, str], Reader] = {}
        self._counters = Counters()

    def events(self, entry: Written) -> list[Event]:
        """What its next lines say. Raises Unreadable for an agent or a path that no recording of ours names."""
        language = next((one for one in LANGUAGES if one.agent == entry.agent), None)
        if language is None:
            raise Unreadable(f"A recording with transcripts of {entry.agent[:40]!r} cannot be read.")
        path, key = self._inside(entry.file), (entry.agent, entry.file)
        for name, text in entry.beside.items():
            beside = self._inside(name)
            beside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside.write_text(text, "utf-8")
        if entry.anew or key not in self._readers:
            self._readers[key] = language.reader(path)
        piece = Piece([line.encode() for line in entry.lines], entry.written_ns, entry.anew, more=False)
        return understood(self._readers[key], language, path, piece, self._counters)

    def close(self) -> None:
        """Remove the folder, if there is one."""
        if self._folder is not None:
            self._folder.cleanup()

    def _inside(self, told: str) -> Path:
        """A path of the recording, in our folder; where it came from somebody else it must not lead out."""
        relative = PurePosixPath(told)
        if relative.is_absolute() or ".." in relative.parts or "\0" in told:
            raise Unreadable(f"A recording with the path {told[:80]!r} is none of ours.")
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="aimon-replay-", ignore_cleanup_errors=True)
        return Path(self._folder.name, relative)
