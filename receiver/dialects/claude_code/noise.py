"""What Claude Code says that nobody needs, so that what it says anew stands out.

From its documentation (https://code.claude.com/docs/en/monitoring-usage) and from what builds 2.1.100 to 2.1.329 send.
"""

from receiver.record import Signal


def _named(names: str) -> frozenset[str]:
    return frozenset(f"claude_code.{name}" for name in names.split())


NOISE: dict[Signal, frozenset[str]] = {
    "logs": _named("""
        api_refusal api_request_body api_response_body at_mention auth feedback_survey hook_execution_complete
        hook_execution_start hook_plugin_metrics hook_registered internal_error managed_settings_resolved
        mcp_server_connection permission_mode_changed plugin_installed plugin_loaded retention_sweep safety_event
        skill_activated system_prompt tool
    """),
    "traces": _named("bash.subprocess compaction hook mcp.rpc subagent.spawn"),
    "metrics": _named("""
        active_time.total code_edit_tool.decision commit.count lines_of_code.count pull_request.count session.count
    """),
}
