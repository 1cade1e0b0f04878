"""Gemini CLI in the fleet: hooks, and log events whose output leaves out thoughts."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from aimon_core.session import Tokens
from aimon_tui.demo import wire
from aimon_tui.demo.actors import Coder
from aimon_tui.demo.wire import Request, Source

SOURCE = Source({"service.name": "gemini-cli", "service.version": "0.61.0"}, "gemini-cli")


class Gemini(Coder):
    """A Gemini CLI session."""

    agent = "gemini-cli"
    EVENTS: ClassVar[Mapping[str, str]] = {
        "open": "SessionStart", "prompt": "BeforeAgent", "before": "BeforeTool", "ask": "Notification",
        "after": "AfterTool", "stop": "AfterAgent", "close": "SessionEnd",
    }  # fmt: skip
    TOOLS: ClassVar[Mapping[str, str]] = {"Bash": "run_shell_command", "Edit": "replace", "Read": "read_file"}

    def log(self, event: str, **fields: wire.Value) -> Iterator[Request]:
        """A log event at this moment."""
        told: dict[str, wire.Value] = {
            "event.name": f"gemini_cli.{event}",
            "session.id": self.session_id,
            "prompt_id": self.prompt_id,
            "model": self.model,
        }
        yield wire.log(self.at_s, self.ns(), SOURCE, "", told | fields)

    def open(self) -> Iterator[Request]:
        """The client starts, and says what it may do."""
        yield from super().open()
        yield from self.log("config", approval_mode="default", mcp_servers="playwright")

    def asked(self, _text: str) -> Iterator[Request]:
        """A prompt."""
        return self.log("user_prompt")

    def called(self, seconds: float, tokens: Tokens) -> Iterator[Request]:
        """An answer with its counts."""
        return self.log(
            "api_response",
            input_token_count=tokens.context,
            cached_content_token_count=tokens.cache_read,
            output_token_count=tokens.output - (tokens.reasoning or 0),
            thoughts_token_count=tokens.reasoning or 0,
            duration_ms=round(seconds * 1000),
        )

    def ran(self, call: dict[str, Any], seconds: float, *, ok: bool) -> Iterator[Request]:
        """The result of a tool."""
        return self.log("tool_call", function_name=call["tool_name"], success=ok, duration_ms=round(seconds * 1000))

    def question(self, call: dict[str, Any]) -> dict[str, Any]:
        """A notification, which names the command and no tool."""
        return {"notification_type": "ToolPermission", "details": call["tool_input"]}

    def stop(self, words: str) -> Iterator[Request]:
        """The turn is done."""
        yield from self.hook("stop", prompt_response=words)
