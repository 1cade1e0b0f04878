"""A plan: what connecting one agent would change, shown before it is done, and undone to the byte."""

import difflib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from aimon_core.errors import AimonError, Unavailable
from aimon_core.masking import mask
from aimon_desktop.setup import files, place
from aimon_desktop.setup.changes import Change, change, without_edits
from aimon_desktop.setup.connection import SERVICE, Connection, Document
from aimon_desktop.setup.edits import Edit, applied, found
from aimon_desktop.setup.place import Place
from aimon_desktop.setup.records import Records, Written


class State(StrEnum):
    """Where an agent stands."""

    CONNECTED = "connected"
    NOT_CONNECTED = "not connected"
    OUTDATED = "outdated"
    """Connected once, but not to this aimon, or not with all it needs now."""
    BROKEN = "broken"
    """Its settings cannot be read."""


class Plan(Struct, frozen=True):
    """One agent, and what connecting it takes."""

    connection: Connection
    place: Place
    changes: tuple[Change, ...]
    state: State
    problem: AimonError | None = None
    """Why the settings cannot be read; None where they can."""

    @property
    def agent(self) -> str:
        """The agent's id."""
        return self.connection.agent

    @property
    def installs(self) -> bool:
        """Whether `apply` would copy the hook program: it is not there, or of another version."""
        return self.connection.uses_hooks and not place.is_installed(self.place)

    @property
    def has_work(self) -> bool:
        """Whether `apply` would write anything."""
        if self.problem is not None:
            return False
        return self.state is State.OUTDATED or any(one.written is not None for one in self.changes)

    @property
    def left(self) -> tuple[str, ...]:
        """What a person set otherwise, and stays, in words."""
        return tuple(words for one in self.changes for words in one.left)

    def diff(self) -> Iterator[str]:
        """The lines of a unified diff, secrets masked and without anything a terminal obeys."""
        for one in self.changes:
            name = shortened(one.path, self.place)
            old = name if one.content is not None else "/dev/null"
            lines = difflib.unified_diff(one.before.splitlines(), one.after.splitlines(), old, name, lineterm="")
            yield from (_printable(mask(line)) for line in lines)

    def apply(self) -> None:
        """Install the hook program, keep what is there, write. Raises AimonError; then nothing more is written."""
        if self.problem is not None:
            raise self.problem
        if self.installs:
            place.install_programs(self.place)
        records = Records(self.place.state_dir)
        record = records.of(self.agent)
        for one in self.changes:
            if one.written is None:
                continue
            if files.read(one.path) != one.content:
                raise Unavailable(f"{one.path} changed in the meantime.", "Run it again.")
            records.keep(self.agent, record | {one.path: one.written})  # first: what is written can be undone
            try:
                files.write(one.path, one.page.with_text(one.after))
            except AimonError:
                records.keep(self.agent, record)
                raise
            record[one.path] = one.written

    def undo(self) -> list[str]:
        """Bring back what was there before, and say how, a line a file. Raises AimonError."""
        records = Records(self.place.state_dir)
        record = records.of(self.agent)
        said = []
        for document in self.connection.documents:
            if (written := record.get(document.path)) is not None:
                said.append(_undone(document, written, self.place))
                del record[document.path]
                records.keep(self.agent, record)
        if said and not records.agents() - {SERVICE}:
            place.remove_programs(self.place)
        return said

    def snippets(self) -> Iterator[tuple[str, str]]:
        """File and text of all that the agent needs, to be put in elsewhere by hand."""
        before = {one.path: one.before for one in self.changes}
        for document in self.connection.documents:
            text, there = "", document.language.loads(before.get(document.path, ""))
            for part in document.parts:
                for setting in part.settings:
                    if not setting.rival:
                        value = setting.wanted(found(there, setting.path))
                        text = applied(text, Edit(setting.path, value, setting.element), document.language)
            yield shortened(document.path, self.place), text


def plan_for(connection: Connection, where: Place) -> Plan:
    """What connecting an agent takes; never raises: what cannot be read is a broken plan."""
    try:
        record = Records(where.state_dir).of(connection.agent)
        changes = tuple(
            change(document, record.get(document.path), force=where.force) for document in connection.documents
        )
        return Plan(connection, where, changes, _state(connection, changes, where))
    except AimonError as error:
        return Plan(connection, where, (), State.BROKEN, error)


def shortened(path: Path, where: Place) -> str:
    """A path as people write it: with `~` for the home."""
    return f"~/{path.relative_to(where.home)}" if path.is_relative_to(where.home) else str(path)


def _state(connection: Connection, changes: tuple[Change, ...], where: Place) -> State:
    ours = any(one.has_ours for one in changes)
    if all(one.written is None for one in changes):
        if not ours:
            return State.NOT_CONNECTED
        whole = not connection.uses_hooks or place.is_installed(where)
        return State.CONNECTED if whole else State.OUTDATED
    return State.OUTDATED if ours else State.NOT_CONNECTED


def _undone(document: Document, written: Written, where: Place) -> str:
    name = shortened(document.path, where)
    content = files.read(document.path)
    if content is None:
        return f"{name} is gone; there was nothing to undo."
    if files.digest(content) == written.after:
        if written.before is None:
            files.remove(document.path, written.folders)
            return f"{name} was removed: it was aimon's."
        files.write(document.path, written.before)
        return f"{name} is what it was."
    rest = without_edits(document.path, content, written.edits, document)
    if written.before is None and rest.strip() in {b"", b"{}"}:
        files.remove(document.path, written.folders)
        return f"{name} was removed: nothing else was in it."
    files.write(document.path, rest)
    return f"{name} changed since: only what aimon added was taken out."


def _printable(line: str) -> str:
    return "".join(letter if letter.isprintable() or letter == "\t" else "\ufffd" for letter in line)
