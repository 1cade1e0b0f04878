"""200 transcripts of a megabyte judged by one process and by all cores, and one that is as long as all of them."""

import json
import os
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

from aimon_trace import evaluate, manifest
from aimon_trace.transcripts import read, table

TRANSCRIPTS = 200
CALLS = 125
RESULT = "a line of what the tool answered, forty-eight long\n" * 120
"""6 KB: a call with its result is 8 KB, so that 125 of them are a megabyte."""


def transcript(name: str) -> str:
    """One transcript: prompts, answers that call Bash, results."""
    usage = {"input_tokens": 40, "output_tokens": 18, "cache_read_input_tokens": 640}
    lines = []
    for number in range(CALLS):
        call_id = f"toolu_{name}_{number}"
        moment = f"2026-11-21T02:{number // 60:02}:{number % 60:02}.000Z"
        base = {"sessionId": name, "timestamp": moment, "cwd": "/shop"}
        call = {"type": "tool_use", "id": call_id, "name": "Bash", "input": {"command": f"pytest -q test_{number}.py"}}
        told = {"type": "tool_result", "tool_use_id": call_id, "content": RESULT, "is_error": False}
        answer = {
            "id": f"msg_{name}_{number}", "model": "claude-sonnet-4-5-20250929", "content": [call],
            "stop_reason": "tool_use", "usage": usage,
        }  # fmt: skip
        lines += [
            {"type": "assistant", **base, "message": answer},
            {"type": "user", **base, "message": {"content": [told]}, "toolUseResult": {"stdout": RESULT[:1500]}},
        ]
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def wall_s(paths: list[Path], expected: manifest.Manifest, jobs: int) -> float:
    """Seconds until all are judged. Raises RuntimeError where one fails, for then less was done."""
    began = time.perf_counter()
    results = evaluate.files(paths, expected, jobs=jobs)
    if not all(result.success for result in results):
        raise RuntimeError(results[0].error or results[0].violations)
    return time.perf_counter() - began


def peak_mb(path: Path) -> float:
    """Memory that reading a trace takes at most, beside what is loaded anyway."""
    tracemalloc.start()
    read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def main() -> None:
    """Print: MB/s of one process, seconds by all cores / by one, MB of memory for a file of 200 MB."""
    with tempfile.TemporaryDirectory(prefix="aimon-bench-") as folder:
        place = Path(folder)
        (place / "manifest.yaml").write_text(f"trace_expectations: {{tool_limits: {{Bash: {CALLS}}}, loop: 3}}")
        expected = manifest.load(place / "manifest.yaml")
        paths = [place / "traces" / f"{number}.jsonl" for number in range(TRANSCRIPTS)]
        paths[0].parent.mkdir()
        for path in paths:
            path.write_text(transcript(path.stem))
        table()
        megabytes = sum(path.stat().st_size for path in paths) / 1e6
        one = wall_s(paths, expected, 1)
        several = wall_s(paths, expected, os.cpu_count() or 1)
        whole = place / "whole.jsonl"
        with whole.open("w") as file:
            file.writelines(path.read_text() for path in paths)
        sys.stdout.write(f"{megabytes / one} {several / one} {peak_mb(whole)}\n")


if __name__ == "__main__":
    main()
