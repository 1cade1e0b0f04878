"""The state machine of a session: one pure function from a status and an event to the next status, and its table.

`advance` knows no clock, no store and no agent; `elapse` is the same for silence. The ledger folds a session's events
over `advance` in the order of their own times: the state does not depend on the order in which channels deliver.
What an event means for a turn, a wait or a tool is one small function each; `TABLE` at the end is the machine.
"""

from collections.abc import Callable
from math import inf
from typing import Any

from msgspec.structs import replace

from aimon_core import asking
from aimon_core.events import (
    CompactionEnded,
    CompactionStarted,
    Event,
    LlmBegun,
    LlmCalled,
    LlmTried,
    PermissionAnswered,
    PermissionAsked,
    PromptSubmitted,
    Seen,
    SessionEnded,
    SessionStarted,
    Spoke,
    StatusTold,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from aimon_core.moves import close, enter, of_background, settled, without_own, work
from aimon_core.session import State
from aimon_core.standing import AGREEMENT_NS, RANK, OpenTool, OpenWait, Options, Status


def advance(status: Status, event: Event) -> Status:
    """The status after an event; events that mean nothing for the state leave it as it is."""
    act = TABLE.get(type(event))
    if act is None:
        return status
    after = act(status, event)
    if after.state == status.state and after.since_ns == status.since_ns:
        return after
    if _overruled(status, event):
        return status
    rank = RANK.get(event.channel, 0)
    return replace(after, decider=f"{event.channel}:{event.signal}", decided_ns=event.at_ns, decided_rank=rank)


def elapse(status: Status, at_ns: int, silent_s: float, options: Options) -> Status:
    """The status after silence: a turn whose answer stood for the quiet period is over.

    `at_ns` is when the silence is judged, `silent_s` how long nothing has arrived.
    """
    quiet = status.state == "working" and not status.tools and not status.background
    patience_s = max(options.quiet_s, status.patience_s if status.failed else 0)
    if not quiet or silent_s < patience_s or not (status.answered_ns or status.failed):
        return status
    ended = close(status, "failed" if status.failed else "completed", status.answered_ns or at_ns, "idle")
    return replace(ended, decider="clock:silence", decided_ns=at_ns, decided_rank=RANK["clock"])


def _overruled(status: Status, event: Event) -> bool:
    """Whether a better channel has just said otherwise; of waits and their ends, Esc, goodbyes anybody is believed."""
    sure = isinstance(event, PermissionAsked | Seen | SessionEnded)
    escaped = isinstance(event, TurnEnded) and event.reason == "interrupted"
    if status.state == "waiting" or sure or escaped or _is_its_end(status, event):
        return False
    near = event.at_ns - status.decided_ns < AGREEMENT_NS
    return near and RANK.get(event.channel, 0) < status.decided_rank


def _is_its_end(status: Status, event: Event) -> bool:
    """Whether what ends is the open turn, however short it was: its end bears its id, or its span began with it."""
    if not isinstance(event, TurnEnded) or not status.turn_open:
        return False
    if event.prompt_id is not None:
        return event.prompt_id == status.prompt_id
    return event.began_ns is not None and abs(event.began_ns - status.turn_began_ns) < AGREEMENT_NS


def _started(status: Status, event: SessionStarted) -> Status:
    if event.how == "compact":
        return _compacted(status, event)
    if status.turn_open and event.at_ns - status.turn_began_ns < AGREEMENT_NS:
        return status  # opened by the prompt that it tells of a moment later (Copilot CLI before 1.0.102)
    return Status(state="idle", since_ns=event.at_ns)


def _ended(status: Status, event: SessionEnded) -> Status:
    if status.background and event.channel == "log":
        return status  # leaving by command while subagents work only opens a dialog (`tui_interrupt_agent`)
    ended = close(status, "ended", event.at_ns, "session_end", tools=(), background=frozenset())
    return (
        ended if status.turn_open else replace(ended, turn_ended_ns=status.turn_ended_ns, end_reason=status.end_reason)
    )


def _prompted(status: Status, event: PromptSubmitted) -> Status:
    if event.command or (status.turn_open and _is_same_prompt(status, event)):
        return status
    waits = of_background(status.waits, status.background)
    return enter(
        status, "waiting" if waits else "working", event.at_ns, turn_open=True, turn_began_ns=event.at_ns,
        turn_ended_ns=None, end_reason=None, prompt_id=event.prompt_id, tools=without_own(status.tools), waits=waits,
        done=(), answered_ns=0, failed=False,
        compacting=False,
        error_type=None, words="",
    )  # fmt: skip


def _is_same_prompt(status: Status, event: PromptSubmitted) -> bool:
    """Whether a prompt has begun the open turn: by its id, or told a moment later by a channel that knows no ids."""
    if event.prompt_id or event.by_thread:
        return event.by_thread or event.prompt_id == status.prompt_id
    return status.prompt_id is not None and event.at_ns - status.turn_began_ns < AGREEMENT_NS


def _compacts(status: Status, event: CompactionStarted) -> Status:
    if status.turn_open:
        return replace(status, compacting=True)
    return enter(status, "working", event.at_ns, compacting=True, prompt_id=event.prompt_id, answered_ns=0)


def _compacted(status: Status, event: Event) -> Status:
    """Within a turn the work goes on; beside all turns somebody has asked for it, and is not to be told again."""
    if not status.compacting:
        return status
    if status.turn_open or status.background:
        return replace(status, compacting=False)
    return enter(status, "idle", event.at_ns, compacting=False)


def _called(status: Status, event: LlmCalled) -> Status:
    taken_back = not event.ok and event.error_type is None
    if event.side or ((taken_back or status.compacting) and not status.turn_open):  # the call that writes the summary
        return status
    if event.agent_id is not None:
        return work(status, event)
    # The next answer of the own thread proves that whatever it waited for is over.
    waits = tuple(wait for wait in status.waits if wait.agent_id is not None)
    if not event.ok:
        told = {"failed": not taken_back, "error_type": event.error_type, "words": event.error or status.words}
        return work(status, event, waits=waits, answered_ns=0, **told)
    asks = event.call_id if event.asks_tool else status.asks
    answered_ns = 0 if event.asks_tool or (asks is not None and asks == event.call_id) else event.at_ns
    told = {"error_type": None, "words": "" if status.failed else status.words}  # the error was not the last word
    return work(status, event, waits=waits, failed=False, answered_ns=answered_ns, asks=asks, **told)


def _tried(status: Status, event: LlmTried) -> Status:
    if status.compacting and not status.turn_open:
        return status
    if event.agent_id is not None:
        return work(status, event)
    words = event.error or (status.words if status.failed else "")
    told = {"error_type": event.error_type, "words": words, "patience_s": event.again_s}
    return work(status, event, failed=True, answered_ns=0, **told)


def _begun(status: Status, event: LlmBegun) -> Status:
    """The model is at work: what it said before was not its last word."""
    if event.agent_id is not None or not status.turn_open:
        return status
    return work(status, event, answered_ns=0)


def _tool_started(status: Status, event: ToolStarted) -> Status:
    key = event.call_id or event.name
    if key in status.done or any(tool.key == event.call_id for tool in status.tools):
        return status
    tool = OpenTool(key, event.name, event.subject, event.at_ns, event.agent_id)
    return work(status, event, tools=(*status.tools, tool), answered_ns=0)


def _tool_finished(status: Status, event: ToolFinished) -> Status:
    if event.interrupted and not status.turn_open:
        return status
    return work(status, event, **settled(status, event.call_id or event.name, event.name), answered_ns=0)


def _told(status: Status, event: StatusTold) -> Status:
    """The agent's own word: it fills in what nobody else has told, and ends what it says is over."""
    match event.status:
        case "waiting" if not status.waits:
            wait = OpenWait(event.name, event.kind, event.name, "", event.at_ns, None)
            return work(status, event, waits=(wait,), answered_ns=0)
        case "busy" if status.waits or not status.turn_open:
            return work(status, event, waits=tuple(wait for wait in status.waits if wait.key != wait.name))
        case "idle" if status.turn_open:
            return _inferred(status, event.at_ns, "idle")
        case "idle":
            return _compacted(status, event)
    return status


def _turn_ended(status: Status, event: TurnEnded) -> Status:
    words = {"words": event.text} if event.text else {}
    if status.state == "ended":
        return status  # the hook of a turn's end may well take longer than that of the session's
    if event.reason == "failed":
        return close(status, "failed", event.at_ns, "failed", error_type=event.error_type or status.error_type, **words)
    if event.reason == "stop_hook":
        background = status.background if event.background is None else frozenset(event.background)
        goes_on = status.state == "working" or status.turn_open or background or status.background
        if status.end_reason in _ENDINGS and not goes_on:
            return replace(status, **words)  # another channel has already told, and a person may have seen it
        state: State = "working" if background else "completed"
        return close(status, state, event.at_ns, "stop_hook", background=background, **words)
    if status.turn_open:
        if event.complete is False:
            return close(status, "idle", event.at_ns, event.reason)
        return _inferred(status, event.at_ns, event.reason, complete=event.complete)
    refused = event.reason == "denied" and status.end_reason == "interrupted"
    same = event.at_ns - (status.turn_ended_ns or 0) < AGREEMENT_NS
    return replace(status, end_reason="denied") if refused and same else _compacted(status, event)


_ENDINGS = {"stop_hook", "span", "transcript", "idle"}


def _inferred(status: Status, at_ns: int, reason: str, *, complete: bool | None = None) -> Status:
    """A turn's span closed, or the agent says it has been idle: how the turn ended must be read from what was seen."""
    if status.failed and not (complete and reason == "idle"):  # who says to be idle got over its errors
        return close(status, "failed", at_ns, "failed")
    if status.background:
        return close(status, "working", at_ns, reason)
    if status.answered_ns or complete:
        return close(status, "completed", at_ns, reason)
    return close(status, "idle", at_ns, "interrupted")


def _seen(status: Status, event: Seen) -> Status:
    """Where nothing but silence ends a turn, it was over by then: a journal that is read again keeps no silence."""
    over = elapse(status, event.at_ns, inf, Options())
    return replace(over, state="idle", since_ns=event.at_ns) if over.state in {"completed", "failed"} else status


def _spoke(status: Status, event: Spoke) -> Status:
    return replace(status, words=event.text) if event.agent_id is None and status.turn_open else status


def _subagent_started(status: Status, event: SubagentStarted) -> Status:
    return replace(status, background=status.background | {event.agent_id or ""})


def _subagent_ended(status: Status, event: SubagentEnded) -> Status:
    left = status.background - {event.agent_id or ""}
    tools = tuple(tool for tool in status.tools if tool.agent_id != event.agent_id)
    waits = tuple(wait for wait in status.waits if wait.agent_id != event.agent_id)
    # The last one done wakes its session with a new prompt, or nothing comes and silence ends the turn.
    answered_ns = event.at_ns if not left and not status.turn_open and status.state == "working" else status.answered_ns
    after = replace(status, background=left, tools=tools, answered_ns=answered_ns)
    return work(after, event, waits=waits) if waits != status.waits else after


TABLE: dict[type[Event], Callable[[Status, Any], Status]] = {
    SessionStarted: _started,
    SessionEnded: _ended,
    PromptSubmitted: _prompted,
    CompactionStarted: _compacts,
    CompactionEnded: _compacted,
    LlmCalled: _called,
    LlmBegun: _begun,
    LlmTried: _tried,
    ToolStarted: _tool_started,
    ToolFinished: _tool_finished,
    PermissionAsked: asking.asked,
    PermissionAnswered: asking.answered,
    TurnEnded: _turn_ended,
    Seen: _seen,
    Spoke: _spoke,
    StatusTold: _told,
    SubagentStarted: _subagent_started,
    SubagentEnded: _subagent_ended,
}
"""What each event does to a status."""
