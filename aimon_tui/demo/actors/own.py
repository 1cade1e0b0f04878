"""An agent of someone's own in the fleet, instrumented after the GenAI conventions: spans, and nothing else."""

from collections.abc import Iterator

from aimon_tui.demo import wire
from aimon_tui.demo.actors import Actor
from aimon_tui.demo.wire import Request, Source, Span


class Own(Actor):
    """A session of it."""

    def __init__(self, service: str, project: str, start_s: float, epoch_ns: int, model: str) -> None:
        super().__init__(f"{service} {project}", start_s, epoch_ns)
        self.service, self.project, self.model = service, project, model
        self.conversation = self.id(16).hex()
        self._trace, self._run, self._began = self.id(16), self.id(), self.at_s

    def prompt(self) -> None:
        """A run begins; nothing is exported before something ends."""
        self._trace, self._run, self._began = self.id(16), self.id(), self.at_s

    def think(self, seconds: float, input_tokens: int, output_tokens: int, cached: int = 0) -> Iterator[Request]:
        """The model answers."""
        yield self._span(
            "chat",
            seconds,
            {
                "gen_ai.request.model": self.model,
                "gen_ai.response.id": self.id().hex(),
                "gen_ai.usage.input_tokens": input_tokens,
                "gen_ai.usage.cache_read.input_tokens": cached,
                "gen_ai.usage.output_tokens": output_tokens,
            },
        )

    def tool(self, name: str, seconds: float) -> Iterator[Request]:
        """A tool ran."""
        yield self._span("execute_tool", seconds, {"gen_ai.tool.name": name, "gen_ai.tool.call.id": self.id().hex()})

    def stop(self) -> Iterator[Request]:
        """The run is over."""
        yield self._span("invoke_agent", self.at_s - self._began, {"gen_ai.agent.name": self.project}, root=True)

    def _span(
        self, operation: str, seconds: float, attributes: dict[str, wire.Value], *, root: bool = False
    ) -> Request:
        if not root:
            self.at_s += seconds
        return wire.span(
            self.at_s,
            Span(
                source=Source({"service.name": self.service}, f"{self.service}.tracing"),
                name=operation,
                start_ns=self.ns(self.at_s - seconds),
                end_ns=self.ns(),
                trace_id=self._trace,
                span_id=self._run if root else self.id(),
                parent_id=b"" if root else self._run,
                attributes={"gen_ai.operation.name": operation, "gen_ai.conversation.id": self.conversation}
                | attributes,
            ),
        )
