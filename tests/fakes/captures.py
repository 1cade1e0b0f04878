"""The captures of real clients that lie beside the tests: what was sent, in order, and the truth about it."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

ROOT = Path(__file__).parent.parent / "captures"


class Sent(Struct, frozen=True):
    """One request that a client or its hook made."""

    unix: float
    path: str
    """Of the request: `/v1/logs`, `/hooks/claude-code`."""
    content_type: str
    body: bytes

    @property
    def signal(self) -> str:
        """logs, traces, metrics or hooks."""
        return "hooks" if self.path.startswith("/hooks") else self.path.rsplit("/", 1)[1]


def scenarios(agent: str = "claude-code") -> list[str]:
    """The names of an agent's scenarios."""
    return sorted(folder.name for folder in (ROOT / agent).iterdir() if (folder / "expected.json").exists())


def expected(name: str, agent: str = "claude-code") -> dict[str, Any]:
    """The truth of a scenario."""
    found: dict[str, Any] = json.loads((ROOT / agent / name / "expected.json").read_text())
    return found


def sent(name: str, agent: str = "claude-code") -> list[Sent]:
    """Everything a scenario sent, hooks and telemetry together, in the order of its arrival."""
    return of_folder(ROOT / agent / name, agent)


def of_folder(folder: Path, agent: str) -> list[Sent]:
    """The same of any folder."""
    return sorted([*_telemetry(folder), *_hooks(folder, agent)], key=lambda one: one.unix)


def _telemetry(folder: Path) -> Iterator[Sent]:
    for line in (folder / "index.jsonl").read_text().splitlines():
        entry = json.loads(line)
        body = (folder / entry["file"]).read_bytes()
        if entry["file"].endswith(".gz"):
            body = gzip.decompress(body)
        path = entry["path"] if entry["path"].startswith("/v1/") else f"/v1/{entry['signal']}"
        content_type = "application/json" if "json" in entry["content_type"] else "application/x-protobuf"
        yield Sent(entry["unix"] or 0.0, path, content_type, body)


def _hooks(folder: Path, agent: str) -> Iterator[Sent]:
    if not (folder / "hooks.jsonl").exists():
        return
    for line in (folder / "hooks.jsonl").read_text().splitlines():
        entry = json.loads(line)
        payload = entry["argv"][0] if entry["stdin"] is None else entry["stdin"]  # an argument: Codex's `notify`
        yield Sent(entry["unix"], f"/hooks/{agent}", "application/json", json.dumps(payload).encode())
