"""What Gemini CLI says that nobody needs, so that what it says anew stands out.

From its source (https://github.com/google-gemini/gemini-cli, `packages/core/src/telemetry`) and from what 0.61 sends.
"""

from receiver.record import Signal


def _named(names: str) -> frozenset[str]:
    return frozenset(f"gemini_cli.{name}" for name in names.split())


NOISE: dict[Signal, frozenset[str]] = {
    "logs": frozenset({
        "gen_ai.client.inference.operation.details", "approval_mode_duration", "plan_execution",
        "kitty_sequence_overflow",
    })
    | _named("""
        chat_compression conversation_finished edit_correction edit_strategy extension_disable extension_enable
        extension_install extension_uninstall extension_update file_operation flash_fallback hook_call ide_connection
        invalid_chunk keychain.availability llm_loop_check loop_detected loop_detection_disabled malformed_json_response
        model_routing model_slash_command network_retry_attempt next_speaker_check onboarding.start onboarding.success
        plan.approval_mode_duration plan.execution rewind ripgrep_fallback slash_command.model startup_stats
        token_storage.initialization tool_output_masking tool_output_truncated
        web_fetch_fallback_attempt chat.content_retry chat.content_retry_failure chat.invalid_chunk
    """),
    "traces": frozenset({"user_prompt", "system_prompt", "schedule_tool_calls", "agent_call"}),
    "metrics": frozenset({
        "gen_ai.client.token.usage", "gen_ai.client.operation.duration", "http.client.request.duration",
    })
    | _named("""
        agent.duration agent.run.count agent.turns api.request.breakdown api.request.count api.request.latency
        chat_compression chat.content_retry.count chat.content_retry_failure.count chat.invalid_chunk.count cpu.usage
        event_loop.delay exit.fail.count file.operation.count hook_call.count hook_call.latency lines.changed
        memory.usage model_routing.failure.count model_routing.latency network_retry.count
        performance.baseline.comparison performance.regression performance.score plan.execution.count session.count
        slash_command.model.call_count
        startup.duration token.efficiency tool.call.count tool.call.latency tool.execution.breakdown tool.queue.depth
        ui.flicker.count ui.slow_render.latency
    """),
}  # fmt: skip
"""What is known to be of no use; what is in no table is new."""
