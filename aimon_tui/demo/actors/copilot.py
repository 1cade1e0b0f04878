"""Copilot CLI in the fleet: hooks in its own spelling, and a span for each model call."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from aimon_core.session import Tokens
from aimon_tui.demo import wire
from aimon_tui.demo.actors import Coder
from aimon_tui.demo.wire import Request, Source, Span

SOURCE = Source({"service.name": "github-copilot", "service.version": "1.0.102"}, "github.copilot")

WINDOW = 168_000
"""Tokens that the client fills of the window of the models it is served."""
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
    _asked_s = 0.0

    def payload(self, event: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Without the event's name: what is in it tells."""
        told = {_FIELDS.get(key, key): value for key, value in fields.items() if key != "tool_use_id"}
        if event == "postToolUse":
            told["toolResult"] = {"resultType": "success"}
        return {"sessionId": self.session_id, "timestamp": self.ns() // 1_000_000, "cwd": self.cwd} | told

    def asked(self, text: str) -> Iterator[Request]:
        """Nothing yet: the span of a turn leaves when it is over."""
        self._asked_s = self.at_s
        return super().asked(text)

    def stop(self, words: str) -> Iterator[Request]:
        """The turn is done, and tells how much of the model's window the client fills."""
        usage: dict[str, wire.Value] = {
            "event.name": "github.copilot.session.usage_info",
            "github.copilot.token_limit": WINDOW,
        }
        attributes: dict[str, wire.Value] = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.conversation.id": self.session_id,
        }
        yield self._span("invoke_agent", self._asked_s, attributes, usage)
        yield from super().stop(words)

    def called(self, seconds: float, tokens: Tokens) -> Iterator[Request]:
        """A call, whose input holds what was cached."""
        attributes: dict[str, wire.Value] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.conversation.id": self.session_id,
            "gen_ai.response.model": self.model,
            "gen_ai.response.id": self.id().hex(),
            "gen_ai.usage.input_tokens": tokens.context,
            "gen_ai.usage.cache_read.input_tokens": tokens.cache_read,
            "gen_ai.usage.cache_write.input_tokens": tokens.cache_write,
            "gen_ai.usage.output_tokens": tokens.output,
        }
        yield self._span(f"chat {self.model}", self.at_s - seconds, attributes)

    def _span(
        self, name: str, since_s: float, attributes: dict[str, wire.Value], *events: dict[str, wire.Value]
    ) -> Request:
        """A span that ends now."""
        return wire.span(
            self.at_s,
            Span(
                source=SOURCE,
                name=name,
                start_ns=self.ns(since_s),
                end_ns=self.ns(),
                trace_id=self.id(16),
                span_id=self.id(),
                attributes=attributes,
                events=events,
            ),
        )
