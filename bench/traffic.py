"""Traffic like that of the captures, as much as is wanted: their own mix of log records in batches, with fresh ids.

Each lap over the captures keeps the sessions and changes everything that names a unit of work, request ids, tool use
ids, prompt ids and spans, and moves the times on: sessions grow, and no record is a repetition of another.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from receiver import tape

CAPTURES = Path(__file__).parents[1] / "tests" / "captures" / "claude-code"
BATCH = 100
MEGABYTE = 1_000_000
LAP_NS = 3600 * 10**9
_UNIT = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|req_\w{20}|toolu_\w{24}")


class Traffic:
    """Bodies of OTLP log exports in protobuf, without end."""

    def __init__(self, batch: int = BATCH) -> None:
        exports = [export for folder in sorted(CAPTURES.iterdir()) for export in _exports(folder)]
        kept = {identity for export in exports for identity in _identities(export)}
        self._templates = [_Template(whole, kept) for whole in _batches(exports, batch)]

    def bodies(self) -> Iterator[bytes]:
        """Batch after batch; the last one of a lap holds what was left."""
        lap = 0
        while True:
            lap += 1
            yield from self.lap(lap)

    def lap(self, number: int) -> list[bytes]:
        """All records of the captures once."""
        return [template.fresh(number) for template in self._templates]


class _Template:
    """A serialized batch, and where in it the names and times lie: to write over them costs a microsecond a record."""

    def __init__(self, whole: ExportLogsServiceRequest, kept: set[bytes]) -> None:
        self._bytes = whole.SerializeToString()
        self._names = [found.end() - 8 for found in _UNIT.finditer(self._bytes) if found[0] not in kept]
        self._times: list[tuple[int, int]] = []
        self._spans: list[int] = []
        at = 0
        for record in _records(whole):
            at = self._bytes.index(b"\x09" + record.time_unix_nano.to_bytes(8, "little"), at) + 1
            self._times.append((at, record.time_unix_nano))
            if record.span_id:
                at = self._bytes.index(b"\x52\x08" + record.span_id, at) + 2
                self._spans.append(at)

    def fresh(self, lap: int) -> bytes:
        """The batch as it would come `lap` hours later, from the same sessions."""
        patched, name, span = bytearray(self._bytes), b"%08x" % lap, lap.to_bytes(4, "big")
        for at in self._names:
            patched[at : at + 8] = name
        for at in self._spans:
            patched[at : at + 4] = span
        for at, time_ns in self._times:
            patched[at : at + 8] = (time_ns + lap * LAP_NS).to_bytes(8, "little")
        return bytes(patched)


def batches() -> Iterator[bytes]:
    """The trace exports of Codex that hold more than a megabyte of JSON: what one turn makes of itself."""
    for folder in sorted(CAPTURES.with_name("codex").iterdir()):
        yield from (one.body for one in tape.read(folder) if one.kind == "traces" and len(one.body) > MEGABYTE)


def records_in(body: bytes) -> int:
    """How many records a body holds."""
    return sum(1 for _ in _records(ExportLogsServiceRequest.FromString(body)))


def _exports(folder: Path) -> Iterator[ExportLogsServiceRequest]:
    for request in tape.read(folder):
        if request.kind == "logs" and request.encoding == "protobuf":
            yield ExportLogsServiceRequest.FromString(request.body)


def _records(export: ExportLogsServiceRequest) -> Iterator[Any]:
    for group in export.resource_logs:
        for scoped in group.scope_logs:
            yield from scoped.log_records


def _identities(export: ExportLogsServiceRequest) -> Iterator[bytes]:
    """Who it was: sessions, and the account they belong to."""
    for record in _records(export):
        for attribute in record.attributes:
            if attribute.key in {"session.id", "user.id", "organization.id", "user.account_uuid"}:
                yield attribute.value.string_value.encode()


def _batches(exports: list[ExportLogsServiceRequest], size: int) -> Iterator[ExportLogsServiceRequest]:
    """The records in batches, one resource and scope a client as an exporter sends them."""
    batch, count = ExportLogsServiceRequest(), 0
    for export in exports:
        for group in export.resource_logs:
            for scoped in group.scope_logs:
                for at in range(0, len(scoped.log_records), size):
                    taken = scoped.log_records[at : at + size]
                    for record in taken:
                        if not count or batch.resource_logs[-1].resource != group.resource:
                            opened = batch.resource_logs.add(resource=group.resource).scope_logs.add(scope=scoped.scope)
                        opened.log_records.append(record)
                        count += 1
                        if count == size:
                            yield batch
                            batch, count = ExportLogsServiceRequest(), 0
    if count:
        yield batch


def asking(number: int) -> Iterator[dict[str, object]]:
    """A session that works on a tool call; every other one asks whether it may."""
    tool = {"tool_name": "Bash", "tool_input": {"command": f"make part-{number}"}}
    said: list[dict[str, object]] = [
        {"hook_event_name": "UserPromptSubmit", "prompt": f"build part {number}"},
        {"hook_event_name": "PreToolUse", "tool_use_id": f"toolu_{number}", **tool},
    ]
    if number % 2:
        said.append({"hook_event_name": "PermissionRequest", **tool})
    for one in said:
        yield {"session_id": f"bench-{number}", "cwd": f"/home/dev/projects/part-{number}", **one}
