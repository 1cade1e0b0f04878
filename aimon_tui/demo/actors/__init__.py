"""How a scripted session acts: each step moves its own time on and gives the requests a real client would send then.

An agent of the fleet speaks as its client does, hooks and telemetry alike; what all of them do is told here once.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any, ClassVar

from aimon_core.session import Tokens
from aimon_tui.demo import wire
from aimon_tui.demo.wire import Request

NOTHING: Iterator[Request] = iter(())


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

    def uuid(self) -> str:
        """A new id as clients write it."""
        head = self.id(16).hex()
        return f"{head[:8]}-{head[8:12]}-4{head[13:16]}-a{head[17:20]}-{head[20:]}"

    def pause(self, seconds: float) -> None:
        """Let time pass without saying anything."""
        self.at_s += seconds


class Coder(Actor):
    """A coding agent: hooks say what it does, telemetry what it used."""

    agent: ClassVar[str]
    EVENTS: ClassVar[Mapping[str, str]]
    """What its hooks call each step; a step that is not there fires none."""
    TOOLS: ClassVar[Mapping[str, str]] = {}
    """What it calls the tools of the story: `Bash`, `Read`, `Edit`."""
    CALL_ID: ClassVar[str] = ""
    """What its log events call the id of a tool call; empty where telemetry tells of no tools in this way."""
    PATH: ClassVar[str] = "file_path"
    """What its tools call the path of a file."""

    def __init__(self, cwd: str, start_s: float, epoch_ns: int, model: str) -> None:
        super().__init__(f"{cwd} {start_s}", start_s, epoch_ns)
        self.session_id = self.uuid()
        self.cwd, self.model, self.prompt_id = cwd, model, ""

    # -------------------------------------------------------------------------------------- what a client says

    def hook(self, step: str, **fields: Any) -> Iterator[Request]:
        """The hook of a step at this moment, if there is one."""
        if event := self.EVENTS.get(step):
            yield wire.hook(self.at_s, self.agent, self.payload(event, fields))

    def payload(self, event: str, fields: dict[str, Any]) -> dict[str, Any]:
        """What a hook is given."""
        return {"session_id": self.session_id, "cwd": self.cwd, "hook_event_name": event} | fields

    def asked(self, _text: str) -> Iterator[Request]:
        """What telemetry says of a prompt."""
        return NOTHING

    def called(self, _seconds: float, _tokens: Tokens) -> Iterator[Request]:
        """What telemetry says of a model call that is over."""
        return NOTHING

    def allowed(self, _call: dict[str, Any]) -> Iterator[Request]:
        """What is said once a person has allowed a tool."""
        return NOTHING

    def ran(self, call: dict[str, Any], seconds: float, *, ok: bool) -> Iterator[Request]:
        """What telemetry says of a tool that is done."""
        if not self.CALL_ID:
            return NOTHING
        return self.log(
            "tool_result", **self.named(call), success=str(ok).lower(), duration_ms=str(round(seconds * 1000))
        )

    def named(self, call: dict[str, Any]) -> dict[str, wire.Value]:
        """A tool call as log events name it."""
        return {"tool_name": call["tool_name"], self.CALL_ID: call["tool_use_id"]}

    def log(self, event: str, **fields: wire.Value) -> Iterator[Request]:  # noqa: ARG002 - those who have such
        """A log event at this moment, of who has such."""
        return NOTHING

    # -------------------------------------------------------------------------------------- what happens

    def open(self) -> Iterator[Request]:
        """The client starts."""
        yield from self.hook("open", source="startup")

    def prompt(self, text: str) -> Iterator[Request]:
        """The person asks."""
        self.prompt_id = self.id(8).hex()
        yield from self.asked(text)
        yield from self.hook("prompt", prompt=text)

    def think(self, seconds: float, tokens: Tokens) -> Iterator[Request]:
        """The model answers."""
        self.at_s += seconds
        yield from self.called(seconds, tokens)

    def tool(self, name: str, subject: str, seconds: float, *, ok: bool = True) -> Iterator[Request]:
        """A tool runs."""
        call = self.call(name, subject)
        yield from self.hook("before", **call)
        yield from self.result(call, seconds, ok=ok)

    def ask(self, name: str, subject: str, wait_s: float, seconds: float = 1.0) -> Iterator[Request]:
        """A tool needs permission, and gets it."""
        call = self.call(name, subject)
        yield from self.hook("before", **call)
        self.at_s += 0.2
        yield from self.hook("ask", **self.question(call))
        self.at_s += wait_s
        yield from self.allowed(call)
        yield from self.result(call, seconds)

    def stop(self, words: str) -> Iterator[Request]:
        """The turn is done."""
        yield from self.hook("stop", last_assistant_message=words)

    def close(self) -> Iterator[Request]:
        """The client ends."""
        yield from self.hook("close", reason="prompt_input_exit")

    # -------------------------------------------------------------------------------------- tools

    def call(self, name: str, subject: str) -> dict[str, Any]:
        """A tool call as a hook is told of it."""
        field = {"Bash": "command", "Grep": "pattern", "WebFetch": "url"}.get(name, self.PATH)
        if field == self.PATH:
            subject = str(PurePath(self.cwd) / subject)
        return {"tool_name": self.TOOLS.get(name, name), "tool_input": {field: subject}, "tool_use_id": self.id().hex()}

    def question(self, call: dict[str, Any]) -> dict[str, Any]:
        """What a person is asked about a call."""
        return {key: value for key, value in call.items() if key != "tool_use_id"}

    def result(self, call: dict[str, Any], seconds: float, *, ok: bool = True) -> Iterator[Request]:
        """A tool call comes back."""
        self.at_s += seconds
        yield from self.ran(call, seconds, ok=ok)
        if ok or "failed" not in self.EVENTS:
            yield from self.hook("after", **call)
        else:
            yield from self.hook("failed", **call, error="exit 1")
