"""A transcript of Claude Code line by line, for what no capture happens to hold."""

import json
from pathlib import Path
from typing import Any

from tests.fakes.captures import ROOT

TRANSCRIPTS = ROOT / "claude-transcripts"
USAGE = {"input_tokens": 40, "cache_creation_input_tokens": 16, "cache_read_input_tokens": 64, "output_tokens": 18}
MODEL = "claude-sonnet-4-5-20250929"


class Transcript:
    """Lines in the order in which they are said, a second apart."""

    def __init__(self, session_id: str = "s1") -> None:
        self.lines: list[dict[str, Any]] = []
        self._session_id = session_id
        self._calls = 0

    def prompt(self, text: str = "do it") -> "Transcript":
        return self._line("user", message={"role": "user", "content": text})

    def call(self, tool: str, result: object = "ok", *, failed: bool = False, told: object = None, **given: Any):
        """An answer that calls a tool, and the tool's result; `told` is what the client says of it beside."""
        self._calls += 1
        call_id = f"toolu_{self._session_id}_{self._calls}"
        block = {"type": "tool_use", "id": call_id, "name": tool, "input": given}
        self._answer([block], "tool_use")
        answered = {"type": "tool_result", "tool_use_id": call_id, "content": result, "is_error": failed}
        return self._line("user", message={"role": "user", "content": [answered]}, toolUseResult=told)

    def answer(self, text: str = "Done.", **usage: int) -> "Transcript":
        return self._answer([{"type": "text", "text": text}], "end_turn", **usage)

    def write(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{json.dumps(line)}\n" for line in self.lines))
        return path

    def _answer(self, content: list[dict[str, Any]], why: str, **usage: int) -> "Transcript":
        message = {
            "id": f"msg_{self._session_id}_{len(self.lines)}", "role": "assistant", "model": MODEL, "content": content,
            "stop_reason": why, "usage": USAGE | usage,
        }  # fmt: skip
        return self._line("assistant", message=message)

    def _line(self, kind: str, **told: Any) -> "Transcript":
        number = len(self.lines)
        self.lines.append(
            {
                "type": kind,
                "uuid": f"{self._session_id}-{number}",
                "sessionId": self._session_id,
                "timestamp": f"2026-11-21T02:{number // 60 % 60:02}:{number % 60:02}.000Z",
                "cwd": "/home/dev/shop",
                **told,
            }
        )
        return self
