"""P4: how long a gigabyte of transcripts takes, never read and read before, against a counter in Rust.

The reference is ccusage from npm, in a folder that vanishes. Without npm only our own figures are told.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from msgspec import Struct

from bench.processes import AIMON, environment
from bench.results import Result, folder

REFERENCE = "ccusage@20.0.24"
FILES, TEMPLATES, CALLS = 2_000, 40, 84
"""A gigabyte: sessions, of which so many differ in more than their ids, and what each asks the model on average."""
_ID = b"00000000"
_WORDS = (
    'def return import the token cost session usage \\n \u2192 caf\u00e9 "quoted" await assert value error file path '
)


class Run(Struct, frozen=True):
    """One process from its beginning to its end."""

    wall_s: float
    peak_mb: float
    output: bytes


def p4() -> Iterator[Result]:
    """Totals of a gigabyte of transcripts, cold and warm."""
    with folder() as place:
        home = Path(place)
        calls = written(home)
        ours = [AIMON, "history", "--json", "--source", "transcripts"]
        us = environment(home)
        cold = run(ours, us)
        found = json.loads(cold.output)["totals"]["llm_calls"]
        if found != calls:
            raise RuntimeError(f"{found} calls counted of {calls}")
        warm = min((run(ours, us) for _ in range(3)), key=lambda one: one.wall_s)
        theirs = reference(home)
        if theirs is None:
            yield Result("a gigabyte of transcripts, cold", cold.wall_s, "s")
            yield Result("the same, read before", warm.wall_s, "s")
            return
        other = min((run(theirs, us) for _ in range(2)), key=lambda one: one.wall_s)
        yield Result("a gigabyte, cold, over ccusage", cold.wall_s / other.wall_s, "x", 0.6)
        yield Result("the same, read before", warm.wall_s / other.wall_s, "x", 0.05)
        yield Result("peak memory, over ccusage's", cold.peak_mb / other.peak_mb, "x", 1.0)


def run(command: list[str], variables: dict[str, str]) -> Run:
    """Run something to its end, and see what it took. Raises CalledProcessError."""
    began = perf_counter()
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(perf_counter() - began, used.ru_maxrss / 1024, output)


def reference(home: Path) -> list[str] | None:
    """How the other counter is called; None, with a line, where it cannot be had."""
    npm = shutil.which("npm")
    if npm is not None:
        place = home / "npm"
        place.mkdir()
        command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(place), REFERENCE]
        if subprocess.run(command, check=False, capture_output=True).returncode == 0:
            return [str(place / "node_modules" / ".bin" / "ccusage"), "daily", "--offline", "--json"]
    print(f"P4  {REFERENCE} is not there: only our own figures", file=sys.stderr)
    return None


def written(home: Path) -> int:
    """Write the transcripts of two months; how many calls they tell of."""
    templates = [_template(number) for number in range(TEMPLATES)]
    for number in range(FILES):
        project = home / ".claude" / "projects" / f"-home-dev-proj{number % TEMPLATES}"
        project.mkdir(parents=True, exist_ok=True)
        text = templates[number % TEMPLATES][0].replace(_ID, b"%08d" % (number + 1))
        (project / f"{number + 1:08d}-0000-4000-8000-000000000000.jsonl").write_bytes(text)
    return sum(templates[number % TEMPLATES][1] for number in range(FILES))


def _template(number: int) -> tuple[bytes, int]:
    """A session as Claude Code writes it, and its calls: a third of the answers stand on two lines."""
    at, lines = datetime(2026, 9, 20 + number % 10, 8, tzinfo=UTC), list[bytes]()
    calls = CALLS // 2 + number * CALLS // TEMPLATES
    for call in range(calls):
        at += timedelta(minutes=7 + number % 5)
        line = {
            "sessionId": f"{_ID.decode()}-0000-4000-8000-000000000000",
            "cwd": f"/home/dev/proj{number}",
            "version": "2.1.329",
            "gitBranch": "main",
            "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
        }
        answer = line | {"type": "assistant", "requestId": f"req_{_ID.decode()}{call:06d}", "message": _message(call)}
        result = {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": _WORDS * 40}],
        }
        lines += [json.dumps(answer, separators=(",", ":")).encode()] * (2 if call % 3 == 0 else 1)
        body = line | {"type": "user", "message": result, "toolUseResult": {"stdout": _WORDS * 20}}
        lines.append(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
    return b"\n".join(lines) + b"\n", calls


def _message(call: int) -> dict[str, object]:
    model = "claude-haiku-4-5-20251001" if call % 5 == 0 else "claude-sonnet-4-5-20250929"
    usage = {
        "input_tokens": call % 1900,
        "cache_creation_input_tokens": call * 31 % 9000,
        "cache_read_input_tokens": call * 997 % 150_000,
        "cache_creation": {"ephemeral_5m_input_tokens": call * 31 % 9000, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 1 + call % 2400,
    }
    block = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": _WORDS * (1 + call % 6)}}
    about = {"id": f"msg_{_ID.decode()}{call:06d}", "type": "message", "role": "assistant", "model": model}
    return about | {"content": [block], "stop_reason": "tool_use", "usage": usage}
