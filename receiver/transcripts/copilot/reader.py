"""What each line says, by its type: one method for each kind, and the table at the end that names them."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from aimon_core.events import (
    CompactionEnded,
    CompactionStarted,
    Event,
    Gauged,
    LlmBegun,
    LlmCalled,
    PermissionAnswered,
    PermissionAsked,
    PromptSubmitted,
    SessionEnded,
    SessionStarted,
    Spoke,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from aimon_core.failures import classify
from receiver import drift
from receiver.transcripts.base import Base, Facts, base_of, subject_of, words
from receiver.transcripts.copilot import lines
from receiver.transcripts.copilot.lines import Line

AGENT = "copilot"

OPEN = 1_024
"""Tool calls whose end is awaited: of those that a person took back none comes."""
_DECODER = msgspec.json.Decoder(Line)


class Events:
    """Reads one file."""

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._version: str | None = None
        self._facts = Facts()
        self._worked = False
        """Whether anything was told that makes it a session."""
        self._interaction: str | None = None
        self._last_words: str | None = None
        """Of the round, where its answer asks for no tool."""
        self._tools: dict[str, tuple[str, str]] = {}
        """By id, the name and the subject of the open ones."""
        self._named: dict[str, str] = {}
        """By the call that started it, the kind of a subagent without an id: hooks of such builds know no more."""
        self._summary = lines.Answer()
        """The last call that wrote a summary."""

    def read(self, line: bytes) -> list[Event]:
        """The events of one line."""
        told = _DECODER.decode(line)
        base = base_of(
            AGENT, self._session_id, told.timestamp, told.type, self._named.get(told.agent_id or "", told.agent_id)
        )
        reads = READS.get(told.type)
        if reads is None:
            return [] if told.type in lines.SILENT else [drift.of_line(line, base, self._version)]
        decoder, read = reads
        events = list(read(self, decoder.decode(told.data), base))
        self._worked = self._worked or bool(events)
        return [*events, *self._facts.news(base)] if events else []

    # -------------------------------------------------------------------------------------- sessions

    def opened(self, told: lines.Opening, base: Base) -> Iterable[Event]:
        """It began; alone that makes no session."""
        self._session_id = told.session_id or self._session_id
        self._version = told.copilot_version or self._version
        self._facts.learn(
            model=told.selected_model, effort=told.reasoning_effort, cwd=told.context.cwd, branch=told.context.branch
        )
        if base["signal"] == "session.resume" and self._worked:
            yield SessionStarted(**base, how="resume")

    def moved(self, told: lines.Place, _base: Base) -> Iterable[Event]:
        """It works elsewhere."""
        self._facts.learn(cwd=told.cwd, branch=told.branch)
        return ()

    def chose(self, told: lines.Choice, base: Base) -> Iterable[Event]:
        """Another model; subagents have their own."""
        if base["agent_id"] is None:
            self._facts.learn(model=told.new_model, effort=told.reasoning_effort)
        return ()

    def closed(self, told: lines.Goodbye, base: Base) -> Iterable[Event]:
        """It said goodbye."""
        if self._worked:
            yield SessionEnded(**base, reason=told.shutdown_type)

    # -------------------------------------------------------------------------------------- turns

    def prompted(self, told: lines.Prompt, base: Base) -> Iterable[Event]:
        """A person asked, or an agent its subagent."""
        if base["agent_id"] is not None:
            yield SubagentStarted(**base)
        elif not told.source:
            self._interaction = prompt_id = told.interaction_id
            unit, text = prompt_id or str(base["at_ns"]), words(told.content)
            yield PromptSubmitted(**base, prompt_id=prompt_id, unit=unit, text=text)

    def began(self, _told: object, base: Base) -> Iterable[Event]:
        """The model is asked."""
        if base["agent_id"] is None:
            self._last_words = None
        yield LlmBegun(**base)

    def spoke(self, told: lines.Spoken, base: Base) -> Iterable[Event]:
        """The model answered."""
        if base["agent_id"] is not None:
            return
        self._last_words = None if told.tool_requests else words(told.content)
        if told.content:
            yield Spoke(**base, text=words(told.content))

    def ended(self, _told: object, base: Base) -> Iterable[Event]:
        """A round is over; one without an answer is told to have failed, or to have been taken back."""
        if base["agent_id"] is None and self._last_words is not None:
            text, self._last_words = self._last_words, None
            yield TurnEnded(**base, reason="transcript", complete=True, text=text, prompt_id=self._interaction)

    def aborted(self, _told: object, base: Base) -> Iterable[Event]:
        """A person took the turn back."""
        yield TurnEnded(**base, reason="interrupted", complete=False, prompt_id=self._interaction)

    def failed(self, told: lines.Error, base: Base) -> Iterable[Event]:
        """The client gave up."""
        kind, text = classify(told.status_code, told.error_type, told.message), words(told.message)
        if base["agent_id"] is None:
            yield TurnEnded(**base, reason="failed", error_type=kind, text=text, prompt_id=self._interaction)

    # -------------------------------------------------------------------------------------- calls

    def called(self, told: lines.Used, base: Base) -> Iterable[Event]:
        """The model was asked and answered."""
        usage, own = told.usage, base["agent_id"] is None
        if own:
            self._facts.learn(model=usage.model)
        yield LlmCalled(
            **base,
            call_id=usage.api_call_id,
            unit=usage.api_call_id or str(base["at_ns"]),
            model=usage.model,
            tokens=usage.tokens(usage.reasoning_tokens),
            duration_ms=usage.duration,
            prompt_id=self._interaction if own else None,
            asks_tool=usage.num_tool_calls > 0,
        )
        if own and usage.max_prompt_tokens:
            yield Gauged(**base, context_limit=usage.max_prompt_tokens)

    def compacts(self, _told: object, base: Base) -> Iterable[Event]:
        """A summary of the conversation begins."""
        yield CompactionStarted(**base)

    def summarised(self, told: lines.Answer, _base: Base) -> Iterable[Event]:
        """The call that wrote it."""
        self._summary = told
        return ()

    def compacted(self, told: lines.Summary, base: Base) -> Iterable[Event]:
        """It is written, or could not be."""
        usage, (call, self._summary) = told.compaction_tokens_used, (self._summary, lines.Answer())
        if usage is not None and usage.input_tokens + usage.output_tokens:
            call_id = call.model_call.api_id
            yield LlmCalled(
                **base,
                call_id=call_id,
                unit=call_id or str(base["at_ns"]),
                model=usage.model,
                tokens=usage.tokens(call.reasoning),
                duration_ms=usage.duration,
                side=True,
            )
        yield CompactionEnded(**base)

    # -------------------------------------------------------------------------------------- tools

    def tool_started(self, told: lines.ToolStart, base: Base) -> Iterable[Event]:
        """A tool is called; the one that asks a person waits."""
        call_id, name = told.tool_call_id, told.tool_name
        subject = subject_of(name, told.arguments)
        self._tools[call_id] = (name, subject)
        if len(self._tools) > OPEN:
            del self._tools[next(iter(self._tools))]
        yield ToolStarted(**base, call_id=call_id, unit=call_id, name=name, subject=subject)
        if name == lines.QUESTION:
            yield PermissionAsked(**base, kind="question", call_id=call_id, name=name, subject=subject)

    def tool_ended(self, told: lines.ToolEnd, base: Base) -> Iterable[Event]:
        """It gave its result; a command may have failed though its tool did not."""
        name, _ = self._tools.pop(told.tool_call_id, ("", ""))
        code = (told.shell_execution.exit_code if told.shell_execution else None) or 0
        refused = told.error is not None and told.error.code in lines.REFUSED
        yield ToolFinished(
            **base,
            call_id=told.tool_call_id,
            unit=told.tool_call_id,
            name=name,
            ok=told.success and code == 0,
            error=f"exit code {code}" if code else words(told.error.message) if told.error else "",
            interrupted=refused,
        )

    def asked(self, told: lines.Request, base: Base) -> Iterable[Event]:
        """A person is asked for a permission."""
        wanted = told.permission_request
        name, subject = self._tools.get(wanted.tool_call_id or "", ("", ""))
        if not told.resolved_by_hook:
            subject = subject or words(wanted.full_command_text)
            yield PermissionAsked(**base, kind="permission", call_id=wanted.tool_call_id, name=name, subject=subject)

    def decided(self, told: lines.Decision, base: Base) -> Iterable[Event]:
        """Somebody, or a rule, decided; Esc takes the whole turn back."""
        kind, call_id = told.result.kind, told.tool_call_id
        yield PermissionAnswered(
            **base,
            call_id=call_id,
            unit=call_id or told.request_id,
            name=self._tools.get(call_id or "", ("", ""))[0],
            accepted=kind.startswith("approved"),
            by_person=kind not in lines.BY_RULE and told.decision_source in {None, "human_response"},
            ends_turn=kind == "cancelled",
        )

    def replied(self, told: lines.Reply, base: Base) -> Iterable[Event]:
        """A person answered a question."""
        call_id = told.tool_call_id
        name = self._tools.get(call_id, (lines.QUESTION, ""))[0]
        yield PermissionAnswered(**base, call_id=call_id, unit=call_id, name=name, accepted=True, by_person=True)

    # -------------------------------------------------------------------------------------- subagents

    def subagent_started(self, told: lines.Subagent, base: Base) -> Iterable[Event]:
        """A subagent began."""
        if base["agent_id"] is None:
            return
        if base["agent_id"] == told.tool_call_id and told.agent_name:
            self._named[base["agent_id"]] = told.agent_name
            base["agent_id"] = told.agent_name
        yield SubagentStarted(**base, type=told.agent_name)

    def subagent_ended(self, told: lines.Subagent, base: Base) -> Iterable[Event]:
        """It is done, well or badly."""
        if base["agent_id"] is not None:
            yield SubagentEnded(**base, type=told.agent_name, ok=base["signal"] == "subagent.completed")


Read = Callable[[Events, Any, Base], Iterable[Event]]


def _reads(shape: type[Any], read: Read) -> tuple[msgspec.json.Decoder[Any], Read]:
    return msgspec.json.Decoder(shape), read


READS: dict[str, tuple[msgspec.json.Decoder[Any], Read]] = {
    "session.start": _reads(lines.Opening, Events.opened),
    "session.resume": _reads(lines.Opening, Events.opened),
    "session.context_changed": _reads(lines.Place, Events.moved),
    "session.model_change": _reads(lines.Choice, Events.chose),
    "session.shutdown": _reads(lines.Goodbye, Events.closed),
    "session.error": _reads(lines.Error, Events.failed),
    "session.usage_record": _reads(lines.Used, Events.called),
    "session.compaction_start": _reads(object, Events.compacts),
    "session.compaction_complete": _reads(lines.Summary, Events.compacted),
    "model.model_call_success": _reads(lines.Answer, Events.summarised),
    "user.message": _reads(lines.Prompt, Events.prompted),
    "assistant.turn_start": _reads(object, Events.began),
    "assistant.message": _reads(lines.Spoken, Events.spoke),
    "assistant.turn_end": _reads(object, Events.ended),
    "abort": _reads(object, Events.aborted),
    "tool.execution_start": _reads(lines.ToolStart, Events.tool_started),
    "tool.execution_complete": _reads(lines.ToolEnd, Events.tool_ended),
    "permission.requested": _reads(lines.Request, Events.asked),
    "permission.completed": _reads(lines.Decision, Events.decided),
    "human_response.recorded": _reads(lines.Reply, Events.replied),
    "subagent.started": _reads(lines.Subagent, Events.subagent_started),
    "subagent.completed": _reads(lines.Subagent, Events.subagent_ended),
    "subagent.failed": _reads(lines.Subagent, Events.subagent_ended),
}
"""What each type of line holds and who reads it."""
