"""Spans to steps: one at a time, or a whole trace as a run; strictly, or as well as it goes, warning of gaps.

Apart from `assembly`, which knows how spans lie in each other: here is one span and the one step that it makes.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from aimon_core.failures import classify
from aimon_trace import assembly, content, wire
from aimon_trace.conventions import Reading, reading
from aimon_trace.document import Json
from aimon_trace.errors import ConversionError, TraceWarning
from aimon_trace.redaction import RedactionConfig, Redactor
from aimon_trace.run import AgentInfo, TraceRun, first_fault
from aimon_trace.steps import KINDS, STEP, BaseStep
from receiver.dialects.base import STATUS_ERROR
from receiver.dialects.spans import error_of, identity_of, integer_of, text_of, tokens_of
from receiver.record import Record, SpanRecord

_PROVIDER = ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "ai.model.provider")
_NODE = ("graph.node.id", "langgraph_node", "traceloop.entity.name")


class SpanConverter:
    """Makes steps and runs of spans, whoever made those: `wire.records` says in which forms they may come.

    `custom_mappings` names attributes of one's own: `{"my.model": "llm.model_name"}` reads one as another, and
    `{"my.cost": "cost_estimate"}` as a field of the step.
    """

    def __init__(
        self,
        strict_mode: bool = False,  # noqa: FBT001, FBT002 - the original's signature
        warn_on_missing: bool = True,  # noqa: FBT001, FBT002 - same
        custom_mappings: Mapping[str, str] | None = None,
        redaction: RedactionConfig | None = None,
    ) -> None:
        self._strict = strict_mode
        self._warns = warn_on_missing
        self._mappings = dict(custom_mappings or {})
        self.redactor = Redactor(redaction)

    def convert_span(self, span: Any) -> BaseStep | None:
        """The step that one span makes; None for plumbing.

        Its parent is not named, since that may be no step: only a whole trace tells. Raises ConversionError in strict
        mode for a span without what its step cannot be without, and always for what is no span.
        """
        record = next(wire.records(span), None)
        return None if record is None else self.step(*self.understood(record))

    def convert_trace(self, spans: Any, agent_info: AgentInfo | str | None = None) -> TraceRun:
        """All of some spans as one run. Raises ConversionError where there is no span, and as `convert_span` does."""
        records = list(wire.records(spans))
        if not records:
            raise ConversionError("There is no span to convert.")
        return assembly.run(self, records, agent_info)

    def convert_traces(self, spans: Any, agent_info: AgentInfo | str | None = None) -> list[TraceRun]:
        """A run for each trace in which anything was done, in the order of their beginnings."""
        groups: dict[bytes, list[Record]] = {}
        for record in wire.records(spans):
            groups.setdefault(record.trace_id, []).append(record)
        runs = [assembly.run(self, records, agent_info) for records in groups.values()]
        return sorted((run for run in runs if run.steps), key=lambda run: run.started_at)

    def redacted(self, value: Any) -> Any:
        """Any part of a document, redacted as this converter does."""
        return self.redactor.value(value)

    # ------------------------------------------------------------------ one span

    def understood(self, record: Record) -> tuple[Record, Reading | None]:
        """A span with its custom attributes in known words, and how to read it; None for plumbing."""
        record = self._mapped(record)
        return record, reading(record)

    def step(self, record: Record, told: Reading | None) -> BaseStep | None:
        """The step of a span that is `understood`."""
        if told is None:
            return None
        if told.kind == "step":
            return self._whole(record)
        facts = wire.facts(record.raw)
        fields = _MAKERS[told.kind](self, record, told, facts)
        kind = KINDS[told.kind]
        took_ms = round(max(0, record.at_ns - record.start_ns) / 1e6, 3)
        fields["wait_duration_ms" if told.kind == "interrupt" else "latency_ms"] = took_ms
        if "error" in kind.model_fields:
            fields |= _failure(record, told)
        fields |= {
            name: facts[mine] for mine, name in self._mappings.items() if mine in facts and name in kind.model_fields
        }
        fields = {
            "step_id": record.span_id.hex(), "timestamp": datetime.fromtimestamp(record.start_ns / 1e9, UTC),
            "metadata": _metadata(record, told, facts), **fields,
        }  # fmt: skip
        return self._made(record, kind, self.redactor.fields(kind, fields))

    def _made(self, record: Record, kind: type[BaseStep], fields: Json) -> BaseStep | None:
        """A step of some fields, if need be without those that it cannot hold. Raises ConversionError if strict."""
        try:
            return kind.model_validate(fields)
        except ValidationError as error:
            self._complain(record, f"makes no {kind.__name__} as it is: {first_fault(error)}")
            wrong = {str(fault["loc"][0]) for fault in error.errors(include_url=False) if fault["loc"]}
        try:
            return kind.model_validate({name: value for name, value in fields.items() if name not in wrong})
        except ValidationError:
            return None

    def _complain(self, record: Record, what: str) -> None:
        span = record.span_id.hex()
        if self._strict:
            raise ConversionError(f"Span {span} {what}.", "Without strict_mode it is converted as far as it goes.")
        if self._warns:
            warnings.warn(f"Span {span} {what}", TraceWarning, stacklevel=3)

    def _whole(self, record: Record) -> BaseStep | None:
        """A step that was converted to a span here."""
        text = record.raw.get("aimon_trace.step")
        if text is None:
            return None
        try:
            return self.redactor.document(STEP.validate_json(text.s))
        except ValidationError as error:
            self._complain(record, f"holds no step: {first_fault(error)}")
            return None

    def _mapped(self, record: Record) -> Record:
        """The span with custom attributes under the names they stand for; what it says in those itself goes first."""
        known = {mine: name for mine, name in self._mappings.items() if mine in record.raw and name not in record.raw}
        if not known:
            return record
        message = type(record.message)()
        message.CopyFrom(record.message)
        for mine, name in known.items():
            message.attributes[name].CopyFrom(record.raw[mine])
        return SpanRecord(record.scope, message.attributes, record.name, message, record.arrived_ns)

    def missing(self, record: Record, names: Sequence[str], default: Any) -> Any:
        """The default for a required attribute that a span lacks, with a warning. Raises ConversionError if strict."""
        name = names[0] if names else "name"
        self._complain(record, f"missing required attribute {name!r}{'' if self._strict else ', using default'}")
        return default


# ---------------------------------------------------------------------------------------------- a kind each


def _llm_call(converter: SpanConverter, record: Record, told: Reading, facts: Json) -> Json:
    words = told.words
    return {
        "model": text_of(record, words.model) or converter.missing(record, words.model, "unknown"),
        "input": content.llm_input(facts),
        "output": content.llm_output(facts),
        "provider": text_of(record, _PROVIDER),
        "finish_reason": _finish(facts, words.finish),
        "cost_estimate": next((cost for name in words.cost_usd if (cost := record.number(name)) is not None), None),
        **usage(record, told),
    }


def _tool_call(converter: SpanConverter, record: Record, told: Reading, facts: Json) -> Json:
    name = text_of(record, told.words.tool)
    return {
        "tool_name": name or converter.missing(record, told.words.tool, record.name or "unknown"),
        "arguments": content.arguments(facts),
        "result": content.result(facts),
        "success": record.message.status.code != STATUS_ERROR,
    }


def _retrieval(converter: SpanConverter, record: Record, told: Reading, facts: Json) -> Json:
    asked, found = content.query(facts), content.documents(facts)
    count = record.integer("gen_ai.retrieval.documents.count")
    return {
        "query": converter.missing(record, ("input.value",), "") if asked is None else asked,
        "results": found,
        "match_count": len(found) if count is None else count,
        "tokens_in": usage(record, told).get("tokens_in"),
    }


def _state_change(_converter: SpanConverter, record: Record, told: Reading, _facts: Json) -> Json:
    tokens = usage(record, told)
    return {
        "state_key": told.what or "run",
        "new_value": text_of(record, told.words.agent) or record.name,
        "tokens_in": tokens.get("tokens_in"),
        "tokens_out": tokens.get("tokens_out"),
    }


def _interrupt(_converter: SpanConverter, record: Record, _told: Reading, _facts: Json) -> Json:
    tool = text_of(record, ("permission.tool", "tool_name"))
    asked = text_of(record, ("permission.prompt",)) or (f"Permission: {tool}" if tool else "Permission")
    return {"prompt": asked, "response": text_of(record, ("permission.result", "decision")) or ""}


_MAKERS: dict[str, Callable[[SpanConverter, Record, Reading, Json], Json]] = {
    "llm_call": _llm_call, "tool_call": _tool_call, "retrieval": _retrieval, "state_change": _state_change,
    "interrupt": _interrupt,
}  # fmt: skip


def usage(record: Record, told: Reading) -> Json:
    """The tokens that a span tells; nothing where it tells none."""
    words = told.words
    if integer_of(record, words.input) is None and integer_of(record, words.output) is None:
        return {}
    tokens = tokens_of(record, words)
    cached = tokens.cache_read + tokens.cache_write
    own = integer_of(record, words.input) or 0
    return {
        "tokens_in": own + cached if told.exclusive and not _inclusive(words.input) else own,
        "tokens_out": tokens.output,
        "tokens_cache_read": tokens.cache_read or None,
        "tokens_cache_write": tokens.cache_write or None,
        "tokens_reasoning": tokens.reasoning,
    }


def _inclusive(names: Sequence[str]) -> bool:
    """Whether an agent's own words count the cached part in: Codex's do."""
    return names[0].startswith("codex.")


def _failure(record: Record, told: Reading) -> Json:
    failed = record.message.status.code == STATUS_ERROR or record.flag("success") is False
    if not failed:
        return {}
    error = error_of(record) or record.text("error") or record.text("tool.error_message") or "failed"
    named = identity_of(record, told.words.error_type) or _raised(record) or ""
    return {"error": error, "error_type": classify(record.integer("status_code"), named, error)}


def _raised(record: Record) -> str | None:
    """The class of the exception that a span noted."""
    events = (event.attributes for event in record.message.events if event.name == "exception")
    return next((event["exception.type"].s for event in events if "exception.type" in event), None)


def _finish(facts: Json, names: Sequence[str]) -> str | None:
    told = next((facts[name] for name in (*names, "llm.finish_reason") if facts.get(name)), None)
    return str(told[0] if isinstance(told, list) else told) if told else None


def _metadata(record: Record, told: Reading, facts: Json) -> Json:
    """What else a reader wants to know of a span."""
    words, meta = told.words, content.parsed(facts.get("metadata"))
    node = text_of(record, _NODE) or (meta.get("langgraph_node") if isinstance(meta, dict) else None)
    noted: Json = {
        "span_name": record.name,
        "scope": record.scope.name or None,
        "node": node,
        "agent": text_of(record, words.agent),
        "tool_call_id": identity_of(record, words.tool_call_id) if told.kind == "tool_call" else None,
        "response_id": identity_of(record, words.response_id) if told.kind == "llm_call" else None,
    }
    return {name: value for name, value in noted.items() if value is not None}
