"""Claude Code in a pane, with somebody who types and looks; its onboarding is answered before it starts."""

import json
from pathlib import Path
from typing import Any

from tests.fakes.tmux import Pane
from tests.real.stage import Stage, until

KEY = "dummy-key"


class ClaudeCode:
    """A running one."""

    def __init__(self, stage: Stage, pane: Pane) -> None:
        self.stage, self.pane, self.pid = stage, pane, pane.pid
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
        return next((row for row in await self.stage.sessions() if row["key"] == self.key), {})

    async def reaches(self, state: str, wait_s: float = 15.0) -> dict[str, Any]:
        """Its row, once it has a state."""
        row: dict[str, Any] = {}

        async def there() -> bool:
            nonlocal row
            row = await self.row()
            return row.get("state") == state

        try:
            await until(there, wait_s=wait_s)
        except AssertionError as error:
            told = {name: row.get(name) for name in ("state", "waiting_for", "waiting_on", "evidence")}
            raise AssertionError(f"never {state}: {told}\n{self.see()}") from error
        return row

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
        self.press("Enter", f"prompt {text}")

    def press(self, key: str, words: str = "") -> None:
        """Press a key."""
        self.stage.mark(words or key)
        self.stage.tmux("send-keys", "-t", self.pane.id, key)


async def started(stage: Stage, program: Path, name: str = "claude", *arguments: str) -> ClaudeCode:
    """Claude Code at its first prompt, connected to the scripted model."""
    (stage.home / ".claude.json").write_text(json.dumps(_known(stage)))
    pane = stage.open(
        name, " ".join([str(program), *arguments]),
        ANTHROPIC_BASE_URL=stage.api.url, ANTHROPIC_API_KEY=KEY,
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
