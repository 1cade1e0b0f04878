"""Codex's rollouts: a line for each thing that happened, `sessions/YYYY/MM/DD/rollout-TIME-THREAD.jsonl`.

A thread that another one started has a file of its own and names the session: it is a subagent. Hidden threads (the
titles of sessions) have no file. Builds before `token_usage_record` tell usage only as running totals, some twice.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from aimon_core import paths
from aimon_core.events import (
    CompactionEnded,
    CompactionStarted,
    Event,
    Gauged,
    LlmCalled,
    PromptSubmitted,
    Spoke,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from aimon_core.session import RateLimit, Tokens
from receiver import drift
from receiver.subjects import EXIT_CODE, LOOKED_AT, hook_name
from receiver.transcripts.base import Base, Facts, base_of, subject_of, words
from receiver.transcripts.codex.lines import Action, Allowances, Info, Item, Line, Payload, Usage, Window, parent_of

AGENT = "codex"

_ID = 36
"""Characters of a thread's id."""
COPIED_NS = 500_000_000
"""For so long after another thread's name a fork's lines are that thread's: they bear the moment of their copying."""

_CALLS = {"function_call", "custom_tool_call", "local_shell_call"}
_OUTPUTS = {"function_call_output", "custom_tool_call_output"}

_SILENT = frozenset({"compacted", "ghost_snapshot", "inter_agent_communication_metadata", "world_state"})
"""Types of lines that are of no use here."""


_REFUSALS = tuple(
    f'"{words}'
    for words in (
        "unsupported call: ", "apply_patch verification failed: ", "approval policy is ", "failed to parse function ",
        "exec_command failed", "write_stdin failed",
    )
)  # fmt: skip
"""How the output of a call begins that never ran: no other line tells that it failed."""

_DECODER = msgspec.json.Decoder(Line)
_ACTION, _ALLOWANCES = msgspec.json.Decoder(Action), msgspec.json.Decoder(Allowances)
_WINDOWS = {300: "five_hour", 10_080: "seven_day"}
"""By their minutes, what Claude Code calls windows of the same length."""


class Rollout:
    """Reads one file."""

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._thread_id: str | None = None
        self._agent_id: str | None = None
        self._copied_ns = 0
        """When the history of the thread was copied from which this one was forked."""
        self._facts = Facts()
        self._model = ""
        self._version: str | None = None
        self._turn_id: str | None = None
        self._tools: dict[str, str] = {}
        self._failed: set[str] = set()
        self._records = False
        """Whether this build tells usage call by call."""
        self._total = -1
        self._searches = 0
        """Of the call whose usage is not told yet."""
        self._asked = True
        """Whether somebody asked for the turn: to write a summary of the conversation is one, too."""
        self._began_ns = 0
        self._window: int | None = None
        self._filled: int | None = None
        """What of the context's window is used since the last call, by the client's word."""
        self._limits: tuple[RateLimit, ...] = ()
        """How much of the account's allowances is used up."""
        self._gauged: object = (None, None, ())

    def read(self, line: bytes) -> list[Event]:
        """The events of one line."""
        told = _DECODER.decode(line)
        payload = told.payload
        if told.metadata is not None and told.metadata.inherited_user_message:
            return []  # of the thread that this one began from
        base = base_of(AGENT, self._session_id, told.timestamp, payload.type or told.type, self._agent_id)
        match told.type:
            case "session_meta":
                self._opened(payload, base["at_ns"])
                return []
            case "turn_context":
                self._model = payload.model or self._model
                self._facts.learn(model=self._model, **_rules(payload))
                return []
            case "token_usage_record":
                self._records = True
                events = list(self._called(payload.usage, payload.response_id, base)) if payload.usage else []
            case "response_item":
                events = list(self._item(payload, base))
            case "event_msg":
                events = list(self._happened(payload, base))
            case kind:
                return [] if kind in _SILENT else [drift.of_line(line, base | {"signal": kind}, self._version)]
        if self._agent_id is None and base["at_ns"] - self._copied_ns < COPIED_NS:
            return []
        return [*events, *self._facts.news(base), *self._gauge(base)] if events else []

    def _opened(self, payload: Payload, at_ns: int) -> None:
        if self._thread_id not in {None, payload.id}:
            self._copied_ns = at_ns
            return
        self._thread_id = payload.id
        self._version = payload.cli_version if isinstance(payload.cli_version, str) else None
        session_id = payload.session_id or parent_of(payload.source) or payload.id
        if payload.id and session_id != payload.id:
            self._agent_id = payload.id
        self._session_id = session_id or self._session_id
        if self._agent_id is None:
            self._facts.learn(cwd=payload.cwd, branch=payload.git.branch if payload.git else None)

    def _happened(self, payload: Payload, base: Base) -> Iterator[Event]:
        match payload.type:
            case "task_started":
                self._turn_id, self._window = payload.turn_id, payload.model_context_window or self._window
                self._asked, self._began_ns = payload.turn_attribution is not None, base["at_ns"]
                if self._agent_id is not None:
                    yield SubagentStarted(**base)
            case "user_message" if self._agent_id is None and isinstance(payload.message, str):  # before items
                yield self._prompt(payload.message, base)
            case "item_completed" if payload.item is not None:
                yield from self._completed(payload.item, base)
            case "token_count":
                self._limits = _limits(payload.rate_limits, base["at_ns"]) or self._limits
                if payload.info is not None:
                    yield from self._counted(payload.info, base)
            case "task_complete":
                yield self._ended(payload, base)
            case "turn_aborted" if self._agent_id is None:
                yield TurnEnded(**base, reason="interrupted", complete=False, prompt_id=self._turn_id)

    def _completed(self, item: Item, base: Base) -> Iterator[Event]:
        text = next((part.text for part in item.content or () if part.text), "")
        if item.type == "UserMessage" and self._agent_id is None:
            yield self._prompt(text, base)
        elif item.type == "AgentMessage" and self._agent_id is None and text:
            yield Spoke(**base, text=words(text))
        elif item.id and (item.status == "failed" or item.exit_code):
            self._failed.add(item.id)

    def _prompt(self, text: str, base: Base) -> Event:
        self._asked = True
        unit = self._turn_id or str(base["at_ns"])
        return PromptSubmitted(**base, prompt_id=self._turn_id, unit=unit, text=words(text))

    def _item(self, payload: Payload, base: Base) -> Iterator[Event]:
        call_id = payload.call_id
        if payload.type in _CALLS and call_id:
            name = self._tools[call_id] = hook_name(payload.name or "shell")
            given = payload.arguments or payload.action
            yield ToolStarted(**base, call_id=call_id, unit=call_id, name=name, subject=subject_of(name, given))
        elif payload.type in _OUTPUTS and call_id:
            name, ok = self._tools.pop(call_id, ""), call_id not in self._failed and not _failed(payload.output)
            self._failed.discard(call_id)
            yield ToolFinished(**base, call_id=call_id, unit=call_id, name=name, ok=ok)
        elif payload.type == "web_search_call" and payload.action:
            self._searches += _ACTION.decode(payload.action).type == "search"

    def _counted(self, info: Info, base: Base) -> Iterator[Event]:
        total = info.total_token_usage.total_tokens if info.total_token_usage else 0
        last = info.last_token_usage
        self._window = info.model_context_window or self._window
        if last is not None and not last.input_tokens + last.output_tokens:  # no call: a new estimate, or all is full
            self._filled = last.total_tokens
        elif last is not None and total != self._total and not self._records:
            self._total = total
            yield from self._called(last, None, base)

    def _gauge(self, base: Base) -> Iterator[Event]:
        """How full the context and the allowances are, where it is another word than the last."""
        if self._agent_id is None and self._gauged != (gauged := (self._filled, self._window, self._limits)):
            self._gauged = gauged
            yield Gauged(**base, context_used=self._filled, context_limit=self._window, limits=self._limits)

    def _called(self, usage: Usage, response_id: str | None, base: Base) -> Iterator[Event]:
        own = self._agent_id is None
        if own and not self._asked:
            yield CompactionStarted(**base | {"at_ns": self._began_ns}, prompt_id=self._turn_id)
        searches, self._searches, self._filled = self._searches, 0, None
        yield LlmCalled(
            **base,
            call_id=response_id,
            unit=response_id or f"{self._agent_id or ''}{self._total}",
            model=self._model,
            tokens=_tokens(usage),
            searches=searches,
            prompt_id=self._turn_id if own and self._asked else None,
            asks_tool=bool(self._tools),
        )

    def _ended(self, payload: Payload, base: Base) -> Event:
        if self._agent_id is not None:
            return SubagentEnded(**base, ok=payload.error is None)
        if payload.error is not None:
            kind, text = payload.error.kind, words(payload.error.message or "")
            return TurnEnded(**base, reason="failed", error_type=kind, text=text, prompt_id=self._turn_id)
        if not self._asked:
            return CompactionEnded(**base)
        text = words(payload.last_agent_message or "")
        return TurnEnded(**base, reason="transcript", complete=True, text=text, prompt_id=self._turn_id)


def _failed(output: msgspec.Raw) -> bool:
    """Whether the output of a call says that it ended badly, or never ran."""
    head = bytes(memoryview(output)[:LOOKED_AT]).replace(b"\\n", b"\n").decode(errors="replace")
    found = EXIT_CODE.search(head)
    return head.startswith(_REFUSALS) or (found is not None and found[1] != "0")


def _rules(payload: Payload) -> dict[str, str | None]:
    """When it asks and what commands may touch; a policy of several rules has no name."""
    asks, sandbox = payload.approval_policy, payload.sandbox_policy
    held = sandbox.get("type") or sandbox.get("mode") if isinstance(sandbox, dict) else sandbox
    return {
        "approval_policy": asks if isinstance(asks, str) else None,
        "sandbox": held if isinstance(held, str) else None,
    }


def _tokens(usage: Usage) -> Tokens:
    read, written = usage.cached_input_tokens, usage.cache_write_input_tokens
    own = max(0, usage.input_tokens - read - written)
    return Tokens(own, read, 0, 0, written, usage.output_tokens, usage.reasoning_output_tokens)


class Codex:
    """Codex's rollouts."""

    agent = AGENT

    def roots(self) -> tuple[Path, ...]:
        """Its sessions by day."""
        return (paths.codex_dir() / "sessions",)

    def matches(self, path: Path) -> bool:
        """Rollouts that are not compressed: a living one never is."""
        return path.name.startswith("rollout-") and path.suffix == ".jsonl"

    def reader(self, path: Path) -> Rollout:
        """A reader for one file."""
        return Rollout(self.session_of(path))

    def beside(self, _path: Path) -> tuple[Path, ...]:
        """None."""
        return ()

    def session_of(self, path: Path) -> str:
        """The name ends with it."""
        return path.stem[-_ID:]


def _limits(told: msgspec.Raw, at_ns: int) -> tuple[RateLimit, ...]:
    """The allowances of a line; none where it tells them otherwise than this build knows."""
    try:
        allowances = _ALLOWANCES.decode(told)
    except msgspec.MsgspecError:
        return ()
    named = (("primary", allowances.primary), ("secondary", allowances.secondary))
    return tuple(
        RateLimit(_WINDOWS.get(one.window_minutes or 0, name), one.used_percent, _begins_ns(one, at_ns))
        for name, one in named
        if one is not None
    )


def _begins_ns(window: Window, at_ns: int) -> int | None:
    """When it begins anew."""
    if window.resets_at is not None:
        return window.resets_at * 10**9
    return None if window.resets_in_seconds is None else at_ns + window.resets_in_seconds * 10**9
