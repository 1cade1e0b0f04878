"""Transcripts counted: whose, since when, and nobody's that cannot be read."""

import os

import pytest

from receiver import lately

DAY_S = 86_400
NOW_S = 1_795_226_400


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A home without agents."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "GEMINI_CLI_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)

    def write(name: str, days_ago: float) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff not a transcript at all")
        os.utime(path, (NOW_S - days_ago * DAY_S,) * 2)

    return write


def counted(days: float) -> dict[str, int]:
    return lately.transcripts(round((NOW_S - days * DAY_S) * 1e9))


def test_an_agent_that_wrote_nothing_has_none_and_one_that_nobody_reads_is_not_told(mine):
    assert counted(14) == {"claude-code": 0, "codex": 0, "copilot": 0, "gemini-cli": 0, "qwen-code": 0}


def test_those_written_to_since_are_counted_whatever_is_in_them(mine):
    mine(".claude/projects/-home-dev-shop/one.jsonl", 1)
    mine(".claude/projects/-home-dev-shop/two.jsonl", 13.9)
    mine(".claude/projects/-home-dev-shop/three.jsonl", 14.1)
    mine(".config/claude/projects/-home-dev-web/four.jsonl", 2)
    mine(".codex/sessions/2026/11/20/rollout-five.jsonl", 1)
    mine(".codex/sessions/2026/11/20/notes.jsonl", 1)
    mine(".gemini/tmp/abc/chats/six.jsonl", 0)
    mine(".copilot/session-state/seven/events.jsonl", 1)
    mine(".qwen/projects/-home-dev-shop/chats/eight.jsonl", 1)
    mine(".qwen/projects/-home-dev-shop/notes.jsonl", 1)
    mine(".copilot/session-state/seven/checkpoints/index.jsonl", 1)
    assert counted(14) == {"claude-code": 3, "codex": 1, "copilot": 1, "gemini-cli": 1, "qwen-code": 1}
    assert counted(0.5) == {"claude-code": 0, "codex": 0, "copilot": 0, "gemini-cli": 1, "qwen-code": 0}
