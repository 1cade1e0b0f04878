"""opencode in the fleet: its bus by aimon's plugin, and a span for each model call."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from aimon_core.session import Tokens
from aimon_tui.demo import wire
from aimon_tui.demo.actors import Coder
from aimon_tui.demo.wire import Request, Source, Span

SOURCE = Source({"service.name": "opencode", "service.version": "1.18.33"}, "ai")


class Opencode(Coder):
    """An opencode session with `experimental.openTelemetry`."""

    agent = "opencode"
    EVENTS: ClassVar[Mapping[str, str]] = {
        "open": "session.created", "prompt": "chat.message", "before": "tool.execute.before", "ask": "permission.asked",
        "allowed": "permission.replied", "after": "tool.execute.after", "stop": "session.idle",
    }  # fmt: skip
    TOOLS: ClassVar[Mapping[str, str]] = {"Bash": "bash", "Edit": "edit", "Read": "read"}
    PATH = "filePath"

    def __init__(self, cwd: str, start_s: float, epoch_ns: int, model: str) -> None:
        super().__init__(cwd, start_s, epoch_ns, model)
        self.session_id = f"ses_{self.id(12).hex()}"
        self._trace = self.id(16)

    def prompt(self, text: str) -> Iterator[Request]:
        """The person asks, in a new trace."""
        self._trace = self.id(16)
        yield from super().prompt(text)

    def called(self, seconds: float, tokens: Tokens) -> Iterator[Request]:
        """A call, whose input holds what was cached."""
        yield wire.span(
            self.at_s,
            Span(
                source=SOURCE,
                name="ai.streamText.doStream",
                start_ns=self.ns(self.at_s - seconds),
                end_ns=self.ns(),
                trace_id=self._trace,
                span_id=self.id(),
                attributes={
                    "session.id": self.session_id,
                    "ai.model.id": self.model,
                    "ai.response.id": self.id().hex(),
                    "ai.usage.inputTokens": tokens.context,
                    "ai.usage.cachedInputTokens": tokens.cache_read,
                    "ai.usage.outputTokens": tokens.output,
                    "ai.usage.reasoningTokens": tokens.reasoning or 0,
                },
            ),
        )

    def allowed(self, call: dict[str, Any]) -> Iterator[Request]:
        """Its plugin tells of the answer."""
        return self.hook("allowed", tool_use_id=call["tool_use_id"], tool_name=call["tool_name"], status="once")

    def question(self, call: dict[str, Any]) -> dict[str, Any]:
        """What is asked, of a call that is known."""
        named = {"tool_use_id": call["tool_use_id"], "tool_name": call["tool_name"]}
        return named | {"message": next(iter(call["tool_input"].values()))}
