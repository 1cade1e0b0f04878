"""Traces for MLflow: the words it counts by, and the headers that say where a trace belongs. No library of its own.

MLflow takes plain OTLP. It reads `gen_ai.usage.input_tokens` but no cache, and prices by a table of its own; where a
span brings MLflow's own attributes it keeps those (3.17 and before), so its figures are the ledger's.
"""

import json
from collections.abc import Mapping
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from receiver.export.encode import put
from receiver.export.ids import trace_id

EXPERIMENT, RUN = "x-mlflow-experiment-id", "x-mlflow-run-id"
"""Headers of `/v1/traces`: https://mlflow.org/docs/latest/genai/tracing/opentelemetry/ingest/."""

_PARTS = {
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cache_read_input_tokens": "llm.token_count.prompt_details.cache_read",
    "cache_creation_input_tokens": "llm.token_count.prompt_details.cache_write",
}
"""MLflow's parts of a usage, and ours. It keeps cached input beside the input of Anthropic's models, as we do, and
within that of others."""


def trace_name(session: str) -> str:
    """What MLflow calls the trace of a session, by its key."""
    return f"tr-{trace_id(session).hex()}"


def headers(experiment_id: str, run_id: str | None) -> dict[str, str]:
    """Where traces go: an experiment, and a run of it where one is told."""
    return {EXPERIMENT: experiment_id} | ({RUN: run_id} if run_id else {})


def annotated(body: bytes) -> bytes:
    """The body of a request, usage and dollars also in MLflow's words."""
    request = ExportTraceServiceRequest.FromString(body)
    for group in request.resource_spans:
        for scoped in group.scope_spans:
            for span in scoped.spans:
                told = {one.key: getattr(one.value, one.value.WhichOneof("value") or "") for one in span.attributes}
                put(span.attributes, _figures(told))
    return request.SerializeToString()


def _figures(told: Mapping[str, Any]) -> dict[str, str]:
    """Of a trace MLflow takes the usage of the outermost spans, and adds up the dollars of model calls."""
    if "gen_ai.usage.input_tokens" not in told:
        return {}
    usage = {theirs: told[ours] for theirs, ours in _PARTS.items() if ours in told}
    total = sum(usage.values())
    if told.get("gen_ai.provider.name") != "anthropic":
        usage["input_tokens"] = total - told["gen_ai.usage.output_tokens"]
    figures = {"mlflow.chat.tokenUsage": json.dumps(usage | {"total_tokens": total})}
    usd = told.get("gen_ai.usage.cost_usd")
    if usd is not None and told.get("openinference.span.kind") == "LLM":
        figures["mlflow.llm.cost"] = json.dumps({"total_cost": usd})
    return figures
