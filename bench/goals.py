"""The goals that can be measured here, each a ratio of two things measured in one run, or a share of a core."""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import psutil

from bench import programs, readers
from bench.history import p4
from bench.processes import AIMON, Screen, Sender, cpu_s, serving
from bench.results import Result, figures, folder
from bench.traffic import Traffic, asking, batches, records_in

HEIRS = 5

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
            for payload in asking(number):
                sender.post(json.dumps(payload).encode(), "/hooks/claude-code", "application/json")
        time.sleep(SETTLE_S)
        began, before, drawn = time.monotonic(), cpu_s(screen.process), screen.written
        time.sleep(IDLE_S)
        spent = (cpu_s(screen.process) - before) / (time.monotonic() - began)
        assert screen.written > drawn, "the clocks stand still"
    yield Result(f"idle with {ROWS} live rows", spent * 100, "% of a core", 1)


# ------------------------------------------------------------------------------------------ a screen that takes over


def heir() -> Iterator[Result]:
    """How long a port answers nobody after its owner was killed, a screen standing by."""
    waited = []
    for _ in range(HEIRS):
        with (
            folder() as home,
            serving(Path(home)) as (owner, port),
            Screen(Path(home), AIMON, "--port", str(port)) as screen,
        ):
            Sender(port).post(json.dumps(next(asking(0))).encode(), "/hooks/claude-code", "application/json")
            screen.shows("part-0")
            owner.kill()
            killed = time.monotonic()
            screen.shows("took over")
            Sender(port).post(b"{}", content_type="application/json")
            waited.append(time.monotonic() - killed)
    yield Result("port taken over after", max(waited), "s", 2)


def restart() -> Iterator[Result]:
    """A restart with 10,000 sessions in the journal."""
    shown, whole, late = figures("bench.restarting")
    yield Result("10,000 sessions are back after", shown, "s", 2)
    yield Result("and the ledger has read them after", whole, "s")
    yield Result("the loop is late meanwhile, at worst", late, "ms")


GOALS: dict[str, Callable[[], Iterator[Result]]] = {
    "P1": p1,
    "P2": p2,
    "P3": p3,
    "P4": p4,
    "P5": p5,
    "P6": p6,
    "P7": p7,
    "P8": p8,
    "P10": programs.p10,
    "S21": readers.s21,
    "heir": heir,
    "restart": restart,
}
"""By the number that the documentation gives them, or a word."""
