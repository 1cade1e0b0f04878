"""P10: what agents and prompts start, against the start of bare Python."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from aimon_desktop import hook_program
from bench.processes import ROOT, environment, serving
from bench.results import Result, folder
from bench.traffic import asking

HOOKS, SPOOLED = 30, 10_000
PYTHON = str(Path(sys.executable).resolve())
"""Not the one of a virtual environment: that one looks for its home first, which `-S` does not."""
STATUS = (ROOT / "tests/captures/claude-code-statusline.jsonl").read_bytes().splitlines()[-1]
"""What a real client tells its status line."""


def p10() -> Iterator[Result]:
    """The hook program and the status line's against the start of bare Python, with a receiver or with nobody there."""
    hook, line = (_program(name) for name in ("hook_program", "statusline_program"))
    hook, bare = [*hook, "claude-code"], [PYTHON, "-S", "-E", "-c", "pass"]
    payload = json.dumps(next(asking(1))).encode()
    with folder() as home, serving(Path(home)) as (_, port):
        told = environment(Path(home)) | {"AIMON_PORT": str(port)}
        heard, start = _alternating(hook, bare, payload, told)
        drawn, start_again = _alternating(line, bare, STATUS, told)
        short, python = _alternating(
            [sys.executable, str(Path(sys.executable).with_name("aimon")), "status"],
            [sys.executable, "-c", "pass"],
            b"",
            told,
        )
        chained, shell = _alternating([*line, "exit 0"], ["/bin/sh", "-c", "exit 0"], STATUS, told)
    yield Result("hook program / bare Python", heard / start, "x", 2.5)
    yield Result("status line / bare Python", drawn / start_again, "x", 2.5)
    yield Result("aimon status / python", short / python, "x", 3)
    yield Result("what it adds to a person's own", (chained - shell) * 1e3, "ms")
    with folder() as home:
        spooled, start = _alternating(hook, bare, payload, environment(Path(home)) | {"AIMON_PORT": "1"})
    yield Result("the same with nobody there", spooled / start, "x", 2.5)
    yield Result("what it costs the agent then", (spooled - start) * 1e3, "ms", 50)
    yield Result(f"{SPOOLED:,} spooled hooks adopted in", _adopted(), "s", 5)


def _program(name: str) -> list[str]:
    return [PYTHON, "-S", "-E", str(ROOT / "aimon_desktop" / f"{name}.py")]


def _adopted() -> float:
    """Seconds from the start of an aimon until it has taken in what lay in its spool."""
    with folder() as home:
        spool = Path(environment(Path(home))["XDG_STATE_HOME"]) / "aimon" / "spool"
        now_ns = time.time_ns()
        for number in range(SPOOLED):
            payload = {"hook_event_name": "PreToolUse", "session_id": f"s{number // 200}", "tool_name": "Bash",
                       "tool_use_id": f"t{number}", "tool_input": {"command": "make " + "x" * 500}}  # fmt: skip
            at_ns = now_ns - (SPOOLED - number) * 1_000_000
            message = hook_program.request("claude-code", at_ns, json.dumps(payload).encode())
            if number:
                (spool / f"{at_ns:020}-1-{len(message)}").write_bytes(message)
            else:
                hook_program.spool(str(spool), at_ns, message)
        began = time.monotonic()
        with serving(Path(home)):
            while any(spool.iterdir()):
                time.sleep(0.02)
        return time.monotonic() - began


def _alternating(one: list[str], other: list[str], payload: bytes, environment: dict[str, str]) -> tuple[float, float]:
    """The median times of two commands that take turns, in seconds."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(HOOKS):
        for command, taken in zip((one, other), times, strict=True):
            began = time.perf_counter()
            subprocess.run(command, input=payload, env=environment, check=True, stdout=subprocess.DEVNULL)
            taken.append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])
