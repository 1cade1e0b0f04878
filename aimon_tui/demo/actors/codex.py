"""Codex in the fleet: hooks, and log events whose input holds what was cached."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from aimon_core.session import Tokens
from aimon_tui.demo import wire
from aimon_tui.demo.actors import Coder
from aimon_tui.demo.wire import Request, Source, Span

SOURCE = Source({"service.name": "codex_cli_rs", "service.version": "0.169.0"}, "codex_otel.log_only")


class Codex(Coder):
    """A Codex session."""

    agent = "codex"
    CALL_ID = "call_id"
    EVENTS: ClassVar[Mapping[str, str]] = {
        "open": "SessionStart", "prompt": "UserPromptSubmit", "before": "PreToolUse", "ask": "PermissionRequest",
        "after": "PostToolUse", "stop": "Stop", "close": "SessionEnd",
    }  # fmt: skip
    TOOLS: ClassVar[Mapping[str, str]] = {"Edit": "apply_patch"}

    def call(self, name: str, subject: str) -> dict[str, Any]:
        """It reads files by commands."""
        return super().call("Bash", f"cat {subject}") if name == "Read" else super().call(name, subject)

    def payload(self, event: str, fields: dict[str, Any]) -> dict[str, Any]:
        """With the turn and the model."""
        return super().payload(event, {"turn_id": self.prompt_id, "model": self.model} | fields)

    def log(self, event: str, **fields: wire.Value) -> Iterator[Request]:
        """A log event at this moment."""
        told: dict[str, wire.Value] = {
            "event.name": f"codex.{event}",
            "conversation.id": self.session_id,
            "model": self.model,
        }
        yield wire.log(self.at_s, self.ns(), SOURCE, "", told | fields)

    def open(self) -> Iterator[Request]:
        """The client starts, and says what it may do."""
        yield from super().open()
        rules = {"approval_policy": "on-request", "sandbox_policy": "workspace-write", "reasoning_effort": "high"}
        yield from self.log("conversation_starts", **rules, mcp_servers="github, postgres")

    def called(self, seconds: float, tokens: Tokens) -> Iterator[Request]:
        """An answer with its counts; a request without a failure says when it began."""
        yield from self.log("api_request", duration_ms=round(seconds * 1000), **{"http.response.status_code": 200})
        yield from self.log(
            "sse_event",
            input_token_count=tokens.context,
            cached_token_count=tokens.cache_read,
            output_token_count=tokens.output,
            reasoning_token_count=tokens.reasoning or 0,
            **{"event.kind": "response.completed"},
        )

    def allowed(self, call: dict[str, Any]) -> Iterator[Request]:
        """A decision by a person."""
        return self.log("tool_decision", decision="approved", source="User", **self.named(call))

    def refused(self, status: int, error: str) -> Iterator[Request]:
        """The provider refuses, and the client does not try again."""
        told: dict[str, wire.Value] = {"http.response.status_code": status, "error.message": error}
        yield from self.log("api_request", **told)
        self.pause(0.2)
        yield wire.span(
            self.at_s,
            Span(
                source=Source(SOURCE.resource, "codex_cli_rs"),
                name="session_task.turn",
                start_ns=self.ns() - 1_000_000,
                end_ns=self.ns(),
                trace_id=self.id(16),
                span_id=self.id(),
                attributes={"conversation.id": self.session_id},
                events=({"event.name": "codex.turn_profile", "turn_id": self.prompt_id},),
            ),
        )
