"""Changes to a settings file as data: what is put where, so that it can be shown, done, recognised and taken back."""

from typing import Any, Protocol

from msgspec import Struct

Path = tuple[str | int, ...]
"""Keys from the root of a document; a number counts in a list."""


class Malformed(ValueError):
    """A text is not in the language of its file."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.why, self.line = why, line


class Format(Protocol):
    """A language of settings files, edited as text."""

    def loads(self, text: str) -> dict[str, Any]:
        """What the text says. Raises Malformed."""

    def dumps(self, value: dict[str, Any]) -> str:
        """A document of its own, to be copied by hand."""

    def put(self, text: str, path: Path, value: Any) -> str:
        """The text with a value at a path."""

    def append(self, text: str, path: Path, value: Any) -> str:
        """The text with one more element in the list at a path."""

    def drop(self, text: str, path: Path) -> str:
        """The text without what is at a path."""


class Edit(Struct, frozen=True):
    """One value at one place of a document."""

    path: Path
    value: Any
    element: bool = False
    """Whether the value is one more element of the list at the path, not the value there."""
    depth: int = 0
    """How many keys of the path were there before: what lies deeper goes with the edit."""
    replaced: Any = None
    """What a forced edit took the place of; None where there was nothing."""


def found(document: Any, path: Path) -> Any:
    """The value at a path; None where there is nothing."""
    for key in path:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return None
    return document


def applied(text: str, edit: Edit, language: Format) -> str:
    """The text with an edit. Raises Malformed where something else is in its way."""
    there = found(language.loads(text), edit.path)
    if edit.element and there is not None and not isinstance(there, list):
        raise Malformed(f"{dotted(edit.path)} is no list", 1)
    after = (language.append if edit.element else language.put)(text, edit.path, edit.value)
    there = found(language.loads(after), edit.path)
    if edit.value not in there if edit.element else edit.value != there:
        raise Malformed(f"{dotted(edit.path)} cannot be written there", 1)
    return after


def dotted(path: Path) -> str:
    """A path as people write it."""
    return ".".join(map(str, path))


def taken_back(text: str, edit: Edit, language: Format) -> str:
    """The text without an edit; untouched where somebody changed its value since. Raises Malformed."""
    there = found(language.loads(text), edit.path)
    if edit.element:
        if not isinstance(there, list) or edit.value not in there:
            return text
        text = language.drop(text, (*edit.path, there.index(edit.value)))
    elif there != edit.value:
        return text
    elif edit.replaced is not None:
        return language.put(text, edit.path, edit.replaced)
    else:
        text = language.drop(text, edit.path)
    return _without_empty(text, edit, language)


def _without_empty(text: str, edit: Edit, language: Format) -> str:
    """The text without the containers that were made for an edit and hold nothing any more."""
    deepest = len(edit.path) - (0 if edit.element else 1)
    for depth in range(deepest, edit.depth, -1):
        if found(language.loads(text), edit.path[:depth]) not in ({}, []):
            break
        text = language.drop(text, edit.path[:depth])
    return text
