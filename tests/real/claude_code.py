"""Claude Code in a terminal, at the scripted model; what it asks at its first start is answered before."""

import json
from pathlib import Path
from typing import Any

from tests.fakes.scene import until
from tests.real.stage import Stage
from tests.real.terminal import Terminal

KEY = "dummy-key"
DIALOG = "Esc to cancel"
"""What each of its dialogs says."""


class ClaudeCode:
    """A running one."""

    def __init__(self, stage: Stage, terminal: Terminal) -> None:
        self.stage, self.terminal = stage, terminal
        self.file = stage.home / ".claude" / "sessions" / f"{terminal.pane.pid}.json"

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

    async def reaches(self, state: str) -> dict[str, Any]:
        """The session that it is in now, once it has a state."""
        return await self.stage.reaches(self.key, state)

    async def say(self, prompt: str) -> None:
        """Begin a turn."""
        await self.terminal.say(prompt)

    async def approve(self) -> None:
        """Say yes to the dialog that is open."""
        await self.terminal.answer(DIALOG, "Enter", "approve")

    async def deny(self) -> None:
        """Say no to it."""
        await self.terminal.answer(DIALOG, "Escape", "deny")

    async def leave(self) -> None:
        """End it as a person does, if it still runs: it sends what it has not sent yet."""
        if self.terminal.lives:
            await self.say("/exit")
            await until(lambda: not self.terminal.lives, f"the end of {self.terminal.process}")


async def started(stage: Stage, program: Path) -> ClaudeCode:
    """Claude Code at its first prompt; it asks before it does anything."""
    (stage.home / ".claude.json").write_text(json.dumps(_known(stage)))
    terminal = stage.open(
        f"{program} --permission-mode default",
        ANTHROPIC_BASE_URL=stage.api.url, ANTHROPIC_API_KEY=KEY, CLAUDE_CODE_MAX_RETRIES="2",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1", DISABLE_AUTOUPDATER="1", DISABLE_ERROR_REPORTING="1",
    )  # fmt: skip
    client = ClaudeCode(stage, terminal)
    try:
        await until(lambda: client.note.get("status") == "idle")
    except AssertionError as error:
        raise AssertionError(f"never began:\n{terminal.see()}") from error
    return client


def _known(stage: Stage) -> dict[str, Any]:
    return {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "customApiKeyResponses": {"approved": [KEY], "rejected": []},
        "projects": {str(stage.project): {"hasTrustDialogAccepted": True}},
    }
