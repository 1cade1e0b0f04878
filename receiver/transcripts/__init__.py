"""Agents' own transcripts to events, one module an agent: what aimon sees without any setting."""

from receiver.transcripts.base import Language, Reader
from receiver.transcripts.claude_code import ClaudeCode
from receiver.transcripts.codex import Codex
from receiver.transcripts.copilot import Copilot
from receiver.transcripts.gemini_cli import GeminiCli
from receiver.transcripts.qwen_code import QwenCode

__all__ = ["LANGUAGES", "Language", "Reader"]

LANGUAGES: tuple[Language, ...] = (ClaudeCode(), Codex(), Copilot(), GeminiCli(), QwenCode())
"""Agents whose transcripts are understood."""
