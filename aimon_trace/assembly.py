"""A trace's spans as one run: each unit of work once, each step below the nearest span that is one, in order of time.

Apart from `convert`, which looks at one span. The rule is the ledger's (`aimon_core.traces`): of all spans that tell of
one model call the deepest with usage counts; what another told more of is taken from it. Sums over calls never count.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct
from pydantic import ValidationError

from aimon_trace import content, wire
from aimon_trace.conventions import OWN_SCOPE, Reading
from aimon_trace.errors import ConversionError
from aimon_trace.run import AgentInfo, TraceRun, first_fault
from aimon_trace.steps import (
    BaseStep,
    FinalOutputStep,
    InterruptStep,
    LLMCallStep,
    StateChangeStep,
    ToolCallStep,
    UserInputStep,
)
from receiver.dialects.spans import identity_of, text_of
from receiver.record import Record

if TYPE_CHECKING:
    from aimon_trace.convert import SpanConverter

_INTERRUPTS = ("GraphInterrupt", "NodeInterrupt")
"""Exceptions that LangGraph raises to ask a person; the span that notes one has not failed."""
_CALL, _USAGE, _ASKS = 1, 2, 4
"""What a span has below it: a model call, one with usage, a question to a person."""
_FILLED = ("input", "output", "provider", "finish_reason", "cost_estimate", "arguments", "result")
_PLUMBING = ("openinference.instrumentation.", "opentelemetry.instrumentation.genai.", "opentelemetry.instrumentation.")


class _Node(Struct):
    """A span in its trace."""

    record: Record
    told: Reading | None
    step: BaseStep | None
    parent: "_Node | None" = None
    children: "list[_Node]" = []
    below: int = 0
    calls: "list[_Node]" = []
    """The call with usage below it, where there is one only; two stand for many."""

    @property
    def flags(self) -> int:
        """What it is itself."""
        call = _CALL if isinstance(self.step, LLMCallStep) else 0
        sums = isinstance(self.step, LLMCallStep | StateChangeStep) and self.step.total
        return call | (_USAGE if sums else 0) | (_ASKS if _question(self.record) is not None else 0)


def run(converter: "SpanConverter", records: Sequence[Record], agent_info: AgentInfo | str | None) -> TraceRun:
    """The run that some spans tell of."""
    nodes = _ordered(_nested(converter, records))
    _count_once(nodes)
    roots = [node for node in nodes if node.parent is None]
    first = roots[0].record
    head = _own_head(nodes) or {
        "run_id": str(UUID(bytes=first.trace_id.ljust(16, b"\0")[:16])),
        "started_at": _moment(min(node.record.start_ns for node in nodes)),
        "ended_at": _moment(max(max(node.record.at_ns, node.record.start_ns) for node in nodes)),
        "agent_info": _agent(roots),
        "metadata": converter.redacted(_metadata(roots, nodes)) or None,
    }
    if agent_info is not None:
        head["agent_info"] = AgentInfo(name=agent_info) if isinstance(agent_info, str) else agent_info
    timed = [step for place, node in enumerate(nodes) for step in _steps(converter, node, place)]
    steps = [step for _, _, step in sorted(timed, key=lambda one: one[:2])]
    known = {step.step_id for step in steps}
    for step in steps:
        if step.parent_step_id not in known:  # only of spans that are ours, and whose parents did not come
            step.parent_step_id = None
    try:
        return TraceRun.model_validate({**head, "steps": steps})
    except ValidationError as error:
        raise ConversionError(f"These spans are no run: {first_fault(error)}.") from None


# ---------------------------------------------------------------------------------------------- who lies in whom


def _nested(converter: "SpanConverter", records: Sequence[Record]) -> dict[bytes, _Node]:
    nodes: dict[bytes, _Node] = {}
    for record in records:
        if record.span_id not in nodes:  # sent again, a span is the same span
            read, told = converter.understood(record)
            nodes[record.span_id] = _Node(read, told, converter.step(read, told))
    for node in nodes.values():
        node.parent = nodes.get(node.record.parent_id)
        if node.parent is not None:
            node.parent.children.append(node)
    return nodes


def _ordered(nodes: dict[bytes, _Node]) -> list[_Node]:
    """Each span before those in it; where spans lie in a circle, one of them lies in none."""
    ordered: list[_Node] = []
    seen: set[bytes] = set()
    starts = sorted(nodes.values(), key=lambda node: (node.parent is not None, node.record.start_ns))
    for start in starts:
        if start.record.span_id in seen:
            continue
        start.parent = None
        waiting = [start]
        while waiting:
            node = waiting.pop()
            if node.record.span_id not in seen:
                seen.add(node.record.span_id)
                ordered.append(node)
                children = sorted(node.children, key=lambda child: child.record.start_ns)
                waiting += reversed(children)
    return ordered


def _count_once(nodes: list[_Node]) -> None:
    """Leave each unit of work one step, and name each step's parent."""
    for node in reversed(nodes):
        flags = node.flags
        if flags & _CALL and flags & _USAGE and not node.below & _USAGE:
            node.calls = [node]
        if (parent := node.parent) is not None:
            parent.below |= node.below | flags
            parent.calls = [*parent.calls, *node.calls][:2]
    known: dict[tuple[str, str], BaseStep] = {}
    inside: dict[int, _Node] = {}
    for node in nodes:
        outer = inside.get(id(node.parent))
        if isinstance(node.step, LLMCallStep) and node.step.total and not node.below & _USAGE:
            outer = node
        if outer is not None:
            inside[id(node)] = outer
        _drop_repeats(node, outer)
        _drop_known(node, known)
        _note_execution(node)
        if node.step is not None and node.step.parent_step_id is None and node.record.scope.name != OWN_SCOPE:
            node.step.parent_step_id = _holder(node)


def _drop_repeats(node: _Node, outer: _Node | None) -> None:
    """A call that wraps another, or lies in the one that has its usage, is that one; sums over others are none."""
    if isinstance(node.step, StateChangeStep) and node.below & _USAGE and not (node.told and node.told.own_sums):
        node.step.tokens_in = node.step.tokens_out = None
    if not isinstance(node.step, LLMCallStep):
        return
    usage = node.step.total
    if node.below & _USAGE or (not usage and node.below & _CALL):
        if len(node.calls) == 1:
            _fill(node.calls[0].step, node.step)
        node.step = None
    elif not usage and outer is not None:
        _fill(outer.step, node.step)
        node.step = None


def _drop_known(node: _Node, known: dict[tuple[str, str], BaseStep]) -> None:
    """What the framework and the SDK both tell of has one id: a response's, a tool call's."""
    meta = node.step.metadata if node.step else None
    own_id = (meta or {}).get("response_id") or (meta or {}).get("tool_call_id")
    if node.step is None or own_id is None:
        return
    before = known.setdefault((type(node.step).__name__, own_id), node.step)
    if before is not node.step:
        _fill(before, node.step)
        node.step = None


def _fill(kept: BaseStep | None, told: BaseStep) -> None:
    for name in _FILLED if kept is not None else ():
        if hasattr(told, name) and not getattr(kept, name, None) and (value := getattr(told, name)):
            setattr(kept, name, value)


def _note_execution(node: _Node) -> None:
    """Claude Code's tool span does not know that the tool failed; the execution inside does."""
    record, parent = node.record, node.parent
    failed = record.name == "claude_code.tool.execution" and record.flag("success") is False
    if failed and parent is not None and isinstance(parent.step, ToolCallStep):
        parent.step.success = False
        parent.step.error = record.text("error") or "failed"


def _holder(node: _Node) -> str | None:
    """The nearest step around a span."""
    above = node.parent
    while above is not None and above.step is None:
        above = above.parent
    return above.step.step_id if above is not None and above.step is not None else None


# ---------------------------------------------------------------------------------------------- what they say

Timed = tuple[int, int, BaseStep]


def _steps(converter: "SpanConverter", node: _Node, place: int) -> Iterator[Timed]:
    """The steps of a span: its own, what somebody asked for there, what came of it, what it asks a person."""
    record, step = node.record, node.step
    if record.scope.name == OWN_SCOPE:
        if step is not None:
            yield record.integer("aimon_trace.place") or 0, place, step
        return
    if step is not None:
        yield record.start_ns, 4 * place, step
    redactor = converter.redactor
    if (prompt := _question(record)) is not None and not node.below & _ASKS:
        asks = _beside(InterruptStep, node, "interrupt", record.at_ns, prompt=redactor.value(prompt))
        yield record.at_ns, 4 * place + 2, asks
    if not isinstance(step, StateChangeStep) or (node.parent is not None and step.state_key != "turn"):
        return
    facts = wire.facts(record.raw)
    if asked := content.asked(facts):
        said = redactor.value(asked, "input")
        yield record.start_ns, 4 * place + 1, _beside(UserInputStep, node, "input", record.start_ns, content=said)
    if step.error is None and (answer := content.answered(facts)) is not None:
        said = redactor.value(answer, "output")
        yield record.at_ns, 4 * place + 3, _beside(FinalOutputStep, node, "output", record.at_ns, content=said)


def _beside(kind: type[BaseStep], node: _Node, name: str, at_ns: int, **fields: Any) -> BaseStep:
    """A step that a span tells of beside its own."""
    parent = node.step.step_id if node.step is not None else _holder(node)
    step_id = f"{node.record.span_id.hex()}-{name}"
    return kind.model_validate({"step_id": step_id, "timestamp": _moment(at_ns), "parent_step_id": parent, **fields})


def _question(record: Record) -> str | None:
    """What LangGraph asks a person, where a span stopped to do so."""
    for event in record.message.events:
        kind = event.attributes["exception.type"].s if "exception.type" in event.attributes else ""
        if event.name == "exception" and kind.endswith(_INTERRUPTS):
            told = event.attributes
            return str(told["exception.message"].s) if "exception.message" in told else kind
    return None


def _agent(roots: list[_Node]) -> AgentInfo:
    record, told = roots[0].record, roots[0].told
    scope, resource = record.scope.name, record.scope.resource
    service = resource.text("service.name")
    named = text_of(record, told.words.agent) if told else None
    if service and service.startswith("unknown_service"):
        service = None
    framework = next((scope.removeprefix(one).split(".")[0] for one in _PLUMBING if scope.startswith(one)), scope)
    return AgentInfo(
        name=service or named or record.name or "unknown",
        version=resource.text("service.version"),
        framework=None if "." in framework else framework or None,
    )


def _metadata(roots: list[_Node], nodes: list[_Node]) -> dict[str, Any]:
    words = [(node.record, node.told.words) for node in (*roots, *nodes) if node.told is not None]
    resource = roots[0].record.scope.resource
    session = next((found for record, one in words if (found := identity_of(record, one.session))), None)
    failed = next((node.step for node in roots if getattr(node.step, "error", None)), None)
    told = {
        "trace_id": roots[0].record.trace_id.hex() or None,
        "session_id": session or resource.identity("session.id"),
        "error": None if failed is None else {
            "type": getattr(failed, "error_type", None), "message": getattr(failed, "error", None)
        },
    }  # fmt: skip
    return {name: value for name, value in told.items() if value is not None}


def _own_head(nodes: list[_Node]) -> dict[str, Any] | None:
    """What a run that was converted to spans here says of itself."""
    text = next((node.record.raw["aimon_trace.run"].s for node in nodes if "aimon_trace.run" in node.record.raw), None)
    told = content.parsed(text)
    return told if isinstance(told, dict) else None


def _moment(at_ns: int) -> datetime:
    return datetime.fromtimestamp(at_ns / 1e9, UTC)
