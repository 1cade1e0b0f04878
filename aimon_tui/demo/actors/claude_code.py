"""Claude Code in the fleet: hooks, log events with the dollars it reckons, subagents."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from aimon_core.session import Tokens
from aimon_tui.demo import wire
from aimon_tui.demo.actors import Coder
from aimon_tui.demo.wire import Request, Source

_PRICES = {
    "claude-opus-5-5": (4, 0.2, 5, 20),
    "claude-sonnet-5-5": (2, 0.1, 2.5, 10),
    "claude-haiku-4-5": (1, 0.1, 1.25, 5),
}
"""Dollars for a million tokens: input, cache read, cache write, output. The fleet reports what it would be billed."""
SOURCE = Source(
    {"service.name": "claude-code", "service.version": "2.1.329", "os.type": "linux"},
    "com.anthropic.claude_code.events",
)


class Claude(Coder):
    """A Claude Code session."""

    agent = "claude-code"
    CALL_ID = "tool_use_id"
    EVENTS: ClassVar[Mapping[str, str]] = {
        "open": "SessionStart", "prompt": "UserPromptSubmit", "before": "PreToolUse", "ask": "PermissionRequest",
        "after": "PostToolUse", "failed": "PostToolUseFailure", "stop": "Stop", "close": "SessionEnd",
        "subagent": "SubagentStart", "subagent_done": "SubagentStop",
    }  # fmt: skip

    def payload(self, event: str, fields: dict[str, Any]) -> dict[str, Any]:
        """With the prompt it is about."""
        return super().payload(event, {"prompt_id": self.prompt_id} | fields)

    def log(self, event: str, **fields: wire.Value) -> Iterator[Request]:
        """A log event at this moment."""
        told: dict[str, wire.Value] = {
            "session.id": self.session_id,
            "event.sequence": self._ids,
            "prompt.id": self.prompt_id,
        }
        yield wire.log(self.at_s, self.ns(), SOURCE, f"claude_code.{event}", told | fields)

    def asked(self, text: str) -> Iterator[Request]:
        """How long the prompt was."""
        return self.log("user_prompt", prompt_length=str(len(text)))

    def think(self, seconds: float, tokens: Tokens, model: str = "", agent_id: str = "") -> Iterator[Request]:
        """The model answers, or that of a subagent."""
        self.at_s += seconds
        yield from self.called(seconds, tokens, model, agent_id)

    def called(self, seconds: float, tokens: Tokens, model: str = "", agent_id: str = "") -> Iterator[Request]:
        """A call with its dollars."""
        model = model or self.model
        parts = (tokens.input, tokens.cache_read, tokens.cache_write, tokens.output)
        helper = {"agent_id": agent_id} if agent_id else {}
        return self.log(
            "api_request",
            model=model,
            input_tokens=tokens.input,
            cache_read_tokens=tokens.cache_read,
            cache_creation_tokens=tokens.cache_write,
            cache_creation_5m_tokens=tokens.cache_write,
            cache_creation_1h_tokens=0,
            output_tokens=tokens.output,
            cost_usd=sum(count * price for count, price in zip(parts, _PRICES[model], strict=True)) / 1e6,
            duration_ms=round(seconds * 1000),
            request_id=f"req_{self.id().hex()}",
            query_source=f"agent:builtin:{agent_id}" if agent_id else "repl_main_thread",
            **helper,
        )

    def allowed(self, call: dict[str, Any]) -> Iterator[Request]:
        """A decision by a person."""
        return self.log("tool_decision", decision="accept", source="user_temporary", **self.named(call))

    def delegate(self, kind: str, model: str, steps: int) -> Iterator[Request]:
        """A subagent works for a while."""
        agent_id = f"a{self.id().hex()}"
        yield from self.hook("subagent", agent_id=agent_id, agent_type=kind)
        for step in range(steps):
            yield from self.think(4, Tokens(900, 8_000 + 400 * step, 600, output=240), model, agent_id)
            call = self.call("Grep", f"cart.total #{step + 1}") | {"agent_id": agent_id}
            yield from self.hook("before", **call)
            yield from self.result(call, 0.6)
        yield from self.hook("subagent_done", agent_id=agent_id, agent_type=kind)
