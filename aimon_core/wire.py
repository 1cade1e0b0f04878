"""A session as JSON, the one shape that the API, `aimon sessions --json` and `aimon replay --json` share.

It stands on the lowest floor because the receiver answers with it and the outputs print it. Plain dictionaries:
the names are a promise to scripts, so they are written out here and not derived from the fields of `Session`.
Unknown is None, never 0; times are UTC with milliseconds; dollars have six places.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aimon_core.session import (
    Auxiliary,
    Context,
    Cost,
    Evidence,
    RateLimit,
    Session,
    Subagent,
    Terminal,
    Tokens,
    Totals,
)
from aimon_core.verdict import Verdict

if TYPE_CHECKING:  # the books behind the tree are more than a status line wants to load
    from aimon_core.drift import Drift
    from aimon_core.spans import Span, TurnTree

VERSION = 1
"""The `v` of every document and line; a name that changes its meaning raises it."""

REFUSED = "refused"
"""What `spans` says of a tool that nobody let run."""


def sessions_document(sessions: list[Session], totals: Totals) -> dict[str, Any]:
    """What `GET /api/v1/sessions` answers."""
    return {"v": VERSION, "sessions": [session_dict(session) for session in sessions], "totals": totals_dict(totals)}


def session_dict(session: Session) -> dict[str, Any]:
    """One session, every name present whether or not its value is known."""
    return {
        "key": session.key,
        "agent": session.agent,
        "session_id": session.session_id,
        "name": session.name,
        "cwd": session.cwd,
        "branch": session.branch,
        "host": session.host,
        "model": session.model,
        "models": list(session.models),
        "state": session.state,
        "waiting_for": session.waiting_for,
        "waiting_on": session.waiting_on,
        "since": iso(session.since_ns),
        "evidence": [_evidence(evidence) for evidence in session.evidence],
        "started_at": iso(session.started_at_ns),
        "last_activity_at": iso(session.last_activity_at_ns),
        "ended_at": iso(session.ended_at_ns),
        **_counts(session),
        "turns": session.turns,
        "last_error_type": session.last_error_type,
        "waited_ms": session.waited_ns // 1_000_000,
        "tokens": tokens_dict(session.tokens),
        "cost_usd": dollars(session.cost.usd),
        "cost": _cost(session.cost),
        "context": _context(session.context),
        "limits": _limits(session.limits),
        "cache_expires_at": iso(session.cache_expires_at_ns),
        "auxiliary": _auxiliary(session.auxiliary),
        "blind_spots": list(session.blind_spots),
        "refused_bodies": session.refused_bodies,
        **_verdict(session.verdict),
        "parent": session.parent,
        "parent_span": session.parent_span,
        "subagents": [_subagent(subagent) for subagent in session.subagents],
        "pid": session.pid,
        "pid_started_at": iso(round((session.pid_started_at or 0) * 1000) * 1_000_000),
        "terminal": _terminal(session.terminal),
    }


def totals_dict(totals: Totals) -> dict[str, Any]:
    """The sums over all sessions, own and auxiliary work together."""
    return {
        "sessions": totals.sessions,
        **_counts(totals),
        "tokens": tokens_dict(totals.tokens),
        "cost_usd": dollars(totals.cost.usd),
        "cost": _cost(totals.cost),
        "today_usd": dollars(totals.today_usd),
        "burn_usd_per_hour": dollars(totals.burn_usd_per_hour),
    }


def tokens_dict(tokens: Tokens) -> dict[str, int | None]:
    """Tokens by part; `cache_write` holds all writes, those of untold time to live included."""
    return {
        "input": tokens.input,
        "cache_read": tokens.cache_read,
        "cache_write": tokens.cache_write,
        "cache_write_5m": tokens.cache_write_5m,
        "cache_write_1h": tokens.cache_write_1h,
        "output": tokens.output,
        "reasoning": tokens.reasoning,
        "total": tokens.total,
    }


def turn_dict(turn: "TurnTree") -> dict[str, Any]:
    """One turn without its spans; its title is what a person asked, which stays on the screen."""
    return {
        "number": turn.number,
        "title": None,
        "started_at": iso(turn.start_ns),
        "ended_at": iso(turn.end_ns),
        "end_reason": turn.end_reason,
        "failed": turn.failed,
        "waited_ms": turn.waited_ns // 1_000_000,
        "cost_usd": dollars(turn.cost_usd),
    }


def span_dict(span: "Span") -> dict[str, Any]:
    """One span. Its subject is told as `waiting_on` is; a tool's own words about its failure are output and are not."""
    return {
        "key": span.key,
        "kind": span.kind,
        "name": span.name,
        "subject": span.subject or None,
        "depth": span.depth,
        "started_at": iso(span.start_ns),
        "ended_at": iso(span.end_ns),
        "duration_ms": None if span.end_ns is None else (span.end_ns - span.start_ns) // 1_000_000,
        "failed": span.failed,
        "error": span.error if span.error and (span.kind == "llm" or span.error == REFUSED) else None,
        "tokens": None if span.tokens is None else tokens_dict(span.tokens),
        "cost_usd": dollars(span.cost_usd),
        "agent_id": span.agent_id,
        "asked_by": span.asked_by,
        "read_by": span.read_by,
    }


def drift_dict(drift: "Drift") -> dict[str, Any]:
    """What one version of an agent says that nobody reads."""
    names = [
        {
            "name": one.name,
            "channel": one.channel,
            "count": one.count,
            "first_at": iso(one.since_ns),
            "last_at": iso(one.last_ns),
            "sample": one.sample,
        }
        for one in drift.names.values()
    ]
    return {
        "agent": drift.agent,
        "version": drift.version,
        "count": drift.count,
        "first_at": iso(drift.since_ns),
        "names": names,
    }


_YEAR_10000_NS = 253_402_300_800 * 10**9


def iso(at_ns: int | None) -> str | None:
    """Nanoseconds since the epoch as `2026-11-21T02:16:04.123Z`; None and what no calendar knows are no time."""
    if at_ns is None or not 0 < at_ns < _YEAR_10000_NS:
        return None
    seconds, rest = divmod(at_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1_000)  # a float would lose the last ms
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def dollars(usd: float | None) -> float | None:
    """Six places: a cache read of ten tokens still shows, the noise of binary fractions does not."""
    return None if usd is None else round(usd, 6)


def _counts(counted: Session | Totals) -> dict[str, int]:
    return {
        "llm_calls": counted.llm_calls,
        "llm_calls_failed": counted.llm_calls_failed,
        "tool_calls": counted.tool_calls,
        "tool_errors": counted.tool_errors,
        "errors": counted.errors,
    }


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        "reported_usd": dollars(cost.reported_usd),
        "computed_usd": dollars(cost.computed_usd),
        "basis": cost.basis,
        "unpriced_models": list(cost.unpriced_models),
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {"signal": evidence.signal, "at": iso(evidence.at_ns), "says": evidence.says, "decides": evidence.decides}


def _context(context: Context | None) -> dict[str, int | None] | None:
    return None if context is None else {"used": context.used, "limit": context.limit}


def _limits(limits: tuple[RateLimit, ...]) -> dict[str, Any] | None:
    told = {one.name: {"used_percent": one.used_percent, "resets_at": iso(one.resets_at_ns)} for one in limits}
    return told or None


def _auxiliary(auxiliary: Auxiliary) -> dict[str, Any]:
    return {
        "llm_calls": auxiliary.llm_calls,
        "tokens": tokens_dict(auxiliary.tokens),
        "cost_usd": dollars(auxiliary.cost.usd),
    }


def _subagent(subagent: Subagent) -> dict[str, Any]:
    return {
        "agent_id": subagent.agent_id,
        "type": subagent.type,
        "state": subagent.state,
        "tokens": tokens_dict(subagent.tokens),
        "cost_usd": dollars(subagent.cost.usd),
    }


def _verdict(verdict: Verdict | None) -> dict[str, Any]:
    scores = verdict.scores if verdict else ()
    told = [{"name": one.name, "standing": one.standing, "rationale": one.rationale} for one in scores]
    return {"verdict": verdict.standing if verdict else None, "scores": told}


def _terminal(terminal: Terminal | None) -> dict[str, Any] | None:
    if terminal is None:
        return None
    return {
        "chain": list(terminal.chain),
        "focusable": terminal.focusable,
        "confidence": terminal.confidence,
    }
