"""Hours of work against an `aimon serve`, and what it looks like meanwhile: `python -m bench.soaking docs/soak.csv`.

Twenty agents at work, each for a while and then another in its place: prompts, tools and waits by hook, model calls and
tool results by OTLP, so many a second, all with ids of their own. Each line of the file is one look: memory, the times
of the answers since the look before, what was sent and what the receiver says it took. `bench.plotting` draws them.
"""

import argparse
import csv
import http.client
import json
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil
from msgspec import Struct
from msgspec.structs import asdict, fields

from bench.processes import Sender, cpu_s, serving

RATE = 200
"""Events a second: hook payloads and log records."""
AGENTS, BATCH = 20, 8
LIFE = 200
"""Rounds of an agent before it ends and another begins."""
LOOKS = 240
"""In a whole run."""
PER_ROUND = BATCH + 5
INPUT, OUTPUT = 10, 3
"""Tokens of each model call."""


class Look(Struct, frozen=True):
    """The receiver at one moment."""

    at_s: float
    memory_mb: float
    journal_mb: float
    cpu_percent: float
    p50_ms: float
    p99_ms: float
    worst_ms: float
    """Times of the answers since the look before."""
    sent: int
    taken: int
    """Events, by the receiver's own count."""
    files: int
    """Open ones, sockets included."""


class Work:
    """What the agents do, round by round, and how much of it there was."""

    def __init__(self) -> None:
        self.sent = self.rounds = 0
        self.calls = self.tools = 0

    def round(self) -> Iterator[tuple[str, bytes]]:
        """One agent's next prompt: path and body of each request, `PER_ROUND` events together."""
        number, self.rounds = self.rounds, self.rounds + 1
        generation, agent = divmod(number, AGENTS)
        session = f"soak-{agent}-{generation // LIFE}"
        last = generation % LIFE == LIFE - 1
        tool = {"tool_name": "Bash", "tool_use_id": f"toolu_{number}", "tool_input": {"command": f"make part-{number}"}}
        for event, facts in (
            ("UserPromptSubmit", {"prompt": f"build part {number}"}),
            ("PreToolUse", tool),
            ("PermissionRequest", tool),
            ("PostToolUse", tool),
            ("SessionEnd" if last else "Stop", {}),
        ):
            payload = {"session_id": session, "cwd": f"/home/dev/part-{agent}", "hook_event_name": event, **facts}
            yield "/hooks/claude-code", json.dumps(payload).encode()
        yield "/v1/logs", _logs([_call(session, number, part) for part in range(BATCH)])
        self.calls, self.tools, self.sent = self.calls + BATCH, self.tools + 1, self.sent + PER_ROUND


def _call(session: str, number: int, part: int) -> dict[str, Any]:
    told: dict[str, str | int | float] = {
        "session.id": session, "request_id": f"req-{number}-{part}", "model": "claude-opus-4-5",
        "input_tokens": INPUT, "output_tokens": OUTPUT, "duration_ms": 900, "event.sequence": number * BATCH + part,
    }  # fmt: skip
    attributes = [
        {"key": key, "value": {"stringValue": value} if isinstance(value, str) else {"intValue": str(value)}}
        for key, value in told.items()
    ]
    return {
        "timeUnixNano": str(time.time_ns()),
        "body": {"stringValue": "claude_code.api_request"},
        "attributes": attributes,
    }


def _logs(records: list[dict[str, Any]]) -> bytes:
    scope = {"scope": {"name": "com.anthropic.claude_code.events"}, "logRecords": records}
    return json.dumps({"resourceLogs": [{"resource": {}, "scopeLogs": [scope]}]}).encode()


class Soak:
    """One run against one receiver."""

    def __init__(self, process: psutil.Process, port: int, state: Path, *, rate: float = RATE) -> None:
        self._process, self._port, self._state, self._rate = process, port, state, rate
        self._sender, self._times = Sender(port), list[float]()
        self._began = self._looked = time.monotonic()
        self._cpu_s = cpu_s(process)
        self.work = Work()

    def looks(self, seconds: float) -> Iterator[Look]:
        """Send for so long; a look now and then and at the end. Raises RuntimeError when something is not taken."""
        ends, pause = self._began + seconds, seconds / LOOKS
        while (now := time.monotonic()) < ends:
            if now - self._looked >= pause:
                yield self.look()
            ahead = self._began + self.work.sent / self._rate - now
            if ahead > 0:
                time.sleep(min(ahead, pause))
                continue
            for path, body in self.work.round():
                asked = time.perf_counter()
                self._sender.post(body, path, "application/json")
                self._times.append(time.perf_counter() - asked)
        yield self.look()
        self._sender.close()

    def look(self) -> Look:
        """The receiver now."""
        now, used, times = time.monotonic(), cpu_s(self._process), sorted(self._times) or [0.0]
        share = (used - self._cpu_s) / max(now - self._looked, 1e-9) * 100
        journal = sum(file.stat().st_size for file in self._state.rglob("journal.db*"))
        self._looked, self._cpu_s, self._times = now, used, []
        return Look(
            at_s=round(now - self._began, 1),
            memory_mb=round(self._process.memory_info().rss / 2**20, 2),
            journal_mb=round(journal / 2**20, 2),
            cpu_percent=round(share, 1),
            p50_ms=_ms(times, 0.5),
            p99_ms=_ms(times, 0.99),
            worst_ms=_ms(times, 1),
            sent=self.work.sent,
            taken=self.ask("/api/v1/stats")["records"],
            files=self._process.num_fds(),
        )

    def ask(self, path: str) -> Any:
        """What the API says."""
        door = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        door.request("GET", path)
        told = json.loads(door.getresponse().read())
        door.close()
        return told

    def missing(self) -> dict[str, int]:
        """What was acknowledged and is not in the books, or stands there twice (below 0); empty when all is well."""
        totals = self.ask("/api/v1/sessions")["totals"]
        work = self.work
        missing = Counter(calls=work.calls, tools=work.tools, input=work.calls * INPUT, output=work.calls * OUTPUT)
        tokens = totals["tokens"]
        told = {"calls": totals["llm_calls"], "tools": totals["tool_calls"]}
        missing.subtract(told | {part: tokens[part] for part in ("input", "output")})
        return {what: count for what, count in missing.items() if count}


def _ms(times: list[float], share: float) -> float:
    return round(times[max(round(len(times) * share) - 1, 0)] * 1e3, 2)


def kept(looks: Iterable[Look], path: Path) -> Iterator[Look]:
    """The same looks, each written to a CSV file as soon as it is made: what was seen before a stop stays."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, [field.name for field in fields(Look)], lineterminator="\n")
        rows.writeheader()
        for look in looks:
            rows.writerow(asdict(look))
            file.flush()
            yield look


def main() -> int:
    """Run, write a line for each look as it is made, and say whether the books hold all of it; 1 if not."""
    options = argparse.ArgumentParser(prog="python -m bench.soaking")
    options.add_argument("file", type=Path, help="CSV to write")
    options.add_argument("--seconds", type=float, default=7200)
    options.add_argument("--rate", type=float, default=RATE, help="events a second")
    told = options.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="aimon-soak-", ignore_cleanup_errors=True) as home,
        serving(Path(home)) as (process, port),
    ):
        soak = Soak(process, port, Path(home), rate=told.rate)
        deque(kept(soak.looks(told.seconds), told.file), maxlen=0)
        missing = soak.missing()
    print(f"missing: {missing}" if missing else f"all of {soak.work.sent} events are in the books, none twice")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
