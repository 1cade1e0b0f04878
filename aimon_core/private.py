"""Which fields carry what people and models wrote, so that the journal and all outputs can do without them.

Apart from `masking` because a prompt is no secret: it is shown on the local screen, and kept nowhere. Attributes of
telemetry are left out by name. Hook payloads are the other way round: only what is known to be harmless stays, since an
agent's next version may put anything into a new field.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PRIVATE_KEYS = (
    _words(  # Claude Code, Codex, Gemini CLI, Qwen Code, Copilot
        """
        prompt prompt_text user_prompt submitted_prompt initial_prompt initialPrompt system_prompt
        system_prompt_preview user_system_prompt new_context response response_text request_text response.model_output
        prompt_response tool_input tool_parameters tool_output tool_result tool_response tool_args tool_arguments
        toolInput toolArgs toolResult function_args function_response full_command bash_command bash_argv0 command_args
        file_path arguments output result hook_input hook_output hook_definitions execution_summary reasoning
        routing.reasoning last_assistant_message error_details compact_summary custom_instructions additional_context
        tool_calls message messages content llm_request llm_response details summary task_subject
        """
    )
    | _words(  # OpenTelemetry GenAI, now and then
        """
        gen_ai.input.messages gen_ai.output.messages gen_ai.system_instructions gen_ai.tool.definitions
        gen_ai.tool.call.arguments gen_ai.tool.call.result gen_ai.prompt gen_ai.completion gen_ai.task.input
        gen_ai.task.output gen_ai.retrieval.query.text gen_ai.retrieval.documents gen_ai.event.content
        gen_ai.evaluation.explanation
        """
    )
    | _words(  # OpenInference, OpenLLMetry, Vercel, pydantic-ai, CrewAI, MLflow, claude-interceptor
        """
        input.value output.value embedding.text tool.parameters tool.output tool.output.summary tool.error_message
        tool.file_path tool.command tool.pattern tool.url tool.query permission.prompt notification.message
        document.content message.content traceloop.entity.input traceloop.entity.output ai.value ai.values
        all_messages_events pydantic_ai.all_messages final_result model_request_parameters events instructions
        agent.goal agent.backstory agent.description crew_agents crew_tasks crew_inputs task_description
        task_expected_output formatted_description formatted_expected_output mlflow.spanInputs mlflow.spanOutputs
        aimon_trace.step aimon_trace.run
        """
    )
    | _words("exception.stacktrace db.query.text process.command_args process.command_line")
)
"""Names of attributes that carry prompts, answers, what tools are given and what they give back."""

_FAMILIES = re.compile(
    r"(?:llm\.(?:input_messages|output_messages|prompts|completions|prompt_template|tools|choices|function_call)"
    r"|gen_ai\.(?:prompt|completion)\.(?:\d|variable)|gen_ai\.content|traceloop\.prompt|retrieval\.documents"
    r"|embedding\.embeddings|embedding\.vector|reranker\.(?:query|input_documents|output_documents)"
    r"|ai\.prompt|ai\.response\.(?:text|object|toolCalls|reasoning|files)|ai\.toolCall\.(?:args|result)"
    r"|ai\.result|ai\.embedding|input\.value|output\.value)(?:\.|$|(?<=\d)|(?<=variable))"
)
"""Beginnings of names that go on with an index or a field; `gen_ai.prompt.name` is an id, and stays."""


@lru_cache(maxsize=4096)
def is_private(name: str) -> bool:
    """Whether an attribute of this name carries what somebody wrote."""
    return name in PRIVATE_KEYS or _FAMILIES.match(name) is not None


def private_among(names: Iterable[str]) -> list[str]:
    """Those of some attribute names that carry what somebody wrote."""
    return [name for name in names if is_private(name)]


# ------------------------------------------------------------------------------------------ hook payloads

_NAMES = _words(
    """
    session_id sessionId prompt_id turn_id message_id request_id agent_id parent_agent_id agent_type tool_name toolName
    tool_use_id tool_call_id call_id id task_id teammate_name team_name hook_event_name hookName event cwd old_cwd
    new_cwd transcript_path transcriptPath agent_transcript_path model from_model to_model requested_model
    permission_mode mode notification_type type status level timestamp traceparent cache_ttl command_name
    command_source expansion_type mcp_server server stopReason stop_reason resultType step_id finish
    """
)
"""Fields whose text names something."""
_CLASSES = _words("source reason trigger error error_type")
"""Fields whose text is one word from a list, or else a sentence that does not stay."""
_LISTS = _words("tool_calls background_tasks effort session_crons crons worktree toolResult tokens")
"""Fields that are looked into."""
_INPUTS = _words("tool_input toolInput toolArgs")
"""Fields of which only the digest stays: it joins a request for permission to its tool call."""
_NAME_LENGTH = 1024
_CLASS = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_DEPTH = 8


def digest(value: Any) -> str:
    """Sixteen hex digits of any JSON, equal for equal values; what already is `{"digest": …}` keeps its own."""
    if isinstance(value, Mapping) and len(value) == 1 and isinstance(known := value.get("digest"), str):
        return known
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.blake2b(canonical.encode(), digest_size=8).hexdigest()


def without_private_json(value: Any, depth: int = _DEPTH) -> Any:
    """A hook payload with its ids, names, kinds and numbers, and nothing that somebody wrote.

    `tool_input` becomes `{"digest": …}`, so that a payload read back from the journal still finds its tool call.
    """
    if isinstance(value, dict) and depth:
        kept = {name: _kept(name, inner, depth) for name, inner in value.items()}
        return {name: inner for name, inner in kept.items() if inner is not None}
    if isinstance(value, list) and depth:
        return [without_private_json(one, depth - 1) for one in value if isinstance(one, dict)]
    return None


def _kept(name: str, value: Any, depth: int) -> Any:
    match value:
        case bool() | int() | float():
            return value
        case str() if name in _NAMES:
            return value if len(value) <= _NAME_LENGTH else None
        case str() if name in _CLASSES:
            return value if _CLASS.fullmatch(value) else None
        case _ if name in _INPUTS and value is not None:
            return {"digest": digest(value)}
        case dict() | list() if name in _LISTS:
            return without_private_json(value, depth - 1)
        case _:
            return None
