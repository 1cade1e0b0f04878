"""Drawing a session: from its books to the frozen `Session` that everybody else reads."""

from pathlib import PurePath
from typing import Any

from aimon_core.entry import Entry
from aimon_core.kinship import Kin
from aimon_core.session import Auxiliary, ModelUse, Session, Subagent, Turn
from aimon_core.standing import OpenTool, Status
from aimon_core.subagent_books import Helper
from aimon_core.tally import Tally

SPEND_MINUTES = 30


def draw(
    key: str, entry: Entry, now_ns: int, context_limit: int | None, kin: Kin | None = None, unread: tuple[str, ...] = ()
) -> Session:
    """The session as it stands at a moment; `unread` is what else cannot be seen of it."""
    status, tally = entry.fold.status, entry.tally
    cwd = entry.fact("cwd")
    given_up = entry.given_up()
    failed = tally.failed + len(given_up)
    return Session(
        key=key,
        agent=entry.agent,
        session_id=entry.session_id,
        name=PurePath(cwd or "").name or entry.fact("title") or entry.session_id[:8],
        cwd=cwd,
        branch=entry.fact("branch"),
        host=entry.fact("host"),
        **_process(entry),
        **_standing(entry, status, cwd),
        **_models(entry, context_limit),
        turns=entry.turns.size,
        turn=_turn(entry, status),
        llm_calls=tally.calls,
        llm_calls_failed=failed,
        retries=tally.retries + len(entry.tries) - len(given_up),
        tool_calls=entry.tools.calls,
        tool_errors=entry.tools.errors,
        errors=entry.errors,
        last_error_type=entry.faults.last_type(given_up),
        waits=entry.waits.count,
        waited_ns=entry.waits.total_ns,
        tokens=tally.tokens,
        cost=tally.cost,
        burn_usd_per_hour=entry.spend.burn_usd_per_hour(now_ns),
        spend=entry.spend.per_minute(now_ns, SPEND_MINUTES),
        blind_spots=entry.signals.blind_spots() + unread,
        refused_bodies=entry.refused_bodies,
        verdict=entry.verdict,
        **_kin(kin),
        auxiliary=_auxiliary(entry),
        subagents=_subagents(entry, status),
    )


def _process(entry: Entry) -> dict[str, Any]:
    """Which process it is, and where that is to be seen."""
    process = entry.process
    return {"pid": process.pid, "pid_started_at": process.started_at, "terminal": entry.terminal}


def _kin(kin: Kin | None) -> dict[str, Any]:
    """What started it."""
    return {"parent": kin.key, "parent_span": kin.span, "parent_says": kin.says} if kin else {}


def _auxiliary(entry: Entry) -> Auxiliary:
    """The work of its hidden helpers."""
    if not entry.auxiliary:
        return Auxiliary()
    tally = Tally().plus(helper.tally for helper in entry.auxiliary.values())
    return Auxiliary(tally.calls, tally.tokens, tally.cost)


def _standing(entry: Entry, status: Status, cwd: str | None) -> dict[str, Any]:
    """State, since when, what for, and why aimon thinks so."""
    wait = status.waits[0] if status.waits and status.state == "waiting" else None
    return {
        "state": status.state,
        "waiting_for": wait.kind if wait else None,
        "waiting_on": _about(wait.name, wait.subject, cwd) if wait else None,
        "since_ns": status.since_ns or entry.first_ns,
        "doing": doing(status, cwd),
        "evidence": entry.signals.newest(status.decider, status.decided_ns, status.state),
        "started_at_ns": entry.first_ns,
        "last_activity_at_ns": entry.last_ns,
        "ended_at_ns": status.since_ns if status.state in {"ended", "expired"} else None,
    }


def _models(entry: Entry, context_limit: int | None) -> dict[str, Any]:
    """Which models were used, dearest first, under which rules, and what the last call of the own thread read."""
    used = [(name, one) for name, one in entry.models.items() if one.calls]
    used.sort(key=lambda item: (-item[1].picodollars, -item[1].calls, item[0]))
    last = entry.last_call[1] if entry.last_call else None
    return {
        "model": last.model if last else entry.fact("model"),
        "effort": entry.fact("effort"),
        "approval_policy": entry.fact("approval_policy"),
        "sandbox": entry.fact("sandbox"),
        "mcp_servers": tuple(filter(None, map(str.strip, (entry.fact("mcp_servers") or "").split(",")))),
        "models": tuple(name for name, _ in used),
        "by_model": tuple(ModelUse(name, one.calls, one.tokens, one.cost) for name, one in used),
        "context": entry.gauges.context((last.at_ns, last.tokens.context) if last else None, context_limit),
        "limits": entry.gauges.limits,
        "cache_expires_at_ns": entry.cache.expires_at_ns,
    }


def doing(status: Status, cwd: str | None = None) -> str:
    """One line of what happens now: the question asked, the tool with its subject, the error, the last words."""
    match status.state:
        case "waiting":
            wait = status.waits[0]
            about = _about(wait.name, wait.subject, cwd)
            return f"{about} ?" if wait.kind == "permission" and about else wait.subject or about or "asks"
        case "working":
            return _working(status, cwd)
        case "failed":
            kind = status.error_type or "unknown"
            return f"{kind}: {status.words}" if status.words else kind
        case "completed":
            return f"“{status.words}”" if status.words else ""
        case "ended":
            return "closed"
        case _:
            return status.end_reason if status.end_reason in {"interrupted", "denied"} else ""


def _working(status: Status, cwd: str | None) -> str:
    own = [tool for tool in status.tools if tool.agent_id is None]
    tools: list[OpenTool] = own or list(status.tools)
    if tools:
        more = f" +{len(tools) - 1}" if len(tools) > 1 else ""
        return _about(tools[-1].name, tools[-1].subject, cwd) + more
    if status.failed:
        return f"{status.error_type}: {status.words}" if status.words else f"{status.error_type}, tries again"
    if status.compacting:
        return "compacting"
    if status.background and not status.turn_open:
        count = len(status.background)
        return "1 subagent works" if count == 1 else f"{count} subagents work"
    return "thinking"


def _about(name: str, subject: str, cwd: str | None) -> str:
    if cwd:  # within its own folder a path is read faster without it
        subject = subject.removeprefix(f"{cwd.rstrip('/')}/")
    return f"{name}: {subject}" if name and subject else name or subject


def _turn(entry: Entry, status: Status) -> Turn | None:
    if not status.turn_began_ns:
        return None
    start = status.turn_began_ns
    waits, waited_ns = entry.waits.since(start)
    return Turn(
        number=entry.turns.size,
        started_at_ns=start,
        ended_at_ns=status.turn_ended_ns,
        end_reason=status.end_reason,
        llm_calls=sum(call.at_ns >= start and call.ok for call in entry.money.recent),
        tool_calls=entry.tools.since(start),
        waits=waits + len(status.waits),
        waited_ns=waited_ns,
    )


def _subagents(entry: Entry, status: Status) -> tuple[Subagent, ...]:
    """In the order of their starts; one of which a channel knows only the kind is among those that another knows."""
    helpers = entry.helpers.joined()
    known = {helper.type for agent_id, helper in helpers.items() if agent_id != helper.type}
    named = [(agent_id, helper) for agent_id, helper in helpers.items() if agent_id not in known]
    named.sort(key=lambda one: (one[1].started_ns or status.since_ns, one[0]))
    return tuple(_subagent(agent_id, helper, status) for agent_id, helper in named)


def _subagent(agent_id: str, helper: Helper, status: Status) -> Subagent:
    over = helper.ended_ns is not None or status.state in {"ended", "expired"}
    return Subagent(
        agent_id=agent_id,
        type=helper.type,
        state="working" if not over else "completed" if helper.ok else "failed",
        tokens=helper.tally.tokens,
        cost=helper.tally.cost,
        llm_calls=helper.tally.calls,
        tool_calls=helper.tools.calls,
        started_at_ns=helper.started_ns,
        ended_at_ns=helper.ended_ns,
    )
