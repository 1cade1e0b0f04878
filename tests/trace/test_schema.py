"""The schema of traces is the one in docs/schema, and never stops reading what it read."""

import json
from pathlib import Path

import pytest

from aimon_trace import frozen_schema
from aimon_trace.steps import KINDS

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / frozen_schema.NAME


def test_the_frozen_schema_is_what_the_documents_say():
    assert SCHEMA.read_text() == frozen_schema.schema(), "run python -m aimon_trace.frozen_schema docs/schema"


def test_it_names_every_kind_of_step():
    told = json.loads(SCHEMA.read_text())
    kinds = {
        one["properties"]["step_type"].get("const")
        for one in told["$defs"].values()
        if "step_type" in one["properties"]
    }
    assert kinds == {*KINDS, None}
    assert set(told["$defs"]["UnknownStep"]["properties"]["step_type"]["not"]["enum"]) == set(KINDS)


def without(told, *path):
    """A schema that never had something: what it would have read is read by one that has it."""
    copy = json.loads(json.dumps(told))
    place = copy
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return copy


def test_more_may_come_and_nothing_may_go(tmp_path):
    assert frozen_schema.freeze(tmp_path) == [tmp_path / frozen_schema.NAME]
    assert frozen_schema.freeze(tmp_path) == []
    now = json.loads(frozen_schema.schema())
    field = ("$defs", "LLMCallStep", "properties", "tokens_reasoning")
    path = tmp_path / frozen_schema.NAME
    path.write_text(json.dumps(without(now, *field)))
    assert frozen_schema.freeze(tmp_path) == [path], "a new field breaks nobody"
    assert not frozen_schema.reads(now, without(now, *field))
    stricter = json.loads(json.dumps(now))
    stricter["$defs"]["ToolCallStep"]["required"].append("result")
    assert not frozen_schema.reads(now, stricter)
    assert frozen_schema.reads(stricter, now)
    path.write_text(json.dumps(now | {"properties": now["properties"] | {"gone": {"type": "string"}}}))
    with pytest.raises(ValueError, match="SCHEMA_VERSION"):
        frozen_schema.freeze(tmp_path)
