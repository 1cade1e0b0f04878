"""Edits JSON as text: what a person wrote stays as it is, with its order, indentation, line ends and comments.

Our own because the well-kept JSON libraries write documents anew. The standard library does the parsing: comments are
blanked out in place first, so every offset it tells is an offset into the person's own text.
"""

import json
import re
from typing import Any

from msgspec import Struct

from aimon_desktop.setup.edits import Malformed, Path

_STRING_OR_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()
_UNIT = "  "
"""Indentation of documents that have none of their own to follow."""


class JsonText:
    """JSON, or JSON with comments where the agent reads such."""

    def __init__(self, *, comments: bool) -> None:
        self._comments = comments

    def loads(self, text: str) -> dict[str, Any]:
        """What the text says; {} for an empty one. Raises Malformed."""
        plain = self._plain(text)
        if not plain.strip():
            return {}
        try:
            found = json.loads(plain)
        except json.JSONDecodeError as error:
            raise Malformed(error.msg, plain.count("\n", 0, error.pos) + 1) from None
        except RecursionError:
            raise Malformed("nested too deeply", 1) from None
        if not isinstance(found, dict):
            raise Malformed("not an object", 1)
        return found

    def dumps(self, value: dict[str, Any]) -> str:
        """A document of its own."""
        return _laid_out(value, "", _UNIT) + "\n"

    def put(self, text: str, path: Path, value: Any) -> str:
        """The text with a value at a path: replaced where there is one, else behind what is there."""
        plain = self._plain(text)
        if not plain.strip():
            return text + self.dumps(_nested(path, value))
        inside = _root(plain)
        for depth, key in enumerate(path):
            child = inside.child(key)
            if child is None:
                return _inserted(text, inside, key, _nested(path[depth + 1 :], value))
            if depth == len(path) - 1:
                return text[: child.at] + _dumped(value, _style(text, inside)) + text[child.end :]
            if plain[child.at] not in "{[":
                raise Malformed(f"{key} holds a single value", plain.count("\n", 0, child.at) + 1)
            inside = _container(plain, child.at)
        raise AssertionError(path)

    def append(self, text: str, path: Path, value: Any) -> str:
        """The text with one more element at the end of the list at a path; the list is made where there is none."""
        plain = self._plain(text)
        inside = _at(plain, path) if plain.strip() else None
        if inside is None:
            return self.put(text, path, [value])
        return _inserted(text, inside, len(inside.children), value)

    def drop(self, text: str, path: Path) -> str:
        """The text without the member or element at a path, and without the comma that it needed."""
        plain = self._plain(text)
        inside = _at(plain, path[:-1])
        child = inside.child(path[-1]) if inside else None
        if inside is None or child is None:
            return text
        place = inside.children.index(child)
        start = len(text[: child.start].rstrip())
        if place < len(inside.children) - 1:
            end = plain.index(",", child.end) + 1
            after = _past(text, end)
            return text[:start] + text[end:] if "\n" in text[end:after] else text[: child.start] + text[after:]
        if place:
            comma = plain.index(",", inside.children[place - 1].end)
            return text[:comma] + text[comma + 1 : start] + text[child.end :]
        if not (text[inside.at + 1 : start] + text[child.end : inside.end - 1]).strip():
            return text[: inside.at + 1] + text[inside.end - 1 :]
        return text[:start] + text[child.end :]

    def _plain(self, text: str) -> str:
        return _STRING_OR_COMMENT.sub(_blanked, text) if self._comments else text


class _Child(Struct, frozen=True):
    key: str | int
    start: int
    """Where its key begins, or the value of an element."""
    at: int
    """Where its value begins."""
    end: int


class _Container(Struct, frozen=True):
    """An object or a list in the text."""

    at: int
    end: int
    children: list[_Child]

    def child(self, key: str | int) -> _Child | None:
        """The member that counts: of equal names, the last one."""
        return next((child for child in reversed(self.children) if child.key == key), None)


class _Style(Struct, frozen=True):
    """How a container is laid out."""

    indent: str | None
    """Before each child, on a line of its own; None where all stand on one line."""
    unit: str
    colon: str
    """The blank behind a colon or comma, if any."""

    @property
    def marks(self) -> tuple[str, str]:
        """What stands between two children of one line, and between name and value."""
        return f",{self.colon}", f":{self.colon}"


def _blanked(found: re.Match[str]) -> str:
    """A string as it is, a comment as so many blanks, the ends of its lines too: none of them ends a value's line."""
    return found[0] if found[0][0] == '"' else " " * len(found[0])


def _root(plain: str) -> _Container:
    return _container(plain, _past(plain, 0))


def _container(plain: str, at: int) -> _Container:
    children: list[_Child] = []
    where = _past(plain, at + 1)
    while plain[where] not in "]}":
        start = where
        key: str | int = len(children)
        if plain[at] == "{":
            key, where = _DECODER.raw_decode(plain, where)
            where = _past(plain, _past(plain, where) + 1)
        _, end = _DECODER.raw_decode(plain, where)
        children.append(_Child(key, start, where, end))
        where = _past(plain, end)
        if plain[where] == ",":
            where = _past(plain, where + 1)
    return _Container(at, where + 1, children)


def _at(plain: str, path: Path) -> _Container | None:
    inside = _root(plain)
    for key in path:
        child = inside.child(key)
        if child is None or plain[child.at] not in "{[":
            return None
        inside = _container(plain, child.at)
    return inside


def _past(plain: str, at: int) -> int:
    found = _BLANK.match(plain, at)
    return found.end() if found else at


def _inserted(text: str, inside: _Container, key: str | int, value: Any) -> str:
    """The text with one more child behind the others."""
    style = _style(text, inside)
    named = f"{json.dumps(key, ensure_ascii=False)}:{style.colon}" if isinstance(key, str) else ""
    child = named + (_dumped(value, style) if named else json.dumps(value, ensure_ascii=False, separators=style.marks))
    if not inside.children:
        start = len(text[: inside.end - 1].rstrip())
        if style.indent is None:
            return f"{text[:start]}{child}{text[inside.end - 1 :]}"
        return f"{text[:start]}\n{style.indent}{child}\n{_line_indent(text, inside.at)}{text[inside.end - 1 :]}"
    end = inside.children[-1].end
    if style.indent is None:
        return f"{text[:end]},{style.colon}{child}{text[end:]}"
    line_end = text.find("\n", end, inside.end)
    if line_end < 0 or not _is_remark(text[end:line_end]):
        line_end = end
    return f"{text[:end]},{text[end:line_end].rstrip(chr(13))}\n{style.indent}{child}{text[line_end:]}"


def _is_remark(rest: str) -> bool:
    """Whether a line holds nothing but blanks and whole comments behind a value."""
    return not _STRING_OR_COMMENT.sub(_blanked, rest).strip()


def _style(text: str, inside: _Container) -> _Style:
    root = _BLANK.match(text)
    first = re.compile(r'[{\[](?:[^"\n]*)\n([ \t]+)["{\[]').search(text, root.end() if root else 0)
    unit = first[1] if first else _UNIT
    spaced = re.search(r'"\s*:(\s?)', text)
    colon = spaced[1] if spaced else " "
    if inside.children:
        before = text[: inside.children[-1].start]
        indent = before[len(before.rstrip(" \t")) :]
        return _Style(indent if before.rstrip(" \t").endswith("\n") else None, unit, colon)
    one_line = "\n" not in text.strip() and text.strip() != "{}"
    return _Style(None if one_line else _line_indent(text, inside.at) + unit, unit, colon)


def _line_indent(text: str, at: int) -> str:
    """The blanks before the first character of the line that holds an offset."""
    line = text[text.rfind("\n", 0, at) + 1 :]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _dumped(value: Any, style: _Style) -> str:
    if style.indent is None:
        return json.dumps(value, ensure_ascii=False, separators=style.marks)
    return _laid_out(value, style.indent, style.unit)


def _laid_out(value: Any, indent: str, unit: str) -> str:
    """Objects with a member a line, lists on one: fourteen hooks are fourteen lines to read."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False)
    inner = indent + unit
    members = (f"{json.dumps(key, ensure_ascii=False)}: {_laid_out(one, inner, unit)}" for key, one in value.items())
    return "{\n" + ",\n".join(inner + member for member in members) + f"\n{indent}}}"


def _nested(path: Path, value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value
