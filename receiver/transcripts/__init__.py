"""Agents' own transcripts to events, one module an agent: what aimon sees without any setting."""

from receiver.transcripts.base import Language, Reader
from receiver.transcripts.claude_code import ClaudeCode
from receiver.transcripts.codex import Codex
from receiver.transcripts.copilot import Copilot
from receiver.transcripts.gemini_cli import GeminiCli

__all__ = ["LANGUAGES", "Language", "Reader"]

LANGUAGES: tuple[Language, ...] = (ClaudeCode(), Codex(), Copilot(), GeminiCli())
"""Agents whose transcripts are understood."""
