"""The tree of one session in OTLP: Session over Turn over model calls, tools and permissions, and the links between.

What people and models wrote stays here unless it was asked for: names, times, figures and kinds are enough for a trace.
"""

import platform
from collections.abc import Iterator, Sequence

from opentelemetry.proto.trace.v1.trace_pb2 import Span as Wire
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from aimon_core.clean import clean
from aimon_core.evidence import NO_HOOKS, NO_TELEMETRY
from aimon_core.identity import NO_SESSION
from aimon_core.session import Session, Tokens
from aimon_core.spans import Span, TurnTree
from receiver.export import words
from receiver.export.encode import Facts, Value, put
from receiver.export.ids import SESSION, name_of, span_id, trace_id
from receiver.steps import RECORDS, Steps


class Tree:
    """The spans of one session, each made when it is asked for."""

    def __init__(self, session: Session, turns: Sequence[TurnTree], *, content: bool) -> None:
        """With `content`, heads of prompts, what tools work on and errors go along."""
        self._session, self._turns, self._content = session, turns, content
        self._metered = NO_TELEMETRY not in session.blind_spots
        self._trace, self._root = trace_id(session.key), span_id(session.key, SESSION)
        self._ids: dict[str, bytes] = {}
        self._results: dict[str, list[Span]] = {}
        self._sequence: dict[str, int] = {}

    def prepared(self) -> Steps["Tree"]:
        """Itself, once it knows who is linked to whom. In steps."""
        for turn in self._turns:
            for place, span in enumerate(turn.spans, start=1):
                self._ids[span.key] = span_id(self._session.key, name_of(span))
                if span.kind == "llm":
                    self._sequence[span.key] = len(self._sequence) + 1
                if span.read_by is not None:
                    self._results.setdefault(span.read_by, []).append(span)
                if place % RECORDS == 0:
                    yield
        return self

    def of_turn(self, turn: TurnTree) -> Iterator[Wire]:
        """A turn that is over and everything in it; what nobody asked for hangs below the session itself."""
        top = self._root
        if turn.number:
            top = span_id(self._session.key, turn.key)
            yield self._turn(turn, top)
        above: list[Span] = []
        for span in turn.spans:
            del above[span.depth - 1 :]
            parents = [top, *(self._ids[one.key] for one in above[-2:])]
            if span.kind == "wait":  # beside its tool, not in it, as the original had it
                yield self._permission(turn, span, above[-1], parents[-2])
            else:
                yield self._span(turn, span, parents[-1])
            above.append(span)

    def of_session(self) -> Wire:
        """The session itself, when it is over."""
        session = self._session
        parent = self._parent()
        wire = Wire(
            trace_id=self._trace, span_id=self._root, name=words.session_name(session.agent),
            kind=Wire.SPAN_KIND_INTERNAL, start_time_unix_nano=session.started_at_ns,
            end_time_unix_nano=session.ended_at_ns or session.last_activity_at_ns,
            status=Status(code=Status.STATUS_CODE_OK),
        )  # fmt: skip
        put(wire.attributes, self._common("CHAIN") | {
            "gen_ai.system": words.provider(session.model),
            "gen_ai.provider.name": words.provider(session.model),
            "claude.session_id_source": _id_source(session),
            "session.turn_count": session.turns,
            "session.api_call_count": self._calls(session.llm_calls + session.llm_calls_failed + session.retries),
            "claude.parent_session_id": session.parent.partition(":")[2] if session.parent else None,
            "subagent.type": "Task" if session.parent else None,
        } | self._usage(session.tokens, session.cost.usd))  # fmt: skip
        if parent is not None:
            put(wire.links.add(trace_id=parent[0], span_id=parent[1]).attributes, {"link.type": "parent_task"})
        return wire

    def resource(self) -> dict[str, Value]:
        """Where the session runs."""
        session, parent = self._session, self._parent()
        return {
            "service.name": session.agent,
            "host.name": session.host or platform.node(),
            "os.type": None if session.host else platform.system().lower(),
            "process.pid": session.pid,
            "working_directory": session.cwd,
            "parent.trace_id": parent[0].hex() if parent else None,
            "parent.span_id": parent[1].hex() if parent else None,
            "parent.context_source": "process" if parent else None,
        }

    def _parent(self) -> tuple[bytes, bytes] | None:
        """Trace and span of the tool call that started the session, or of that call's session."""
        parent = self._session.parent
        return None if parent is None else (trace_id(parent), span_id(parent, self._session.parent_span or SESSION))

    # ------------------------------------------------------------------ spans of each kind

    def _turn(self, turn: TurnTree, own_id: bytes) -> Wire:
        end_ns = turn.end_ns or turn.start_ns
        calls = [span for span in turn.spans if span.kind == "llm"]
        told = [span.tokens for span in calls if span.tokens is not None]
        tokens = Tokens(
            input=sum(one.input for one in told),
            cache_read=sum(one.cache_read for one in told),
            cache_write_unknown=sum(one.cache_write for one in told),
            output=sum(one.output for one in told),
        )
        wire = self._wire(own_id, self._root, words.turn_name(turn, content=self._content), turn.start_ns, end_ns)
        put(wire.attributes, self._common("AGENT") | {
            "gen_ai.provider.name": words.provider(self._session.model),
            "turn.number": turn.number,
            "turn.start.source": "hook" if turn.by_hook else "heuristic",
            "turn.end.reason": words.end_reason(turn),
            "turn.llm_call_count": self._calls(len(calls)),
            "turn.tool_call_count": sum(span.kind == "tool" for span in turn.spans),
            "turn.error_count": sum(map(_errors, calls)),
            "turn.duration_ms": _ms(turn.start_ns, end_ns),
            "input.value": clean(turn.title, words.PREVIEW) or None if self._content else None,
        } | self._usage(tokens, turn.cost_usd))  # fmt: skip
        if turn.failed:
            wire.status.code = Status.STATUS_CODE_ERROR
        return wire

    def _span(self, turn: TurnTree, span: Span, parent: bytes) -> Wire:
        make = {"llm": self._call, "tool": self._tool, "agent": self._agent}[span.kind]
        return make(turn, span, parent)

    def _call(self, turn: TurnTree, span: Span, parent: bytes) -> Wire:
        wire = self._below(span, parent, words.call_name(span))
        wire.kind = Wire.SPAN_KIND_CLIENT
        request = span.key.removeprefix("llm:")
        outcome, tokens = span.outcome, span.tokens
        put(wire.attributes, self._common("LLM") | {
            "gen_ai.system": words.provider(span.name),
            "gen_ai.provider.name": words.provider(span.name),
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": clean(span.name),
            "gen_ai.response.finish_reasons": outcome.stop_reason if outcome else None,
            "llm.latency.total_ms": _ms(span.start_ns, wire.end_time_unix_nano),
            "llm.request.sequence": self._sequence[span.key],
            "anthropic.request_id": request if request.startswith("req_") else None,
            "http.response.status_code": outcome.status if outcome else None,
            "error.type": outcome.error_type or "unknown" if outcome and span.failed else None,
            "turn.number": turn.number,
            "gen_ai.agent.id": span.agent_id,
        } | (self._usage(tokens, span.cost_usd) if tokens else {}))  # fmt: skip
        for tool in self._results.get(span.key, ()):
            self._link(wire, tool.key, "consumes_tool_result", {"gen_ai.tool.call.id": _call_id(tool)})
        if span.failed:
            self._fail(wire, span.error)
        return wire

    def _tool(self, turn: TurnTree, span: Span, parent: bytes) -> Wire:
        wire = self._below(span, parent, words.tool_name(span, content=self._content))
        failed = span.failed or span.cut
        message = words.INCOMPLETE if span.cut else clean(span.error, words.TEXT) if self._content else ""
        put(wire.attributes, self._common("TOOL") | {
            "gen_ai.tool.name": clean(span.name),
            "gen_ai.tool.call.id": _call_id(span),
            "tool.status": "error" if failed else "success",
            "tool.duration_ms": _ms(span.start_ns, wire.end_time_unix_nano),
            "tool.error_message": message or None if failed else None,
            "turn.number": turn.number,
            "gen_ai.agent.id": span.agent_id,
        } | (words.tool_subject(span) if self._content else {}))  # fmt: skip
        if span.asked_by is not None:
            self._link(wire, span.asked_by, "produced_by_llm", {})
        if failed:
            self._fail(wire, message)
        return wire

    def _agent(self, turn: TurnTree, span: Span, parent: bytes) -> Wire:
        wire = self._below(span, parent, f"Subagent: {clean(span.subject or span.name)}")
        kind = clean(span.subject) or None
        told = {"gen_ai.agent.id": span.agent_id, "subagent.type": kind, "turn.number": turn.number}
        put(wire.attributes, self._common("AGENT") | told)
        return wire

    def _permission(self, turn: TurnTree, span: Span, tool: Span, parent: bytes) -> Wire:
        result = words.permission_result(tool)
        wire = self._below(span, parent, f"Permission: {clean(span.name)} ({result})")
        put(wire.attributes, self._common("PERMISSION") | {
            "permission.tool": clean(span.name),
            "permission.result": result,
            "permission.wait_ms": _ms(span.start_ns, wire.end_time_unix_nano),
            "permission.prompt": clean(span.subject, words.TEXT) or None if self._content else None,
            "gen_ai.tool.call.id": _call_id(span),
            "turn.number": turn.number,
        })  # fmt: skip
        if result != "approved":
            wire.status.code, wire.status.message = Status.STATUS_CODE_ERROR, f"Permission {result}"
        return wire

    # ------------------------------------------------------------------ what they share

    def _below(self, span: Span, parent: bytes, name: str) -> Wire:
        end_ns = span.start_ns if span.end_ns is None else span.end_ns
        return self._wire(self._ids[span.key], parent, name, span.start_ns, end_ns)

    def _wire(self, own_id: bytes, parent: bytes, name: str, start_ns: int, end_ns: int) -> Wire:
        return Wire(
            trace_id=self._trace, span_id=own_id, parent_span_id=parent, name=name, kind=Wire.SPAN_KIND_INTERNAL,
            start_time_unix_nano=start_ns, end_time_unix_nano=max(start_ns, end_ns),
            status=Status(code=Status.STATUS_CODE_OK),
        )  # fmt: skip

    def _common(self, kind: str) -> dict[str, Value]:
        session_id = self._session.session_id
        return {"openinference.span.kind": kind, "session.id": session_id, "gen_ai.conversation.id": session_id}

    def _calls(self, count: int) -> int | None:
        """A number of model calls; None where nobody tells of any."""
        return count if self._metered else None

    def _usage(self, tokens: Tokens, usd: float | None) -> dict[str, Value]:
        """Tokens and dollars, to the picodollar, which is what the ledger counts in; nothing where nobody tells."""
        if not self._metered:
            return {}
        return {
            "gen_ai.usage.input_tokens": tokens.input,
            "gen_ai.usage.output_tokens": tokens.output,
            "gen_ai.usage.cost_usd": None if usd is None else round(float(usd), 12),
            "llm.token_count.prompt_details.cache_read": tokens.cache_read or None,
            "llm.token_count.prompt_details.cache_write": tokens.cache_write or None,
        }

    def _link(self, wire: Wire, key: str, kind: str, more: Facts) -> None:
        if (other := self._ids.get(key)) is not None:
            link = wire.links.add(trace_id=self._trace, span_id=other)
            put(link.attributes, {"link.type": kind, **more})

    def _fail(self, wire: Wire, message: str) -> None:
        wire.status.code = Status.STATUS_CODE_ERROR
        wire.status.message = clean(message, words.TEXT) if self._content or message == words.INCOMPLETE else ""


def _errors(call: Span) -> int:
    """The attempts of a model call that failed: the original saw each of them."""
    return (call.outcome.attempts if call.outcome else 1) - (not call.failed)


def _call_id(span: Span) -> str | None:
    """The client's id of a tool call; None where it told none."""
    told = span.key.partition(":")[2]
    return None if told.isdecimal() else told


def _id_source(session: Session) -> str | None:
    """Who told the id of a session of Claude Code."""
    if session.agent != "claude-code":
        return None
    if session.session_id.startswith(NO_SESSION):
        return "fallback"
    return "telemetry" if NO_HOOKS in session.blind_spots else "hook"


def _ms(start_ns: int, end_ns: int) -> int:
    return (end_ns - start_ns) // 1_000_000
