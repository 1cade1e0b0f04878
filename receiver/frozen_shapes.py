"""The shapes as JSON Schema under `docs/schema`, frozen: a version never promises less than it did.

`python -m receiver.frozen_shapes docs/schema` writes them.
"""

import json
import sys
from pathlib import Path
from typing import Any

from aimon_core import wire
from receiver.shapes import SHAPES


def schema(name: str) -> str:
    """The JSON Schema of one shape, as it stands in its file."""
    body = SHAPES[name].json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "x-version": wire.VERSION}
    return json.dumps(head | body, indent=2, sort_keys=True) + "\n"


def freeze(folder: Path) -> list[Path]:
    """Write all schemas; which files changed. Raises ValueError where an unchanged version no longer keeps its word."""
    changed = []
    for name in SHAPES:
        path, text = folder / f"{name}.json", schema(name)
        if path.exists():
            frozen = path.read_text()
            if frozen == text:
                continue
            before, after = json.loads(frozen), json.loads(text)
            if before["x-version"] == wire.VERSION and not _keeps(before, after):
                raise ValueError(f"{path} changes what version {wire.VERSION} promised: raise aimon_core.wire.VERSION")
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
