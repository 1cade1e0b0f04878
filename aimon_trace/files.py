"""Traces in files: one JSON document, or JSONL, a line a step, for runs that are too long to be held.

Apart from `run`, which knows no files. A JSONL trace begins with a line that says who ran (`"record": "run"`) and ends
with one that says how it came out (`"record": "end"`); steps lie between, each in the line in which it was over. A line
that a killed program left half is passed over with a warning.
"""

import json
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError

from aimon_trace.errors import TraceUnreadable, TraceWarning
from aimon_trace.run import TraceRun, first_fault
from aimon_trace.steps import STEP, BaseStep

_HINT = "See docs/schema/trace_run.json."


def place(path: str | os.PathLike[str], run_id: str) -> Path:
    """The file that a path means: itself, or `trace-<run_id>.json` in it where it is a folder or looks like one."""
    path = Path(path)
    return path / f"trace-{run_id}.json" if path.is_dir() or not path.suffix else path


def save(run: TraceRun, path: str | os.PathLike[str]) -> Path:
    """Write a trace, whole or not at all, for its owner's eyes only; where it went.

    A path that ends in `.jsonl` is written a line a step.
    """
    target = place(path, run.run_id)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            if target.suffix == ".jsonl":
                file.writelines(_lines(run))
            else:
                file.write(run.to_json(indent=2).encode("utf-8", "replace"))
        Path(beside).replace(target)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    return target


def load(path: str | os.PathLike[str]) -> TraceRun:
    """Read a trace of either form. Raises TraceUnreadable, or OSError where there is no such file."""
    path = Path(path)
    with path.open("rb") as file:
        if not _is_jsonl(file.readline()):
            return TraceRun.from_json(path.read_bytes())
    reader = TraceReader(path)
    steps = list(reader)
    told = reader.run.model_dump(exclude={"steps"}) | {"steps": steps}
    try:
        return TraceRun.model_validate(told)
    except ValidationError as error:
        raise TraceUnreadable(f"{path} is no trace: {first_fault(error)}.", _HINT) from None


class TraceWriter:
    """Writes a long trace as it comes, so that memory holds no step of it."""

    def __init__(self, path: str | os.PathLike[str], run: TraceRun) -> None:
        """Begin a file anew, with what is known of the run."""
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        self._file.write(_head(run))
        self._file.flush()

    def write(self, step: BaseStep) -> None:
        """Append a step that is over."""
        self._file.write(_line(step))

    def close(self, run: TraceRun) -> None:
        """Write how it came out, and close."""
        self._file.write(_tail(run))
        self._file.close()


class TraceReader:
    """Reads a JSONL trace step by step: iterate over it once, or as often as you like."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Read who ran. Raises TraceUnreadable."""
        self.path = Path(path)
        with self.path.open("rb") as file:
            head = file.readline()
        if not _is_jsonl(head):
            raise TraceUnreadable(f"{self.path} is no trace in lines.", _HINT)
        told = json.loads(head)
        del told["record"]
        try:
            self.run = TraceRun.model_validate(told)
        except ValidationError as error:
            raise TraceUnreadable(f"{self.path} is no trace: {first_fault(error)}.", _HINT) from None

    def __iter__(self) -> Iterator[BaseStep]:
        """Its steps; `run` knows how it came out when they are all read."""
        with self.path.open("rb") as file:
            file.readline()
            for number, line in enumerate(file, start=2):
                if line.startswith(b'{"record":"end"'):
                    self._end(json.loads(line))
                elif (step := self._step(line, number)) is not None:
                    yield step

    def _step(self, line: bytes, number: int) -> BaseStep | None:
        try:
            return STEP.validate_json(line)
        except ValidationError as error:
            if line.endswith(b"\n"):
                fault = first_fault(error)
                raise TraceUnreadable(f"{self.path}, line {number}: no step: {fault}.", _HINT) from None
            warnings.warn(f"{self.path}: its last line is torn and left out", TraceWarning, stacklevel=3)
            return None

    def _end(self, told: dict[str, Any]) -> None:
        del told["record"]
        self.run = TraceRun.model_validate(self.run.model_dump(exclude={"steps"}) | told)


def _is_jsonl(line: bytes) -> bool:
    with suppress(ValueError):
        told = json.loads(line)
        return isinstance(told, dict) and told.get("record") == "run"
    return False


def _head(run: TraceRun) -> bytes:
    told = run.model_dump(mode="json", exclude={"steps", "ended_at"}, exclude_none=True, fallback=repr)
    return json.dumps({"record": "run", **told}, separators=(",", ":")).encode() + b"\n"


def _line(step: BaseStep) -> bytes:
    return step.model_dump_json(exclude_none=True, fallback=repr).encode("utf-8", "replace") + b"\n"


def _tail(run: TraceRun) -> bytes:
    told = run.model_dump(mode="json", include={"ended_at", "metadata"}, exclude_none=True, fallback=repr)
    return json.dumps({"record": "end", **told}, separators=(",", ":")).encode() + b"\n"


def _lines(run: TraceRun) -> Iterator[bytes]:
    yield _head(run)
    yield from map(_line, run.steps)
    if run.ended_at is not None:
        yield _tail(run)
