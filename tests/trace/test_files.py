"""Traces in files: whole or not at all, a line a step, torn lines, and who may read them."""

import pytest

from aimon_trace import Tracer, TraceReader, TraceUnreadable, TraceWarning, load, save


@pytest.fixture
def run():
    with Tracer.run("shopper") as tracer:
        with tracer.state_change("node"):
            tracer.llm_call("m", "i", "o", tokens_in=3)
        tracer.final_output({"a": "ü"})
    return tracer.get_trace()


@pytest.mark.parametrize("name", ["t.json", "t.jsonl", "deep/er/t.json"])
def test_what_is_saved_is_loaded(run, tmp_path, name):
    path = save(run, tmp_path / name)
    assert load(path) == run
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_folder_takes_many(run, tmp_path):
    assert save(run, tmp_path) == tmp_path / f"trace-{run.run_id}.json"
    assert save(run, tmp_path / "new") == tmp_path / "new" / f"trace-{run.run_id}.json"


def test_a_failed_save_leaves_what_was_there(run, tmp_path, monkeypatch):
    path = save(run, tmp_path / "t.json")
    before = path.read_bytes()
    monkeypatch.setattr(type(run), "to_json", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save(run, path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["t.json"]


def test_a_reader_gives_one_step_after_the_other(run, tmp_path):
    reader = TraceReader(save(run, tmp_path / "t.jsonl"))
    assert (reader.run.agent_info.name, reader.run.status) == ("shopper", "created")
    steps = iter(reader)
    assert next(steps) == run.steps[0]
    assert list(steps) == run.steps[1:]
    assert reader.run.ended_at == run.ended_at
    assert list(reader) == run.steps


def test_a_killed_writer_loses_its_last_line(run, tmp_path):
    path = save(run, tmp_path / "t.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-2]) + lines[-2][:20])
    with pytest.warns(TraceWarning, match="torn"):
        again = load(path)
    assert again.steps == run.steps[:-1]
    assert again.status == "running"


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "\x00", '{"record":"run"}\n', '{"agent_info":{"name":"a"},"steps":[{}]}']
)
def test_a_file_that_is_no_trace_is_named_so(tmp_path, text):
    path = tmp_path / "t.json"
    path.write_text(text)
    with pytest.raises(TraceUnreadable):
        load(path)


def test_a_broken_line_is_named(run, tmp_path):
    path = save(run, tmp_path / "t.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], "{}\n", *lines[2:]]))
    with pytest.raises(TraceUnreadable, match="line 3"):
        load(path)
