"""The schema of traces as JSON Schema under `docs/schema`, frozen: what was ever written can be read.

`python -m aimon_trace.frozen_schema docs/schema` writes it. Apart from `receiver.frozen_shapes`, which freezes answers:
those may promise more in each version, while a document that people keep may never be asked for more than it has.
"""

import json
import sys
from pathlib import Path
from typing import Any

from aimon_trace.run import SCHEMA_VERSION, TraceRun

NAME = "trace_run.json"


def schema() -> str:
    """The JSON Schema of a trace, as it stands in its file."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "x-version": SCHEMA_VERSION}
    return json.dumps(head | TraceRun.model_json_schema(), indent=2, sort_keys=True) + "\n"


def freeze(folder: Path) -> list[Path]:
    """Write it; which files changed. Raises ValueError where a document of the same major version would be refused."""
    path, text = folder / NAME, schema()
    if path.exists():
        frozen = path.read_text()
        if frozen == text:
            return []
        before, after = json.loads(frozen), json.loads(text)
        if _major(before) == _major(after) and not reads(before, after):
            raise ValueError(f"{path} promised what is no longer read: raise the major part of run.SCHEMA_VERSION")
    path.write_text(text)
    return [path]


def reads(before: Any, after: Any) -> bool:
    """Whether everything that was valid still is: names and kinds may come, none may go or be asked for anew."""
    if isinstance(before, dict) and isinstance(after, dict):
        if not set(after.get("required", ())) <= set(before.get("required", ())) and "properties" in before:
            return False
        told = {name: value for name, value in before.items() if name not in _WORDS}
        return all(name in after and reads(value, after[name]) for name, value in told.items())
    if isinstance(before, list) and isinstance(after, list):
        return all(one in after for one in before)
    return bool(before == after)


_WORDS = {"description", "required", "x-version", "title", "not"}
"""What says nothing of which documents are valid, or is looked at apart; `not` names the kinds that are known."""


def _major(document: dict[str, Any]) -> str:
    return str(document["x-version"]).partition(".")[0]


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in freeze(Path(sys.argv[1])))
