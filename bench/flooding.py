"""An hour of names that nobody has heard before: `python -m bench.flooding [IDS]`, in a process of its own.

A client that makes a new id for every event, by mistake or by malice: sessions, traces, models, tools, services,
scopes, versions, series of metrics and hooks, a hundred a second by a clock that is stepped. Prints the megabytes of
the process after each tenth of it, the sessions that are kept and those that were let go.
"""

import gc
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psutil
from msgspec import Struct

from aimon_core.clock import SteppedClock
from aimon_core.pricing import load
from aimon_core.store import SessionStore
from bench.results import Result, figures
from receiver import codec, otlp
from receiver.dialects import Interpreter
from receiver.hooks import translate
from receiver.record import Signal

IDS = 360_000
PER_S = 100
SHARES = 10


class Flood(Struct):
    """Where the names go: the real interpreter and the real ledger, without doors."""

    store: SessionStore
    interpreter: Interpreter
    clock: SteppedClock

    def pour(self, first: int, count: int) -> None:
        """Some events, each with names of its own; a frame ten times a second."""
        for number in range(first, first + count):
            for signal, told in _said(f"{number:07x}", self.clock.now_ns()):
                message = codec.decode(signal, json.dumps(told).encode(), "json")
                walk = otlp.records(signal, message, self.clock.now_ns())
                self.store.apply(self.interpreter.translate(walk))
            self.store.apply(_hooked(f"{number:07x}", self.clock.now_ns()))
            self.clock.advance(1 / PER_S)
            if number % (PER_S // 10) == 0:
                self.store.tick()
                for key in self.store.drain():
                    self.store.get(key)
                self.store.totals()


def _said(name: str, now_ns: int) -> Iterator[tuple[Signal, dict[str, Any]]]:
    """What one event would be, told in every language; which of them it is depends on the name."""
    turn = int(name, 16) % len(_VOICES)
    yield _VOICES[turn](name, str(now_ns))


def _log(name: str, at: str) -> tuple[Signal, dict[str, Any]]:
    facts = {"session.id": name, "request_id": f"req-{name}", "model": f"model-{name}", "input_tokens": "3",
             "prompt.id": name, "terminal.type": name, "query_source": name}  # fmt: skip
    record = {"timeUnixNano": at, "body": {"stringValue": "claude_code.api_request"}, "attributes": _attributes(facts)}
    return "logs", _scoped("Logs", "logRecords", "com.anthropic.claude_code.events", "claude-code", name, record)


def _tool(name: str, at: str) -> tuple[Signal, dict[str, Any]]:
    facts = {"session.id": name, "tool_name": f"tool-{name}", "tool_use_id": name, "success": "false", "error": name}
    record = {"timeUnixNano": at, "body": {"stringValue": "claude_code.tool_result"}, "attributes": _attributes(facts)}
    return "logs", _scoped("Logs", "logRecords", "com.anthropic.claude_code.events", "claude-code", name, record)


def _strange(name: str, at: str) -> tuple[Signal, dict[str, Any]]:
    body = {"stringValue": f"claude_code.{name}"}
    record = {"timeUnixNano": at, "body": body, "attributes": _attributes({"session.id": name})}
    return "logs", _scoped("Logs", "logRecords", "com.anthropic.claude_code.events", "claude-code", name, record)


def _foreign(name: str, at: str) -> tuple[Signal, dict[str, Any]]:
    record = {"timeUnixNano": at, "body": {"stringValue": name}, "attributes": _attributes({name: name})}
    return "logs", _scoped("Logs", "logRecords", f"scope-{name}", f"service-{name}", name, record)


def _span(name: str, at: str) -> tuple[Signal, dict[str, Any]]:
    """A model call as any program of its own may tell it, in a trace of its own."""
    facts = {"gen_ai.operation.name": "chat", "gen_ai.request.model": f"model-{name}", "gen_ai.provider.name": name,
             "gen_ai.usage.input_tokens": "3", "gen_ai.response.id": name}  # fmt: skip
    if int(name, 16) % 2:
        facts["gen_ai.conversation.id"] = name
    record = {"traceId": f"{name:0>32}", "spanId": f"{name:0>16}", "parentSpanId": f"{name:f>16}", "name": "chat",
              "startTimeUnixNano": at, "endTimeUnixNano": at, "attributes": _attributes(facts)}  # fmt: skip
    return "traces", _scoped("Spans", "spans", "opentelemetry.instrumentation", f"service-{name}", name, record)


def _point(name: str, at: str) -> tuple[Signal, dict[str, Any]]:
    facts = {"type": f"type-{name}", "model": name} | ({"session.id": name} if int(name, 16) % 2 else {})
    point = {"timeUnixNano": at, "startTimeUnixNano": at, "asInt": "3", "attributes": _attributes(facts)}
    series = {"name": "claude_code.token.usage", "sum": {"aggregationTemporality": 1, "dataPoints": [point]}}
    return "metrics", _scoped("Metrics", "metrics", "com.anthropic.claude_code", "claude-code", name, series)


_VOICES: tuple[Callable[[str, str], tuple[Signal, dict[str, Any]]], ...] = (
    _log, _tool, _strange, _foreign, _span, _point,
)  # fmt: skip


def _hooked(name: str, now_ns: int) -> Any:
    agent = ("claude-code", "codex", "gemini-cli")[int(name, 16) % 3]
    event = ("UserPromptSubmit", "PreToolUse", f"New{name}")[int(name, 16) % 7 % 3]
    told = {"session_id": f"hook-{name}", "hook_event_name": event, "tool_name": name, "tool_use_id": f"h{name}",
            "cwd": f"/home/dev/{name}", "prompt": name, "agent_id": name}  # fmt: skip
    return translate(agent, told, now_ns)


def _scoped(group: str, kind: str, scope: str, service: str, name: str, record: Any) -> dict[str, Any]:
    resource = {"attributes": _attributes({"service.name": service, "service.version": name, "host.name": name})}
    return {f"resource{group}": [{"resource": resource, f"scope{group}": [{"scope": {"name": scope}, kind: [record]}]}]}


def _attributes(facts: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in facts.items()]


def s11() -> Iterator[Result]:
    """Growth of the process in the last third of an hour of new names, a hundred a second."""
    *megabytes, sessions, let_go = figures("bench.flooding")
    yield Result(f"{IDS:,} new ids: sessions kept", sessions, "")
    yield Result("let go", let_go, "")
    yield Result("memory", megabytes[-1], "MB")
    yield Result("in the last third", megabytes[-1] / megabytes[-4], "x", 1.02)


def main(ids: int) -> None:
    """Measure and print."""
    clock = SteppedClock()
    flood = Flood(SessionStore(clock), Interpreter(), clock)
    flood.store.prices = load()
    process = psutil.Process()
    for share in range(SHARES):
        flood.pour(share * ids // SHARES, ids // SHARES)
        gc.collect()
        print(process.memory_info().rss / 2**20, flush=True)
    print(len(flood.store.sessions(every=True)), flood.store.counters.sessions_evicted)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else IDS)
