"""Copilot CLI's events: a line for each thing that happened, `session-state/SESSION/events.jsonl`, as of 1.0.102.

They tell what its telemetry and hooks tell, and more: a permission's question and its answer, Esc, and what a summary
of the conversation cost. Builds before `session.usage_record` leave out what calls used. That a turn is over no line
says: it is, where a round ends whose answer asks for no tool. Subagents stand in the file of their session.
"""

from pathlib import Path

from aimon_core import paths
from receiver.transcripts.copilot.reader import AGENT, Events

_ID = 36
"""Characters of a session's id."""


class Copilot:
    """Copilot CLI's events."""

    agent = AGENT

    def roots(self) -> tuple[Path, ...]:
        """Its sessions."""
        return (paths.copilot_dir() / "session-state",)

    def matches(self, path: Path) -> bool:
        """The events of a session; early builds kept them without a folder."""
        return path.name == "events.jsonl" or (path.suffix == ".jsonl" and path.parent.name == "session-state")

    def reader(self, path: Path) -> Events:
        """A reader for one file."""
        return Events(self.session_of(path))

    def beside(self, _path: Path) -> tuple[Path, ...]:
        """None."""
        return ()

    def session_of(self, path: Path) -> str:
        """The folder is called by it, or the file where there is none."""
        return path.parent.name if path.name == "events.jsonl" else path.stem[:_ID]
