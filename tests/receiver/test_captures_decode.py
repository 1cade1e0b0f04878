"""The slim decode of every capture equals the full one of opentelemetry-proto, field by field."""

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from receiver.codec import decode

ROOT = Path(__file__).parent.parent / "captures"
FULL = {
    "logs": ExportLogsServiceRequest,
    "traces": ExportTraceServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}
UNREAD = (
    "schema_url dropped_attributes_count dropped_events_count dropped_links_count description metadata exemplars "
    "bucket_counts explicit_bounds min max scale zero_count positive negative quantile_values entity_refs"
).split()
"""Fields of captures that `slim` leaves out on purpose."""

CLAUDE = sorted(folder for folder in (ROOT / "claude-code").iterdir() if folder.is_dir())
SAMPLES = sorted(path for path in (ROOT / "otlp-samples").iterdir() if path.suffix != ".md")


def read(path: Path) -> tuple[str, str, bytes]:
    """Signal, encoding and body of one captured request."""
    body = path.read_bytes()
    if path.suffix == ".gz":
        body, path = gzip.decompress(body), path.with_suffix("")
    signal = next(name for name in FULL if name in path.name)
    return signal, "json" if path.suffix == ".json" else "protobuf", body


def full_decode(signal: str, encoding: str, body: bytes) -> Any:
    message = FULL[signal]()
    if encoding == "protobuf":
        message.ParseFromString(body)
        return message
    tree = json.loads(body, object_hook=base64_ids)
    return json_format.ParseDict(tree, message, ignore_unknown_fields=True)


def base64_ids(tree: dict[str, Any]) -> dict[str, Any]:
    """What json_format wants: ids in base64, where OTLP has hex."""
    ids = {key: tree[key] for key in ("traceId", "spanId", "parentSpanId") if key in tree}
    return tree | {key: base64.b64encode(bytes.fromhex(value)).decode() for key, value in ids.items()}


def differences(slim: Any, full: Any, path: str = "") -> Iterator[str]:
    """Every field in which a slim message and a full one do not say the same."""
    numbers = {field.number: field for field in full.DESCRIPTOR.fields}
    declared = {field.number for field in slim.DESCRIPTOR.fields}
    for field, _ in full.ListFields():
        if field.number not in declared and field.name not in UNREAD:
            yield f"{path}.{field.name} is not declared"
    for field in slim.DESCRIPTOR.fields:
        other = numbers[field.number]
        yield from _differ(field, getattr(slim, field.name), getattr(full, other.name), f"{path}.{other.name}")
        if field.has_presence and slim.HasField(field.name) != full.HasField(other.name):
            yield f"{path}.{other.name} is there in one only"


def _differ(field: FieldDescriptor, mine: Any, other: Any, path: str) -> Iterator[str]:
    if field.message_type is None:
        if mine != other:
            yield f"{path}: {mine!r} is not {other!r}"
    elif field.message_type.GetOptions().map_entry:
        last = {pair.key: pair.value for pair in other}
        if set(mine) != set(last):
            yield f"{path}: keys {set(mine) ^ set(last)}"
        for key, value in last.items():
            yield from differences(mine[key], value, f"{path}[{key}]")
    elif field.is_repeated:
        if len(mine) != len(other):
            yield f"{path}: {len(mine)} instead of {len(other)}"
        for index, (one, two) in enumerate(zip(mine, other, strict=False)):
            yield from differences(one, two, f"{path}[{index}]")
    elif mine.ByteSize() or other.ByteSize():
        yield from differences(mine, other, path)


def check(path: Path) -> None:
    signal, encoding, body = read(path)
    slim, full = decode(signal, body, encoding), full_decode(signal, encoding, body)
    assert list(differences(slim, full)) == []
    again = FULL[signal]()
    again.ParseFromString(slim.SerializeToString())
    assert list(differences(slim, again)) == [], "what the journal keeps says the same to others"


@pytest.mark.parametrize("folder", CLAUDE, ids=lambda folder: folder.name)
def test_every_claude_code_capture_decodes_like_the_full_schema(folder):
    bodies = [path for path in sorted((folder / "otlp").iterdir()) if path.suffix in {".pb", ".json", ".gz"}]
    assert bodies
    for path in bodies:
        check(path)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_request_of_every_other_client_decodes_like_the_full_schema(path):
    check(path)


def test_the_comparison_sees_a_difference():
    _, _, body = read(ROOT / "otlp-samples" / "codex-logs.pb")
    slim, full = decode("logs", body, "protobuf"), full_decode("logs", "protobuf", body)
    full.resource_logs[0].scope_logs[0].log_records[0].attributes[0].value.string_value = "another"
    full.resource_logs[0].scope_logs[0].log_records[0].severity_number = 1
    assert len(list(differences(slim, full))) >= 2
