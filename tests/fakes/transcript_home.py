"""A home in which agents keep their transcripts: captures and lines of our own, where the agents would have them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.transcripts import BY_AGENT


def moved_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds everything of all agents, and what is computed of it."""
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(home / "claude-code"))
    monkeypatch.setenv("CODEX_HOME", str(home / "codex"))
    monkeypatch.setenv("COPILOT_HOME", str(home / "copilot"))
    monkeypatch.setenv("GEMINI_CLI_HOME", str(home / "gemini-cli"))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    return home


def place(agent: str, path: Path) -> Path:
    """Where an agent would have a file of a capture."""
    below = path.relative_to(next(parent for parent in path.parents if parent.name == "transcripts"))
    if agent == "gemini-cli":
        below = "chats" / below
    target = BY_AGENT[agent].roots()[0] / "project" / below
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def session(home: Path, name: str = "s1") -> Path:
    """Where Claude Code would have a session of a project."""
    path = home / "claude-code" / "projects" / "-home-dev-shop-api" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def lines(*told: dict[str, Any]) -> bytes:
    """Some lines of a file."""
    return b"".join(json.dumps(one).encode() + b"\n" for one in told)
