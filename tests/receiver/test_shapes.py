"""The API keeps its word: its documents have the shapes of docs/schema, and those do not change in silence."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from aimon_core import wire
from receiver import frozen_shapes, shapes
from tests.fakes.captures import sent
from tests.fakes.door import opened

SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"


@pytest.mark.parametrize("name", shapes.SHAPES)
def test_a_frozen_schema_is_what_the_shape_says(name):
    assert (SCHEMAS / f"{name}.json").read_text() == frozen_shapes.schema(name), (
        "run python -m receiver.frozen_shapes docs/schema"
    )


def test_a_frozen_shape_changes_only_with_the_version(tmp_path, monkeypatch):
    assert len(frozen_shapes.freeze(tmp_path)) == len(shapes.SHAPES)
    assert frozen_shapes.freeze(tmp_path) == []
    promised = json.loads((tmp_path / "health.json").read_text())
    fewer = promised | {"properties": {key: one for key, one in promised["properties"].items() if key != "pid"}}
    fewer["required"] = [name for name in promised["required"] if name != "pid"]
    (tmp_path / "health.json").write_text(json.dumps(fewer))
    assert frozen_shapes.freeze(tmp_path) == [tmp_path / "health.json"], "a new name breaks nobody"
    other = promised["properties"] | {"pid": {"type": "string"}}
    for broken in (other, other | {"more": {"type": "string"}}):
        (tmp_path / "health.json").write_text(json.dumps(promised | {"properties": broken}))
        with pytest.raises(ValueError, match="VERSION"):
            frozen_shapes.freeze(tmp_path)
    monkeypatch.setattr(wire, "VERSION", 2)
    assert tmp_path / "health.json" in frozen_shapes.freeze(tmp_path)


@pytest.mark.parametrize("scenario", ["tui_subagents", "print_e401", "old_hello", "tui_permission"])
async def test_every_answer_has_its_shape(scenario):
    async with opened() as door:
        for one in sent(scenario):
            await door.post(one.path, one.body, {"Content-Type": one.content_type})
        door.ledger.drain()
        sessions = shapes.SHAPES["sessions"].validate_json((await door.get("/api/v1/sessions?all=1")).body)
        assert sessions.sessions
        for session in sessions.sessions:
            one = shapes.SHAPES["session"].validate_json((await door.get(f"/api/v1/sessions/{session.key}")).body)
            assert one.session == session
        shapes.SHAPES["stats"].validate_json((await door.get("/api/v1/stats")).body)
        shapes.SHAPES["health"].validate_json((await door.get("/health")).body)


def test_a_missing_or_unknown_name_breaks_the_shape():
    good = {"status": "ok", "service": "aimon", "version": "1", "pid": 1}
    shapes.SHAPES["health"].validate_python(good)
    for bad in (good | {"more": 1}, {"status": "ok"}, good | {"pid": "1"}):
        with pytest.raises(ValidationError):
            shapes.SHAPES["health"].validate_python(bad)


def test_a_running_receiver_does_not_load_the_shapes():
    script = "import sys, receiver.server; print('pydantic' in sys.modules, 'receiver.shapes' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert loaded.stdout.split() == ["False", "False"], loaded.stderr
