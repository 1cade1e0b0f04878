"""How a scripted session acts: each step moves its own time on and gives the requests a real client would send then."""

import hashlib
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from aimon_core.session import Tokens
from aimon_tui.demo import wire
from aimon_tui.demo.wire import Request, Span

_PRICES = {
    "claude-opus-5-5": (4, 0.2, 5, 20),
    "claude-sonnet-5-5": (2, 0.1, 2.5, 10),
    "claude-haiku-4-5": (1, 0.1, 1.25, 5),
}
"""Dollars for a million tokens: input, cache read, cache write, output. The fleet reports what it would be billed."""


class Actor:
    """Someone with a name, a time of their own, and ids that are the same in every run."""

    def __init__(self, name: str, start_s: float, epoch_ns: int) -> None:
        self.name, self.at_s, self._epoch_ns = name, start_s, epoch_ns
        self._ids = 0

    def ns(self, at_s: float | None = None) -> int:
        """A moment of the story as nanoseconds since the epoch."""
        return self._epoch_ns + round((self.at_s if at_s is None else at_s) * 1e9)

    def id(self, size: int = 8) -> bytes:
        """A new id of some bytes."""
        self._ids += 1
        return hashlib.blake2b(f"{self.name} {self._ids}".encode(), digest_size=size).digest()

    def pause(self, seconds: float) -> None:
        """Let time pass without saying anything."""
        self.at_s += seconds


class Claude(Actor):
    """A Claude Code session with hooks and log events."""

    def __init__(self, cwd: str, start_s: float, epoch_ns: int, model: str = "claude-opus-5-5") -> None:
        super().__init__(f"{cwd} {start_s}", start_s, epoch_ns)
        head = self.id(16).hex()
        self.session_id = f"{head[:8]}-{head[8:12]}-4{head[13:16]}-a{head[17:20]}-{head[20:]}"
        self.cwd, self.model, self.prompt_id = cwd, model, ""

    def hook(self, event: str, **fields: Any) -> Request:
        """A hook at this moment."""
        base = {"session_id": self.session_id, "cwd": self.cwd, "hook_event_name": event, "prompt_id": self.prompt_id}
        return wire.hook(self.at_s, base | fields)

    def log(self, event: str, **fields: wire.Value) -> Request:
        """A log event at this moment."""
        base: dict[str, wire.Value] = {
            "session.id": self.session_id,
            "event.sequence": self._ids,
            "prompt.id": self.prompt_id,
        }
        return wire.log(
            self.at_s, self.ns(), event, base | {key.replace("__", "."): value for key, value in fields.items()}
        )

    def open(self) -> Iterator[Request]:
        """The client starts."""
        yield self.hook("SessionStart", source="startup", model=self.model)

    def prompt(self, text: str) -> Iterator[Request]:
        """The person asks."""
        self.prompt_id = self.id(8).hex()
        yield self.log("user_prompt", prompt_length=str(len(text)))
        yield self.hook("UserPromptSubmit", prompt=text)

    def think(self, seconds: float, tokens: Tokens, model: str = "", agent_id: str = "") -> Iterator[Request]:
        """The model answers."""
        self.at_s += seconds
        model = model or self.model
        prices = _PRICES[model]
        parts = (tokens.input, tokens.cache_read, tokens.cache_write, tokens.output)
        helper = {"agent_id": agent_id} if agent_id else {}
        yield self.log(
            "api_request",
            model=model,
            input_tokens=tokens.input,
            cache_read_tokens=tokens.cache_read,
            cache_creation_tokens=tokens.cache_write,
            cache_creation_5m_tokens=tokens.cache_write,
            cache_creation_1h_tokens=0,
            output_tokens=tokens.output,
            cost_usd=sum(count * price for count, price in zip(parts, prices, strict=True)) / 1e6,
            duration_ms=round(seconds * 1000),
            request_id=f"req_{self.id().hex()}",
            query_source=f"agent:builtin:{agent_id}" if agent_id else "repl_main_thread",
            **helper,
        )

    def tool(
        self, name: str, subject: str, seconds: float | None, *, ok: bool = True, agent_id: str = ""
    ) -> Iterator[Request]:
        """A tool runs; with `seconds` None it has not come back yet."""
        call = self._call(name, subject) | ({"agent_id": agent_id} if agent_id else {})
        yield self.hook("PreToolUse", **call)
        if seconds is not None:
            yield from self._result(call, seconds, ok=ok)

    def ask(self, name: str, subject: str, wait_s: float | None, seconds: float = 1.0) -> Iterator[Request]:
        """A tool needs permission; with `wait_s` None nobody has answered yet."""
        call = self._call(name, subject)
        yield self.hook("PreToolUse", **call)
        self.at_s += 0.2
        yield self.hook("PermissionRequest", **{key: value for key, value in call.items() if key != "tool_use_id"})
        if wait_s is not None:
            self.at_s += wait_s
            yield self.log(
                "tool_decision",
                decision="accept",
                source="user_temporary",
                tool_name=name,
                tool_use_id=call["tool_use_id"],
            )
            yield from self._result(call, seconds)

    def delegate(self, kind: str, model: str, steps: int) -> Iterator[Request]:
        """A subagent works for a while."""
        agent_id = f"a{self.id().hex()}"
        yield self.hook("SubagentStart", agent_id=agent_id, agent_type=kind)
        for step in range(steps):
            yield from self.think(4, Tokens(900, 8_000 + 400 * step, 600, output=240), model, agent_id)
            yield from self.tool("Grep", f"cart.total #{step + 1}", 0.6, agent_id=agent_id)
        yield self.hook("SubagentStop", agent_id=agent_id, agent_type=kind)

    def stop(self, words: str) -> Iterator[Request]:
        """The turn is done."""
        yield self.hook("Stop", last_assistant_message=words, background_tasks=[])

    def fail(self, status: int, error: str, kind: str) -> Iterator[Request]:
        """The turn fails after its last attempt."""
        yield self.log(
            "api_error", model=self.model, error=error, status_code=status, attempt=4, request_id=self.id().hex()
        )
        yield self.hook("StopFailure", error=kind, last_assistant_message=error)

    def close(self) -> Iterator[Request]:
        """The client ends."""
        yield self.hook("SessionEnd", reason="prompt_input_exit")

    def _call(self, name: str, subject: str) -> dict[str, Any]:
        field = {"Bash": "command", "Grep": "pattern", "WebFetch": "url"}.get(name, "file_path")
        if field == "file_path":
            subject = str(PurePath(self.cwd) / subject)
        return {"tool_name": name, "tool_input": {field: subject}, "tool_use_id": f"toolu_{self.id().hex()}"}

    def _result(self, call: dict[str, Any], seconds: float, *, ok: bool = True) -> Iterator[Request]:
        self.at_s += seconds
        told = {"tool_name": call["tool_name"], "tool_use_id": call["tool_use_id"]}
        yield self.log("tool_result", **told, success=str(ok).lower(), duration_ms=str(round(seconds * 1000)))
        yield self.hook("PostToolUse" if ok else "PostToolUseFailure", **call, **({} if ok else {"error": "exit 1"}))


class Conventional(Actor):
    """An agent of someone's own, instrumented after the GenAI conventions: spans, and nothing else."""

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
                service=self.service,
                scope=f"{self.service}.tracing",
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
