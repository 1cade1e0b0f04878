"""The shapes as JSON Schema under `docs/schema`, frozen: a version never promises less than it did.

`python -m receiver.frozen_shapes docs/schema` writes them.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimon_core import wire
from receiver.shapes import SHAPES

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Shapes = Mapping[str, "TypeAdapter[Any]"]
"""Shapes by the name of their file."""


def schema(name: str, shapes: Shapes = SHAPES, version: int | None = None) -> str:
    """The JSON Schema of one shape, as it stands in its file."""
    body = shapes[name].json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "x-version": version or wire.VERSION}
    return json.dumps(head | body, indent=2, sort_keys=True) + "\n"


def freeze(folder: Path, shapes: Shapes = SHAPES, version: int | None = None) -> list[Path]:
    """Write all schemas; which files changed. Raises ValueError where an unchanged version no longer keeps its word."""
    changed, version = [], version or wire.VERSION
    for name in shapes:
        path, text = folder / f"{name}.json", schema(name, shapes, version)
        if path.exists():
            frozen = path.read_text()
            if frozen == text:
                continue
            before, after = json.loads(frozen), json.loads(text)
            if before["x-version"] == version and not _keeps(before, after):
                raise ValueError(f"{path} changes what version {version} promised: raise its VERSION")
        changed.append(path)
        path.write_text(text)
    return changed


def _keeps(before: Any, after: Any) -> bool:
    """Whether what was promised still holds: there may be more names than before, and other words about them."""
    if isinstance(before, dict) and isinstance(after, dict):
        return all(
            name == "description" or (name == "required" and set(told) <= set(after.get(name, ())))
            or (name in after and _keeps(told, after[name]))
            for name, told in before.items()
        )  # fmt: skip
    return bool(before == after)


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in freeze(Path(sys.argv[1])))
