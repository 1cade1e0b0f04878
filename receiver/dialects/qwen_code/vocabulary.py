"""What Qwen Code says that nobody needs, so that what it says anew stands out.

From its documentation (https://github.com/QwenLM/qwen-code, `docs/developers/development/telemetry.md`) and from what
0.24 sends.
"""

from receiver.record import Signal


def _named(names: str) -> frozenset[str]:
    return frozenset(f"qwen-code.{name}" for name in names.split())


NOISE: dict[Signal, frozenset[str]] = {
    "logs": frozenset({"loop_detected", "kitty_sequence_overflow"})
    | _named("""
        api_retry arena_agent_completed arena_session_ended arena_session_started auth chat.content_retry
        chat.content_retry_failure chat.invalid_chunk chat.protocol_tag_sanitized chat_compression
        conversation_finished extension_disable extension_enable extension_install extension_uninstall extension_update
        file_operation flash_fallback ide_connection malformed_json_response memory.dream memory.extract
        memory.migration memory.recall memory.recall.delivery memory.recall_mode_transition memory.search memory.usage
        next_speaker_check performance.baseline performance.regression prompt_suggestion repeated_tool_failure_guard
        ripgrep_fallback ripgrep_runtime_recovery skill_launch slash_command slash_command.model speculation
        startup.performance tool_output_truncated user_feedback user_retry workflow_keyword workflow_run
        workflow_size_warning
    """),
    "traces": frozenset({"GET", "POST"}) | _named("tool.execution hook daemon.request daemon.bridge"),
    "metrics": frozenset({"http.client.request.duration"})
    | _named("""
        api.request.breakdown api.request.count api.request.latency api.retry.count chat.content_retry.count
        chat.content_retry_failure.count chat.invalid_chunk.count chat_compression cpu.usage file.operation.count
        memory.dream.count memory.dream.duration memory.extract.count memory.extract.duration memory.recall.count
        memory.recall.delivery.count memory.recall.delivery.latency memory.recall.duration memory.usage
        performance.baseline.comparison performance.regression performance.regression.percentage_change
        performance.score session.count slash_command.model.call_count startup.duration subagent.execution.count
        token.efficiency tool.call.count tool.call.latency tool.execution.breakdown tool.execution.count
        tool.queue.depth
    """),
}
"""What is known to be of no use; what is in no table is new."""
