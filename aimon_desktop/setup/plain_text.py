"""Files that are aimon's as a whole: a plugin, a unit. Their one value is their text."""

from typing import Any

from aimon_desktop.setup.edits import Path

TEXT: Path = ("text",)
"""Where the text of such a file is."""


class PlainText:
    """Any text."""

    def loads(self, text: str) -> dict[str, Any]:
        """The text as a document of one value."""
        return {"text": text} if text else {}

    def dumps(self, value: dict[str, Any]) -> str:
        """The text of the document."""
        return str(value.get("text", ""))

    def put(self, text: str, path: Path, value: Any) -> str:  # noqa: ARG002 - it takes the place of the text
        """The new text."""
        return str(value)

    def append(self, text: str, path: Path, value: Any) -> str:  # noqa: ARG002 - as `put`
        """The text with more behind it."""
        return f"{text}{value}"

    def drop(self, text: str, path: Path) -> str:  # noqa: ARG002 - nothing stays of it
        """Nothing."""
        return ""
