"""Claude Code in a pane, with somebody who types and looks; its onboarding is answered before it starts."""

import asyncio
import json
from pathlib import Path
from typing import Any

import psutil

from tests.fakes.scene import until
from tests.fakes.tmux import Pane
from tests.real.stage import Stage, lives

KEY = "dummy-key"


class ClaudeCode:
    """A running one."""

    def __init__(self, stage: Stage, pane: Pane) -> None:
        self.stage, self.pane, self.process = stage, pane, psutil.Process(pane.pid)
        self.file = stage.home / ".claude" / "sessions" / f"{pane.pid}.json"

    @property
    def note(self) -> dict[str, Any]:
        """What its own session file says; nothing where there is none, or it is being written."""
        try:
            return json.loads(self.file.read_text())
        except (OSError, ValueError):
            return {}

    @property
    def key(self) -> str:
        """What aimon calls the session that it is in now."""
        return f"claude-code:{self.note['sessionId']}"

    async def row(self) -> dict[str, Any]:
        """The session that it is in now, as aimon tells it."""
        return await self.stage.session(self.key)

    async def reaches(self, state: str) -> dict[str, Any]:
        """The session that it is in now, once it has a state."""
        return await self.stage.reaches(self.key, state)

    def see(self) -> str:
        """Its screen as text."""
        return self.stage.tmux("capture-pane", "-p", "-t", self.pane.id)

    async def sees(self, text: str, wait_s: float = 30.0) -> None:
        """Its screen, once it shows some text."""
        try:
            await until(lambda: text in self.see(), wait_s=wait_s)
        except AssertionError as error:
            raise AssertionError(f"never saw {text!r}:\n{self.see()}") from error

    async def say(self, text: str) -> None:
        """Type a prompt and send it."""
        self.stage.tmux("send-keys", "-t", self.pane.id, "-l", text)
        await self.sees(text)
        await asyncio.sleep(0.3)  # an Enter on the heels of the last letter may be taken for a part of what is pasted
        self.press("Enter", f"prompt {text}")

    def press(self, key: str, words: str = "") -> None:
        """Press a key."""
        self.stage.mark(words or key)
        self.stage.tmux("send-keys", "-t", self.pane.id, key)

    async def approve(self) -> None:
        """Say yes to the dialog that is open; too quick an answer is not taken for one."""
        await self.sees("Esc to cancel")
        await asyncio.sleep(1)
        self.press("Enter", "approve (Enter)")

    async def leave(self) -> None:
        """End it as a person does, if it still runs: it sends what it has not sent yet."""
        if lives(self.process):
            await self.say("/exit")
            await until(lambda: not lives(self.process), f"the end of {self.process}")


async def started(stage: Stage, program: Path, *arguments: str) -> ClaudeCode:
    """Claude Code at its first prompt, connected to the scripted model."""
    (stage.home / ".claude.json").write_text(json.dumps(_known(stage)))
    pane = stage.open(
        " ".join([str(program), *arguments]),
        ANTHROPIC_BASE_URL=stage.api.url, ANTHROPIC_API_KEY=KEY,
        CLAUDE_CODE_MAX_RETRIES="2",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1", DISABLE_AUTOUPDATER="1", DISABLE_ERROR_REPORTING="1",
    )  # fmt: skip
    client = ClaudeCode(stage, pane)
    await until(lambda: client.note.get("status") == "idle", "Claude Code idle:\n" + client.see())
    return client


def _known(stage: Stage) -> dict[str, Any]:
    """What it asks at its first start, answered."""
    return {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "customApiKeyResponses": {"approved": [KEY], "rejected": []},
        "projects": {str(stage.project): {"hasTrustDialogAccepted": True}},
    }
