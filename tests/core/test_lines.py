"""A line of `/api/v1/stream`, byte for byte: a script reads it where `aimon serve` would be too little."""

from aimon_core import lines
from tests.fakes.told import NOW_NS, told

WHOLE = (
    b'{"v": 1, "seq": 7, "key": "claude-code:s1", "agent": "claude-code", "session_id": "s1", "name": "shop", '
    b'"cwd": null, "branch": null, "host": null, "model": null, "models": [], "state": "waiting", '
    b'"waiting_for": "permission", "waiting_on": "Bash: rm", "since": "2026-11-21T02:00:00.000Z", '
    b'"evidence": [], "started_at": null, "last_activity_at": "2026-11-21T02:00:00.000Z", "ended_at": null, '
    b'"llm_calls": 0, "llm_calls_failed": 0, "tool_calls": 0, "tool_errors": 0, "errors": 0, "turns": 0, '
    b'"last_error_type": null, "waited_ms": 0, "tokens": {"input": 10, "cache_read": 5, "cache_write": 2, '
    b'"cache_write_5m": 2, "cache_write_1h": 0, "output": 3, "reasoning": null, "total": 20}, '
    b'"cost_usd": 0.012346, "cost": {"reported_usd": null, "computed_usd": null, "basis": "computed", '
    b'"unpriced_models": []}, "context": null, "limits": null, "cache_expires_at": null, '
    b'"auxiliary": {"llm_calls": 0, "tokens": {"input": 0, "cache_read": 0, "cache_write": 0, '
    b'"cache_write_5m": 0, "cache_write_1h": 0, "output": 0, "reasoning": null, "total": 0}, '
    b'"cost_usd": 0.0}, "blind_spots": [], "refused_bodies": 0, "verdict": null, "scores": [], "parent": null, '
    b'"parent_span": null, '
    b'"subagents": [], "pid": null, "pid_started_at": null, "terminal": null, "type": "session_update", '
    b'"tool": "claude-code", "project": "shop", "metrics": {"input_tokens": 10, "output_tokens": 3, '
    b'"cache_tokens": 7, "cost_usd": 0.012346, "error_count": 0}, "timestamp": 1795226400}\n'
)


def test_the_line_of_a_session_byte_for_byte():
    waiting = told(state="waiting", waiting_for="permission", waiting_on="Bash: rm")
    assert lines.line(lines.whole_update(waiting), 7, NOW_NS) == WHOLE


def test_the_line_of_one_that_is_gone_byte_for_byte():
    gone = {"type": "session_gone", "key": "claude-code:s1"}
    golden = b'{"v": 1, "seq": 8, "type": "session_gone", "key": "claude-code:s1", "timestamp": 1795226400}\n'
    assert lines.line(gone, 8, NOW_NS) == golden
