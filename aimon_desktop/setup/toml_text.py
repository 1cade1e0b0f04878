"""Edits TOML as text, with tomlkit: comments, order and spacing of the person's own lines stay."""

from typing import TYPE_CHECKING, Any

from aimon_desktop.setup.edits import Malformed, Path, found

if TYPE_CHECKING:  # 60 ms that only Codex's settings cost
    from tomlkit import TOMLDocument


class TomlText:
    """TOML."""

    def loads(self, text: str) -> dict[str, Any]:
        """What the text says. Raises Malformed."""
        return dict(_parsed(text).unwrap())

    def dumps(self, value: dict[str, Any]) -> str:
        """A document of its own."""
        text = ""
        for table, members in value.items():
            for key, member in members.items():
                text = self.put(text, (table, key), member)
        return text

    def put(self, text: str, path: Path, value: Any) -> str:
        """The text with a value at a path of a table and a key; the table is made where there is none."""
        import tomlkit  # noqa: PLC0415 - as above

        document = _parsed(text)
        *tables, key = path
        place: Any = document
        for name in tables:
            if name not in place:
                place[name] = tomlkit.table()
            place = place[name]
            if not isinstance(place, dict):
                raise Malformed(f"{name} is no table", 1)
        place[key] = _inline(value)
        return tomlkit.dumps(document)

    def append(self, text: str, path: Path, value: Any) -> str:
        """The text with one more element in the list at a path."""
        return self.put(text, path, [*(found(self.loads(text), path) or ()), value])

    def drop(self, text: str, path: Path) -> str:
        """The text without what is at a path."""
        import tomlkit  # noqa: PLC0415 - as above

        document = _parsed(text)
        *tables, key = path
        place: Any = document
        for name in tables:
            place = place.get(name, {})
        place.pop(key, None)
        return tomlkit.dumps(document)


def _parsed(text: str) -> "TOMLDocument":
    import tomlkit  # noqa: PLC0415 - as above
    from tomlkit.exceptions import ParseError, TOMLKitError  # noqa: PLC0415 - as above

    try:
        return tomlkit.parse(text)
    except ParseError as error:
        raise Malformed(str(error).split(" at line ")[0], error.line) from None
    except TOMLKitError as error:
        raise Malformed(str(error), 1) from None


def _inline(value: Any) -> Any:
    import tomlkit  # noqa: PLC0415 - as above

    if not isinstance(value, dict):
        return value
    table = tomlkit.inline_table()
    for key, member in value.items():
        table[key] = _inline(member)
    return table
