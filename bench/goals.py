"""The goals that can be measured here, each a ratio of two things measured in one run, or a share of a core."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import psutil

from aimon_desktop import hook_program
from bench.history import p4
from bench.processes import AIMON, ROOT, Screen, Sender, cpu_s, environment, serving
from bench.results import Result, figures, folder
from bench.traffic import Traffic, batches, records_in

PAINTED = "waiting"
"""In the first line of the dashboard, whatever it shows."""

# ------------------------------------------------------------------------------------------ P1 throughput


def p1() -> Iterator[Result]:
    """Log records per CPU-second over HTTP, through masking, dialects, merging and pricing; then with the journal."""
    with folder() as home, serving(Path(home), "--no-persist") as (process, port):
        yield Result(
            "records per CPU-second over HTTP", _per_cpu_second(process, Sender(port)), "k", 60, more_is_better=True
        )
    with folder() as home, serving(Path(home)) as (process, port):
        yield Result("the same with the journal", _per_cpu_second(process, Sender(port)), "k")


def _per_cpu_second(process: psutil.Process, sender: Sender, warm: int = 50, batches: int = 500) -> float:
    bodies = Traffic().bodies()
    for body in islice(bodies, warm):
        sender.post(body)
    measured = list(islice(bodies, batches))
    before = cpu_s(process)
    for body in measured:
        sender.post(body)
    return sum(map(records_in, measured)) / (cpu_s(process) - before) / 1e3


# ------------------------------------------------------------------------------------------ P2 decode


def p2() -> Iterator[Result]:
    """Decode and ledger as multiples of a bare parse of the same bytes."""
    parse, decode, take = figures("bench.decoding")
    yield Result("decode + ledger / bare parse", decode / parse, "x", 6)
    yield Result("the whole way in / bare parse", take / parse, "x")


# ------------------------------------------------------------------------------------------ P3 the screen under load

RATE = 20_000
SECONDS = 8.0


def p3() -> Iterator[Result]:
    """Lag of the loop and share of a core while 20 k records a second come in and the screen draws them."""
    with folder() as home:
        notes = Path(home) / "late"
        with Screen(Path(home), sys.executable, "-m", "bench.lagging", str(notes)) as screen:
            screen.shows(PAINTED)
            sender = Sender(_port(screen.process))
            for body in islice(bodies := Traffic().bodies(), 20):
                sender.post(body)
            ready = list(islice(bodies, round(RATE * SECONDS / 100)))
            began, before = time.monotonic(), cpu_s(screen.process)
            sent = _paced(sender, ready)
            ended, after = time.monotonic(), cpu_s(screen.process)
            for body in batches():
                sender.post(body, "/v1/traces", "application/json")
                time.sleep(0.2)
        worst = max(late for at, late in _noted(notes) if at > ended)
        late = sorted(late for at, late in _noted(notes) if began <= at <= ended)
    yield Result("records a second", sent / (ended - began) / 1e3, "k", RATE / 1e3 * 0.98, more_is_better=True)
    yield Result("loop lag p99", late[round(len(late) * 0.99) - 1] * 1e3, "ms", 10)
    yield Result("worst lag at traces of 1.2 MB", worst * 1e3, "ms", 50)
    yield Result("share of a core", (after - before) / (ended - began) * 100, "%", 35)


def _paced(sender: Sender, bodies: list[bytes]) -> int:
    """Send at `RATE` as long as it is kept up with; how many records went."""
    began, sent = time.monotonic(), 0
    for body in bodies:
        ahead = began + sent / RATE - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        sender.post(body)
        sent += records_in(body)
    return sent


def _noted(notes: Path) -> Iterator[tuple[float, float]]:
    for line in notes.read_text().splitlines():
        at, late = line.split()
        yield float(at), float(late)


def _port(process: psutil.Process) -> int:
    """The port that a process listens on, once it does."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for connection in process.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN:
                return int(connection.laddr.port)
        time.sleep(0.005)
    raise TimeoutError("no door was opened")


# ------------------------------------------------------------------------------------------ P5 the first paint

PAINTS = 5


def p5() -> Iterator[Result]:
    """The first paint against that of a minimal Textual program, and how long until telemetry is taken."""
    ours, theirs, open_ = [], [], []
    for _ in range(PAINTS):
        with folder() as home, Screen(Path(home), sys.executable, "-m", "bench.minimal") as screen:
            theirs.append(screen.shows("minimal"))
        with folder() as home, Screen(Path(home), AIMON, "--port", "0") as screen:
            ours.append(screen.shows(PAINTED))
            sender = Sender(_port(screen.process))
            sender.post(b"{}", content_type="application/json")
            open_.append(time.monotonic() - screen.began)
    yield Result("first paint / minimal Textual", statistics.median(ours) / statistics.median(theirs), "x", 1.15)
    yield Result("telemetry taken after", statistics.median(open_), "s", 1)


# ------------------------------------------------------------------------------------------ P6, P8 a night's session


def p6() -> Iterator[Result]:
    """Jumping, resizing and pressing keys on the page of a session with 100,000 spans, against one with 1,000."""
    small, large, worst, resizing, pressing = figures("bench.scrolling")
    yield Result("a frame, 100k spans / 1k spans", large / small, "x", 1.2)
    yield Result("a frame while jumping", large, "ms", 10)
    yield Result("the worst of them", worst, "ms", 50)
    yield Result("loop held while resized, at most", resizing, "ms", 50)
    yield Result("loop held by keys, at most", pressing, "ms", 50)


def p8() -> Iterator[Result]:
    """What 100,000 spans of one session take in memory, and how long the garbage collector stops for them."""
    megabytes, pause, rows = figures("bench.retaining")
    yield Result(f"{rows:,.0f} spans, tree included", megabytes, "MB", 110)
    yield Result("longest pause of the collector", pause, "ms", 25)


# ------------------------------------------------------------------------------------------ P7 idle

ROWS = 20
SETTLE_S, IDLE_S = 6.0, 12.0


def p7() -> Iterator[Result]:
    """What the dashboard costs while nothing comes in: 20 sessions whose clocks run, some at work, some waiting."""
    with folder() as home, Screen(Path(home), AIMON, "--port", "0") as screen:
        screen.shows(PAINTED)
        sender = Sender(_port(screen.process))
        for number in range(ROWS):
            for payload in _asking(number):
                sender.post(json.dumps(payload).encode(), "/hooks/claude-code", "application/json")
        time.sleep(SETTLE_S)
        began, before, drawn = time.monotonic(), cpu_s(screen.process), screen.written
        time.sleep(IDLE_S)
        spent = (cpu_s(screen.process) - before) / (time.monotonic() - began)
        assert screen.written > drawn, "the clocks stand still"
    yield Result(f"idle with {ROWS} live rows", spent * 100, "% of a core", 1)


def _asking(number: int) -> Iterator[dict[str, object]]:
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


# ------------------------------------------------------------------------------------------ P10 what agents start

HOOKS, SPOOLED = 30, 10_000
PYTHON = str(Path(sys.executable).resolve())
"""Not the one of a virtual environment: that one looks for its home first, which `-S` does not."""
STATUS = (ROOT / "tests/captures/claude-code-statusline.jsonl").read_bytes().splitlines()[-1]
"""What a real client tells its status line."""


def p10() -> Iterator[Result]:
    """The hook program and the status line's against the start of bare Python, with a receiver or with nobody there."""
    hook, line = (_program(name) for name in ("hook_program", "statusline_program"))
    hook, bare = [*hook, "claude-code"], [PYTHON, "-S", "-E", "-c", "pass"]
    payload = json.dumps(next(_asking(1))).encode()
    with folder() as home, serving(Path(home)) as (_, port):
        told = environment(Path(home)) | {"AIMON_PORT": str(port)}
        heard, start = _alternating(hook, bare, payload, told)
        drawn, start_again = _alternating(line, bare, STATUS, told)
        chained, shell = _alternating([*line, "exit 0"], ["/bin/sh", "-c", "exit 0"], STATUS, told)
    yield Result("hook program / bare Python", heard / start, "x", 2.5)
    yield Result("status line / bare Python", drawn / start_again, "x", 2.5)
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


GOALS: dict[str, Callable[[], Iterator[Result]]] = {
    "P1": p1,
    "P2": p2,
    "P3": p3,
    "P4": p4,
    "P5": p5,
    "P6": p6,
    "P7": p7,
    "P8": p8,
    "P10": p10,
}
"""By the number that the documentation gives them."""
