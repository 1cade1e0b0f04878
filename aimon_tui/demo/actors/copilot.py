"""Copilot CLI in the fleet: hooks in its own spelling, and a span for each model call."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from aimon_core.session import Tokens
from aimon_tui.demo import wire
from aimon_tui.demo.actors import Coder
from aimon_tui.demo.wire import Request, Source, Span

SOURCE = Source({"service.name": "github-copilot", "service.version": "1.0.102"}, "github.copilot")

_FIELDS = {"tool_name": "toolName", "tool_input": "toolArgs", "last_assistant_message": "stopReason"}


class Copilot(Coder):
    """A Copilot CLI session."""

    agent = "copilot"
    EVENTS: ClassVar[Mapping[str, str]] = {
        "open": "sessionStart", "prompt": "userPromptSubmitted", "before": "preToolUse", "after": "postToolUse",
        "stop": "agentStop", "close": "sessionEnd",
    }  # fmt: skip
    TOOLS: ClassVar[Mapping[str, str]] = {"Bash": "bash", "Edit": "edit", "Read": "view"}
    PATH = "path"

    def payload(self, event: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Without the event's name: what is in it tells."""
        told = {_FIELDS.get(key, key): value for key, value in fields.items() if key != "tool_use_id"}
        if event == "postToolUse":
            told["toolResult"] = {"resultType": "success"}
        return {"sessionId": self.session_id, "timestamp": self.ns() // 1_000_000, "cwd": self.cwd} | told

    def called(self, seconds: float, tokens: Tokens) -> Iterator[Request]:
        """A call, whose input holds what was cached."""
        yield wire.span(
            self.at_s,
            Span(
                source=SOURCE,
                name=f"chat {self.model}",
                start_ns=self.ns(self.at_s - seconds),
                end_ns=self.ns(),
                trace_id=self.id(16),
                span_id=self.id(),
                attributes={
                    "gen_ai.operation.name": "chat",
                    "gen_ai.conversation.id": self.session_id,
                    "gen_ai.response.model": self.model,
                    "gen_ai.response.id": self.id().hex(),
                    "gen_ai.usage.input_tokens": tokens.context,
                    "gen_ai.usage.cache_read.input_tokens": tokens.cache_read,
                    "gen_ai.usage.cache_write.input_tokens": tokens.cache_write,
                    "gen_ai.usage.output_tokens": tokens.output,
                },
            ),
        )
