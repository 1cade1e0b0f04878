"""A recorded run made fit to be kept: nothing of this machine in it, and the truth beside it."""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.fakes.model_api import Served, Usage, total

HOME = "/home/dev"
TELLING = {"user", "assistant", "system", "queue-operation"}
"""The types of lines that are kept of a transcript."""
MESSAGES = {
    "logs": ExportLogsServiceRequest,
    "traces": ExportTraceServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}


def finished(folder: Path, home: Path, served: list[Served]) -> None:
    """Keep what was served and the transcripts beside what a recorder wrote, and call the home `/home/dev`."""
    (folder / "served.jsonl").write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in served))
    for transcript in (home / ".claude" / "projects").rglob("*.json*"):
        _keep(transcript, folder / "transcripts" / Path(*transcript.relative_to(home).parts[3:]))
    names = {
        str(home): HOME,
        sys._base_executable: "/usr/bin/python3",
        re.sub("[^a-zA-Z0-9]", "-", str(home)): HOME.replace("/", "-"),
    }
    for path in folder.rglob("*.json*"):
        path.write_text(_renamed(path.read_text(), names))
    dollars: dict[str, float] = {}
    for path in sorted((folder / "otlp").glob("*.pb")):
        message = MESSAGES[path.stem.partition("_")[2]]()
        message.ParseFromString(path.read_bytes())
        _rename(message, names)
        path.write_bytes(message.SerializeToString())
        for session, usd in _billed(message):
            dollars[session] = dollars.get(session, 0.0) + usd
    truth = _truth(served, dollars) | {"never_listed": [], "exact": True, "notes": []}
    (folder / "expected.json").write_text(json.dumps({"agent": "claude-code", **truth}, indent=1) + "\n")
    did = [json.loads(line) for line in (folder / "marks.jsonl").read_text().splitlines()]
    told = "".join(f"- {one['t']:.1f} s: {one['mark']}\n" for one in did)
    (folder / "README.md").write_text(_README.format(name=folder.name, did=told))


_README = """# {name}

Claude Code, played and recorded by `make test-real ARGS='--record DIR'`; the model is scripted, all on loopback.
`status.jsonl` is what its own session file said, looked at every 100 ms and written down when it was something else.

{did}"""


def _keep(transcript: Path, place: Path) -> None:
    """Copy the conversation, without the vendor's own prompts and schemas that lie between its lines."""
    lines = [line for line in transcript.read_text().splitlines() if json.loads(line).get("type", "user") in TELLING]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("\n".join(lines) + "\n")


def _renamed(text: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        text = text.replace(old, new)
    return text


def _rename(message: Message, names: dict[str, str]) -> None:
    """The same in every text of a protobuf message."""
    for field, value in message.ListFields():
        if field.message_type is not None:
            for one in value if field.is_repeated else [value]:
                _rename(one, names)
        elif field.type == field.TYPE_STRING and not field.is_repeated:
            setattr(message, field.name, _renamed(value, names))


def _billed(message: Message) -> Iterator[tuple[str, float]]:
    """Session and dollars of each call that a batch of logs tells of."""
    if not isinstance(message, ExportLogsServiceRequest):
        return
    for group in message.resource_logs:
        for scope in group.scope_logs:
            for record in scope.log_records:
                told = {pair.key: pair.value for pair in record.attributes}
                if "cost_usd" in told:
                    yield told["session.id"].string_value, told["cost_usd"].double_value


def _truth(served: list[Served], dollars: dict[str, float]) -> dict[str, Any]:
    sessions = {}
    for session in dict.fromkeys(one.session for one in served if one.session):
        own = [one for one in served if one.session == session and one.answered]
        asked = Counter(name for one in own for name in one.tools)
        besides = {"tool_uses_asked": asked, "agrees": {"logs": True, "spans": True}}
        sessions[session] = _figures(len(own), total(own), dollars.get(session, 0.0)) | besides
    done = [one for one in served if one.answered]
    return {"sessions": sessions, "totals": _figures(len(done), total(done), sum(dollars.values()))}


def _figures(calls: int, tokens: Usage, usd: float) -> dict[str, Any]:
    parts = {
        "input": tokens.input, "cache_read": tokens.cache_read, "cache_write": tokens.cache_write,
        "output": tokens.output, "reasoning": tokens.reasoning,
        "input_inclusive": tokens.input + tokens.cache_read + tokens.cache_write,
    }  # fmt: skip
    return {"llm_calls": calls, "tokens": parts, "cost_usd_reported": round(usd, 6)}
