"""From what an agent needs and a file as it is to the file as it should be: which edits, and what is left alone."""

import json
from pathlib import Path as File
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from aimon_core.clean import clean
from aimon_core.errors import Unreadable
from aimon_core.masking import mask
from aimon_desktop.setup import files
from aimon_desktop.setup.connection import Document, Part, Setting
from aimon_desktop.setup.edits import Edit, Malformed, Path, applied, dotted, found, taken_back
from aimon_desktop.setup.files import Page
from aimon_desktop.setup.place import is_hook
from aimon_desktop.setup.records import Written


class Broken(Unreadable):
    """A file that its own agent cannot read either."""

    def __init__(self, path: File, error: Malformed) -> None:
        super().__init__(f"{path}, line {error.line}: {error.why}.", "Mend it first; nothing was changed.")
        self.line = error.line


class Change(Struct, frozen=True):
    """One file, before and after."""

    document: Document
    content: bytes | None
    """What the file holds now; None where there is none."""
    page: Page
    after: str
    """The text that it should have."""
    written: Written | None
    """What the record of it will say."""
    has_ours: bool
    """Whether something of aimon's is there already."""
    left: tuple[str, ...]
    """What a person set otherwise, in words: it stays."""

    @property
    def path(self) -> File:
        """The file, as the agent names it."""
        return self.document.path

    @property
    def before(self) -> str:
        """The text that it has."""
        return self.page.text


def change(document: Document, record: Written | None, *, force: bool) -> Change:
    """What a file needs. Raises Unreadable, with file and line, for one that is not in its language."""
    content = files.read(document.path)
    try:
        page = Page.of(content)
        draft = _Draft(document, page.text, record, force=force)
        for part in document.parts:
            draft.take(part)
    except Malformed as error:
        raise Broken(document.path, error) from error
    written = None
    if draft.text != page.text:
        after = files.digest(page.with_text(draft.text))
        before, folders = _before(document, content, record)
        written = Written(str(document.path), before, after, tuple(draft.edits), folders)
    return Change(document, content, page, draft.text, written, draft.has_ours, tuple(draft.left))


def without_edits(path: File, content: bytes, edits: tuple[Edit, ...], document: Document) -> bytes:
    """A file that changed since, without what setup added to it. Raises Unreadable."""
    try:
        page = Page.of(content)
        text = page.text
        for edit in reversed(edits):
            text = taken_back(text, edit, document.language)
    except Malformed as error:
        raise Broken(path, error) from error
    return page.with_text(text)


class _Draft:
    """A file's text on its way to what it should be."""

    def __init__(self, document: Document, text: str, record: Written | None, *, force: bool) -> None:
        self._language, self._force = document.language, force
        self._there = document.language.loads(text)
        self.text = text
        self.edits = list(record.edits if record else ())
        """What is aimon's in it."""
        self.left: list[str] = []
        """What a person set otherwise, in words."""
        self.has_ours = record is not None

    def take(self, part: Part) -> None:
        """Write what a part needs; nothing of it where a person's own is in the way. Raises Malformed."""
        self.has_ours |= any(is_hook(self._value(setting)) for setting in part.settings)
        if blocked := [setting for setting in part.settings if self._is_blocked(setting)]:
            self.left += [f"{part.name}: {dotted(one.path)} is {_shown(self._value(one))}" for one in blocked]
            return
        for setting in part.settings:
            if not self._is_met(setting):
                self._write(setting)

    def _value(self, setting: Setting) -> Any:
        return found(self._there, setting.path)

    def _is_met(self, setting: Setting) -> bool:
        value = self._value(setting)
        if setting.element:
            return isinstance(value, list) and setting.value in value
        if value is None:
            return setting.rival
        return _same(value, setting.wanted(value)) or (setting.tuning and not self._force)

    def _is_blocked(self, setting: Setting) -> bool:
        value = self._value(setting)
        if value is None or setting.element or self._force or self._is_met(setting):
            return False
        if setting.around is not None:
            return not isinstance(value, str)
        return not is_hook(value) and not any(one.path == setting.path and one.value == value for one in self.edits)

    def _write(self, setting: Setting) -> None:
        """One value more; an older one of ours makes room for it."""
        value = self._value(setting)
        known = [one for one in self.edits if one.path == setting.path]
        edit = Edit(setting.path, setting.wanted(value), setting.element, self._depth(setting.path))
        if setting.element:
            older = [one for one in value if is_hook(one)] if isinstance(value, list) else []
            known = [one for one in known if one.value in older]
            for one in older:
                past = Edit(setting.path, one, element=True, depth=len(setting.path))
                self.text = taken_back(self.text, past, self._language)
        else:
            ours = known and (value == known[0].value or is_hook(value))
            edit = replace(edit, replaced=known[0].replaced if ours else value)
        if known:
            edit = replace(edit, depth=known[0].depth)
        self.text = applied(self.text, edit, self._language)
        self.edits = [*(one for one in self.edits if one not in known), edit]

    def _depth(self, path: Path) -> int:
        """How many keys of a path are there."""
        return next((n for n in range(len(path), 0, -1) if found(self._there, path[:n]) is not None), 0)


def _before(document: Document, content: bytes | None, record: Written | None) -> tuple[bytes | None, tuple[str, ...]]:
    """What undo brings back: what was there before the first change, and the folders that were not."""
    if record is None or content is None:
        return content, tuple(map(str, files.missing_folders(document.path)))
    if files.digest(content) == record.after:
        return record.before, record.folders
    return without_edits(document.path, content, record.edits, document), record.folders


def _same(value: Any, wanted: Any) -> bool:
    """Whether two values mean the same; a URL may call this machine by another name."""
    return value == wanted or (isinstance(value, str) and "://" in value and _address(value) == _address(str(wanted)))


def _address(url: str) -> tuple[str, str, str]:
    try:
        parts = urlsplit(url)
        host = f"{'127.0.0.1' if parts.hostname == 'localhost' else parts.hostname}:{parts.port}"
    except ValueError:
        return "", url, ""
    return parts.scheme, host, parts.path.rstrip("/")


def _shown(value: Any) -> str:
    return clean(mask(value if isinstance(value, str) else json.dumps(value)), 80)
