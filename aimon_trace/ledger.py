"""A session of the ledger to metrics: the figures are the screen's, its tree gives the calls of tools and the waits.

The tree tells what a tool works on and not its whole input; an argument of another name cannot be looked at there.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from aimon_trace.metrics import Cost, Files, TokenParts, ToolCall, TraceMetrics, Waits

_SUBJECTS = {
    "Bash": "command",
    "run_shell_command": "command",
    **dict.fromkeys(("Read", "Write", "Edit", "MultiEdit", "read_file", "write_file", "replace"), "file_path"),
    "NotebookEdit": "notebook_path",
    **dict.fromkeys(("Glob", "Grep", "glob", "grep_search"), "pattern"),
    "WebFetch": "url",
    "WebSearch": "query",
}
"""Which of a tool's arguments the tree tells."""
_DONE = {
    **dict.fromkeys(("Write", "write_file"), "created"),
    **dict.fromkeys(("Edit", "MultiEdit", "NotebookEdit", "replace"), "modified"),
    **dict.fromkeys(("Read", "read_file"), "read"),
}
"""What a tool did that worked; whether a file was there before it was written, the tree does not tell."""

Told = Mapping[str, Any]


def metrics(session: Told, turns: Iterable[Told]) -> TraceMetrics:
    """What it comes to; `session` and `turns` as in `docs/schema/session.json` and `spans.json`."""
    trees = list(turns)
    spans = [span for turn in trees for span in turn["spans"]]
    calls = tuple(_call(span) for span in spans if span["kind"] == "tool")
    helper = session["auxiliary"]
    return TraceMetrics(
        session_id=session["session_id"],
        agent=session["agent"],
        model=next((span["name"] for span in spans if span["kind"] == "llm"), session["model"]),
        models=tuple(session["models"]),
        start_time=_moment(session["started_at"]),
        end_time=_moment(session["last_activity_at"]),
        tokens=_tokens(session["tokens"], helper["tokens"]) if session["llm_calls"] or helper["llm_calls"] else None,
        llm_calls=session["llm_calls"] + helper["llm_calls"],
        tool_calls=calls,
        files=files(calls),
        turns=session["turns"],
        user_messages=session["turns"],
        subagents=len(session["subagents"]),
        cost=_cost(session),
        waits=_waits(session, spans),
        errors=tuple(_errors(session, trees)),
    )


def files(calls: Iterable[ToolCall]) -> Files:
    """The files that calls of well-known tools touched, where nothing says more than their names and inputs."""
    touched: dict[str, dict[str, None]] = {"created": {}, "modified": {}, "read": {}}
    for call in calls:
        if call.success and call.name in _DONE and call.subject:
            touched[_DONE[call.name]][call.subject] = None
    return Files(**{kind: tuple(paths) for kind, paths in touched.items()})


def _call(span: Told) -> ToolCall:
    subject = span["subject"]
    return ToolCall(
        id=span["key"].partition(":")[2],
        name=span["name"],
        input={_SUBJECTS.get(span["name"], "subject"): subject} if subject else {},
        start_time=_moment(span["started_at"]),
        end_time=_moment(span["ended_at"]),
        success=None if span["ended_at"] is None else not span["failed"],
        refused=span["error"] == "refused",
        agent_id=span["agent_id"],
    )


def _tokens(*told: Told) -> TokenParts:
    """Own and auxiliary tokens: what the session's row shows."""

    def both(name: str) -> int:
        return sum(one[name] or 0 for one in told)

    short, long = both("cache_write_5m"), both("cache_write_1h")
    return TokenParts(
        input=both("input"),
        output=both("output"),
        cache_read=both("cache_read"),
        cache_write_5m=short,
        cache_write_1h=long,
        cache_write_unknown=both("cache_write") - short - long,
        reasoning=None if all(one["reasoning"] is None for one in told) else both("reasoning"),
    )


def _cost(session: Told) -> Cost:
    """Own and auxiliary dollars; those of a session that never called a model are not known."""
    told, own, extra = session["cost"], session["cost_usd"], session["auxiliary"]["cost_usd"]
    called = session["llm_calls"] or session["auxiliary"]["llm_calls"]
    known = called and own is not None and extra is not None
    return Cost(
        reported_usd=told["reported_usd"],
        computed_usd=told["computed_usd"],
        usd=own + extra if known else None,
        basis=told["basis"] if known else "unknown",
        unpriced_models=tuple(told["unpriced_models"]),
    )


def _waits(session: Told, spans: list[Told]) -> Waits | None:
    """Its waits, which only hooks or spans tell of: without either none is known, which is not none."""
    seconds = [(span["duration_ms"] or 0) / 1000 for span in spans if span["kind"] == "wait"]
    if not seconds and not session["waited_ms"] and any("waits" in spot for spot in session["blind_spots"]):
        return None
    total = max(sum(seconds), session["waited_ms"] / 1000)
    return Waits(count=len(seconds), total_seconds=total, longest_seconds=max(seconds, default=total))


def _errors(session: Told, turns: list[Told]) -> Iterator[str]:
    for turn in turns:
        failed = [span["error"] for span in turn["spans"] if span["kind"] == "llm" and span["failed"]]
        yield from (error or "failed" for error in failed)
        if turn["failed"] and not failed:
            yield session["last_error_type"] or "failed"


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None
