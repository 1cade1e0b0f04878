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
from aimon_desktop.setup.edits import Edit, Malformed, applied, dotted, found, taken_back
from aimon_desktop.setup.files import Page
from aimon_desktop.setup.place import is_hook
from aimon_desktop.setup.records import Written


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
        return _change(document, content, page, record, force)
    except Malformed as error:
        raise unreadable(document.path, error) from error


def unreadable(path: File, error: Malformed) -> Unreadable:
    """A file that its own agent cannot read either."""
    return Unreadable(f"{path}, line {error.line}: {error.why}.", "Mend it first; nothing was changed.")


def without_edits(path: File, content: bytes, edits: tuple[Edit, ...], document: Document) -> bytes:
    """A file that changed since, without what setup added to it. Raises Unreadable."""
    try:
        page = Page.of(content)
        text = page.text
        for edit in reversed(edits):
            text = taken_back(text, edit, document.language)
    except Malformed as error:
        raise unreadable(path, error) from error
    return page.with_text(text)


def _change(document: Document, content: bytes | None, page: Page, record: Written | None, force: bool) -> Change:  # noqa: FBT001 - as told
    there = document.language.loads(page.text)
    text, left, edits = page.text, [], list(record.edits if record else ())
    for part in document.parts:
        wanted = [(setting, _need(setting, there, edits, force)) for setting in part.settings]
        if blocked := [setting for setting, need in wanted if need == "blocked"]:
            left += [_left(part, setting, there) for setting in blocked]
            continue
        for setting, need in wanted:
            if need == "edit":
                text, edits = _done(text, setting, document, there, edits)
    ours = bool(record) or any(
        is_hook(found(there, setting.path)) for part in document.parts for setting in part.settings
    )
    written = None
    if text != page.text:
        written = _written(document, content, page, text, record, tuple(edits))
    return Change(document, content, page, text, written, ours, tuple(left))


def _need(setting: Setting, there: dict[str, Any], edits: list[Edit], force: bool) -> str:  # noqa: FBT001 - as told
    """`edit` where the value is missing, `blocked` where a person's own is in its place, else `nothing`."""
    value = found(there, setting.path)
    if setting.element:
        return "nothing" if isinstance(value, list) and setting.value in value else "edit"
    if value is None:
        return "nothing" if setting.rival else "edit"
    if _same(value, setting.value) or (setting.tuning and not force):
        return "nothing"
    own = any(edit.path == setting.path and edit.value == value for edit in edits)
    return "edit" if own or force or is_hook(value) else "blocked"


def _same(value: Any, wanted: Any) -> bool:
    return value == wanted or (
        isinstance(value, str) and isinstance(wanted, str) and "://" in value and _address(value) == _address(wanted)
    )


def _address(url: str) -> tuple[str, str, str]:
    try:
        parts = urlsplit(url)
        host = f"{'127.0.0.1' if parts.hostname == 'localhost' else parts.hostname}:{parts.port}"
    except ValueError:
        return "", url, ""
    return parts.scheme, host, parts.path.rstrip("/")


def _left(part: Part, setting: Setting, there: dict[str, Any]) -> str:
    value = found(there, setting.path)
    shown = value if isinstance(value, str) else json.dumps(value)
    return f"{part.name}: {dotted(setting.path)} is {clean(mask(shown), 80)}"


def _done(
    text: str, setting: Setting, document: Document, there: dict[str, Any], edits: list[Edit]
) -> tuple[str, list[Edit]]:
    """The text and the list of edits with one more; an older hook of ours makes room for it."""
    edit = Edit(setting.path, setting.value, setting.element, _depth(there, setting.path))
    if setting.element:
        older = [one for one in found(there, setting.path) or () if is_hook(one)]
        for one in older:
            text = taken_back(text, Edit(setting.path, one, element=True, depth=len(setting.path)), document.language)
        known = [one for one in edits if one.path == setting.path and one.value in older]
    else:
        known = [one for one in edits if one.path == setting.path]
        value = found(there, setting.path)
        edit = replace(edit, replaced=known[0].replaced if known else value)
    if known:
        edit = replace(edit, depth=known[0].depth)
    return applied(text, edit, document.language), [*(one for one in edits if one not in known), edit]


def _depth(there: dict[str, Any], path: tuple[str | int, ...]) -> int:
    return next((depth for depth in range(len(path), 0, -1) if found(there, path[:depth]) is not None), 0)


def _written(
    document: Document, content: bytes | None, page: Page, text: str, record: Written | None, edits: tuple[Edit, ...]
) -> Written:
    """The record of a change: what undo brings back is what was there before the first one."""
    before, folders = content, tuple(map(str, files.missing_folders(document.path)))
    if record and content is not None:
        same = files.digest(content) == record.after
        before = record.before if same else without_edits(document.path, content, record.edits, document)
        folders = record.folders
    return Written(str(document.path), before, files.digest(page.with_text(text)), edits, folders)
