"""A small Claude Code: it talks to a model, runs its tools, and tells of it as its settings say. Nothing is installed.

The settings are those that `aimon setup` wrote: its hooks are run as commands, its telemetry is sent as OTLP, in the
shapes and the order of the captures. What it tells of a call is what it was answered, and it knows no more than that.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from aiohttp import ClientSession

from aimon_tui.demo import wire
from aimon_tui.demo.actors.claude_code import SOURCE

TOOLS = ("Agent", "Bash", "Write")
ATTEMPTS = 3
"""Of one call, before the turn fails."""
KINDS = {429: "rate_limit", 500: "server_error", 529: "overloaded"}
"""What hooks call a failure."""


class Failed(Exception):
    """No attempt was answered."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Client:
    """One session; use it as `async with`."""

    def __init__(self, home: Path, project: Path, api: str, environment: Mapping[str, str]) -> None:
        settings = json.loads((home / ".claude" / "settings.json").read_text())
        self._project, self._api, self._environment = project, api, environment
        self._hooks, self._endpoint = settings["hooks"], settings["env"]["OTEL_EXPORTER_OTLP_ENDPOINT"]
        self.session_id = str(uuid.uuid4())
        self._prompt_id, self._sequence = "", 0
        self._answer: asyncio.Future[bool] | None = None
        self._turn: asyncio.Task[None] | None = None
        self._messages: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        self._http = ClientSession()
        await self._hook("SessionStart", source="startup")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._answer:
            self._answer.cancel()  # nobody answers any more
        if self._turn:
            await asyncio.wait({self._turn})
        await self._hook("SessionEnd", reason="prompt_input_exit")
        await self._http.close()

    @property
    def key(self) -> str:
        """What aimon calls the session."""
        return f"claude-code:{self.session_id}"

    async def say(self, prompt: str) -> None:
        """Begin a turn, which goes on by itself."""
        self._turn = asyncio.create_task(self._take_turn(prompt))

    async def approve(self) -> None:
        """Allow the tool that waits."""
        assert self._answer is not None
        self._answer.set_result(True)

    async def _take_turn(self, prompt: str) -> None:
        self._prompt_id = str(uuid.uuid4())
        await self._log("user_prompt", prompt_length=str(len(prompt)))
        await self._hook("UserPromptSubmit", prompt=prompt)
        try:
            words = await self._conversation(self._messages, prompt)
        except Failed as failure:
            await self._hook("StopFailure", error=KINDS[failure.status], last_assistant_message=f"{failure}")
        else:
            await self._hook("Stop", last_assistant_message=words, background_tasks=[])

    async def _conversation(self, messages: list[dict[str, Any]], prompt: str, **agent: str) -> str:
        """Ask and do what is asked for until the model is done; its last words."""
        messages.append({"role": "user", "content": prompt})
        while True:
            message = await self._call(messages, **agent)
            messages.append({"role": "assistant", "content": message["content"]})
            uses = [block for block in message["content"] if block["type"] == "tool_use"]
            if not uses:
                return " ".join(block["text"] for block in message["content"] if block["type"] == "text")
            results = await asyncio.gather(*(self._use(use, message["request_id"], **agent) for use in uses))
            messages.append({"role": "user", "content": list(results)})

    async def _call(self, messages: list[dict[str, Any]], **agent: str) -> dict[str, Any]:
        body = {"model": "claude-opus-5-5", "stream": True, "messages": messages, "tools": [{"name": n} for n in TOOLS]}
        headers = {"x-claude-code-session-id": self.session_id}
        headers |= {"x-claude-code-agent-id": agent["agent_id"]} if agent else {}
        began = time.monotonic()
        for _ in range(ATTEMPTS):
            async with self._http.post(f"{self._api}/v1/messages", json=body, headers=headers) as answer:
                request_id, status = answer.headers["request-id"], answer.status
                told = _message((await answer.read()).decode()) if status == 200 else await answer.json()
            spent: dict[str, Any] = {
                "model": body["model"], "duration_ms": round((time.monotonic() - began) * 1000),
                "request_id": request_id, "query_source": "agent:builtin:helper" if agent else "repl_main_thread",
            } | agent  # fmt: skip
            if status == 200:
                await self._log("api_request", **spent, **_usage(told["usage"]))
                return told | {"request_id": request_id}
        words = f"{status} {told['error']['message']}"
        await self._log("api_error", **spent, error=words, status_code=status, attempt=ATTEMPTS)
        raise Failed(status, words)

    async def _use(self, use: dict[str, Any], request_id: str, **agent: str) -> dict[str, Any]:
        """Run a tool; the result as the model is told it."""
        call = {"tool_name": use["name"], "tool_input": use["input"], "tool_use_id": use["id"]} | agent
        told = {"tool_name": use["name"], "tool_use_id": use["id"], "request_id": request_id}
        await self._hook("PreToolUse", **call)
        if use["name"] == "Write":
            self._answer = asyncio.get_running_loop().create_future()
            await self._hook("PermissionRequest", **{name: call[name] for name in ("tool_name", "tool_input")})
            await self._answer
            await self._log("tool_decision", decision="accept", source="user_temporary", **told)
        began = time.monotonic()
        result = await self._done(use["name"], use["input"])
        took = {"duration_ms": round((time.monotonic() - began) * 1000)}
        await self._log("tool_result", **told, **agent, success="true", duration_ms=str(took["duration_ms"]))
        await self._hook("PostToolUse", **call, **took, tool_response=result)
        return {"type": "tool_result", "tool_use_id": use["id"], "content": result}

    async def _done(self, name: str, given: dict[str, Any]) -> str:
        match name:
            case "Write":
                (self._project / given["file_path"]).write_text(given["content"])
                return "written"
            case "Agent":
                helper = {"agent_id": f"a{uuid.uuid4().hex[:16]}"}
                await self._hook("SubagentStart", **helper, agent_type=given["subagent_type"])
                words = await self._conversation([], given["prompt"], **helper)
                await self._hook("SubagentStop", **helper, agent_type=given["subagent_type"])
                return words
        pipe = asyncio.subprocess.PIPE
        shell = await asyncio.create_subprocess_shell(given["command"], stdout=pipe, cwd=self._project)
        return (await shell.communicate())[0].decode()

    async def _hook(self, event: str, **fields: Any) -> None:
        """Run what the settings want to be run, one after the other."""
        base = {"session_id": self.session_id, "cwd": f"{self._project}", "hook_event_name": event}
        payload = json.dumps(base | {"prompt_id": self._prompt_id} | fields).encode()
        for matched in self._hooks.get(event, ()):
            for hook in matched["hooks"]:
                process = await asyncio.create_subprocess_shell(
                    hook["command"], stdin=asyncio.subprocess.PIPE, env=dict(self._environment)
                )
                await process.communicate(payload)

    async def _log(self, event: str, **fields: wire.Value) -> None:
        self._sequence += 1
        base: dict[str, wire.Value] = {
            "session.id": self.session_id, "event.sequence": self._sequence, "prompt.id": self._prompt_id,
        }  # fmt: skip
        one = wire.log(0, time.time_ns(), SOURCE, f"claude_code.{event}", base | fields)
        kind = {"Content-Type": one.content_type}
        async with self._http.post(self._endpoint + one.path, data=one.body, headers=kind) as answer:
            assert answer.status == 200, await answer.text()


def _usage(usage: Mapping[str, Any]) -> dict[str, int]:
    """Tokens as telemetry calls them."""
    names = {
        "input_tokens": usage["input_tokens"],
        "output_tokens": usage["output_tokens"],
        "cache_read_tokens": usage["cache_read_input_tokens"],
        "cache_creation_tokens": usage["cache_creation_input_tokens"],
    }
    lives = {
        f"cache_creation_{ttl}_tokens": usage["cache_creation"][f"ephemeral_{ttl}_input_tokens"] for ttl in ("5m", "1h")
    }
    return names | lives


def _message(stream: str) -> dict[str, Any]:
    """The message that a stream of events builds up."""
    message: dict[str, Any] = {}
    for line in stream.splitlines():
        if not line.startswith("data: "):
            continue
        match json.loads(line.removeprefix("data: ")):
            case {"type": "message_start", "message": begun}:
                message = begun
            case {"type": "content_block_start", "content_block": block}:
                message["content"].append(block | {"json": ""})
            case {"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}}:
                message["content"][-1]["text"] += text
            case {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": piece}}:
                message["content"][-1]["json"] += piece
            case {"type": "content_block_stop"}:
                if piece := message["content"][-1].pop("json"):
                    message["content"][-1]["input"] = json.loads(piece)
            case {"type": "message_delta", "delta": delta, "usage": usage}:
                message |= {"stop_reason": delta["stop_reason"], "usage": message["usage"] | usage}
    return message
