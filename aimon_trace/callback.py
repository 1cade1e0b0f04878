"""A LangChain handler for one call, where nothing is to be instrumented: `config={"callbacks": [AimonHandler()]}`.

Apart from `instrument`, which hears of everything in the process and needs OpenTelemetry. A run that begins outside of
all that this handler knows is a trace of its own. LangChain catches and logs whatever a handler raises, so that none
can break the agent.
"""

import os
from collections import deque
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any, NamedTuple
from uuid import UUID

from aimon_core.failures import classify
from aimon_trace import content
from aimon_trace import langchain_words as words
from aimon_trace.document import Json
from aimon_trace.errors import InstrumentorUnavailable, TracerNotActiveError
from aimon_trace.recording import StepId
from aimon_trace.redaction import RedactionConfig
from aimon_trace.run import AgentInfo, TaskInfo, TraceRun
from aimon_trace.tracer import Listener, Tracer

try:
    from langchain_core.callbacks import BaseCallbackHandler
except ImportError as missing:
    raise InstrumentorUnavailable(
        "AimonHandler is a handler of LangChain, which is not installed.", "pip install 'aimon-tui[langchain]'"
    ) from missing

KEPT = 1_000
"""Traces that a handler gives: the last ones."""
_NOBODY = UUID(int=0)
_VERSION = metadata.version("langchain-core")


class _Run(NamedTuple):
    """A run of LangChain's that is not over."""

    tracer: Tracer
    step: StepId | None
    """None for what is no step: what lies in it lies in `holder`."""
    holder: str | None
    is_root: bool


class AimonHandler(BaseCallbackHandler):  # type: ignore[misc] # LangChain is an extra
    """Traces what it is passed to; two handlers never share a trace, and neither do two runs of one."""

    raise_error = False
    run_inline = True
    """In the task that runs: a thread would hear of steps in another order."""

    def __init__(  # noqa: PLR0913 - an argument for each thing to say
        self,
        output_path: str | os.PathLike[str] | None = None,
        *,
        agent_name: str | None = None,
        agent_version: str | None = None,
        task_info: TaskInfo | str | None = None,
        redaction: RedactionConfig | None = None,
        capture_inputs: bool = True,
        capture_outputs: bool = True,
        listeners: Sequence[Listener] | None = None,
    ) -> None:
        """The arguments are those of a `Tracer`; `agent_name` stands for what a run calls itself."""
        super().__init__()
        self._path, self._agent, self._task = output_path, (agent_name, agent_version), task_info
        self._redaction = (redaction or RedactionConfig()).keeping(inputs=capture_inputs, outputs=capture_outputs)
        self._listeners = listeners
        self._runs: dict[UUID, _Run] = {}
        self._tracers: deque[Tracer] = deque(maxlen=KEPT)
        self._asked: set[tuple[Tracer, str]] = set()

    def get_trace(self) -> TraceRun:
        """The trace of the run that began last. Raises TracerNotActiveError before one did."""
        if not self._tracers:
            raise TracerNotActiveError("No run has begun.", 'Pass the handler: config={"callbacks": [handler]}.')
        return self._tracers[-1].get_trace()

    def get_traces(self) -> list[TraceRun]:
        """The traces of all its runs, in the order in which they began; the last `KEPT` of them."""
        return [tracer.get_trace() for tracer in self._tracers]

    # ------------------------------------------------------------------ chains and nodes

    def on_chain_start(self, serialized: Any, inputs: Any, *, run_id: UUID, **named: Any) -> None:
        """A chain, a graph or a node of one begins."""
        name = words.name_of(serialized, named)
        self._runs[run_id] = run = self._place(name, named)
        if words.is_hidden(named):
            return
        step = run.tracer.state_change("chain", name, parent_step_id=run.holder, metadata=words.where(named)).hold()
        self._runs[run_id] = run._replace(step=step)
        if run.is_root and (asked := content.asked({"input.value": words.plain(inputs)})):
            run.tracer.user_input(asked, parent_step_id=step)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **_: Any) -> None:
        """It is over."""
        run = self._runs.get(run_id)
        if run is not None and run.is_root:
            came_to = content.answered({"output.value": words.plain(outputs)})
            if came_to is not None:
                run.tracer.final_output(came_to, parent_step_id=run.step)
        self._leave(run_id)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """It failed, or LangGraph goes elsewhere: to a person, or to another graph."""
        run = self._runs.get(run_id)
        asked = words.question(error)
        if run is not None and asked is not None and (run.tracer, str(error)) not in self._asked:
            self._asked.add((run.tracer, str(error)))  # each graph around the one that asks raises it again
            text = asked if isinstance(asked, str) else content.asked({"input.value": asked})
            run.tracer.interrupt(text, parent_step_id=run.step or run.holder)
        self._leave(run_id, None if words.is_detour(error) else error)

    # ------------------------------------------------------------------ models

    def on_chat_model_start(self, serialized: Any, messages: Any, *, run_id: UUID, **named: Any) -> None:
        """A chat model is called."""
        self._called(run_id, serialized, [words.message(one) for group in messages for one in group], named)

    def on_llm_start(self, serialized: Any, prompts: list[str], *, run_id: UUID, **named: Any) -> None:
        """A model is called that knows no messages."""
        given = prompts[0] if len(prompts) == 1 else [{"role": "user", "content": one} for one in prompts]
        self._called(run_id, serialized, given, named)

    def on_llm_end(self, response: Any, *, run_id: UUID, **_: Any) -> None:
        """It answered, streaming or not."""
        self._leave(run_id, output=words.answer(response), **words.call_facts(response))

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """It failed."""
        self._leave(run_id, error)

    # ------------------------------------------------------------------ tools and retrievers

    def on_tool_start(self, serialized: Any, input_str: str, *, run_id: UUID, **named: Any) -> None:
        """A tool is called."""
        name = words.name_of(serialized, named)
        run = self._place(name, named)
        given = named.get("inputs")
        meta = {**(words.where(named) or {}), "tool_call_id": named.get("tool_call_id")}
        step = run.tracer.tool_call(
            name,
            given if isinstance(given, dict) else {"input": input_str},
            parent_step_id=run.holder,
            metadata={key: value for key, value in meta.items() if value is not None} or None,
        )
        self._runs[run_id] = run._replace(step=step.hold())

    def on_tool_end(self, output: Any, *, run_id: UUID, **_: Any) -> None:
        """It gave something back; what it says it failed with stands there, too."""
        result = output.content if hasattr(output, "tool_call_id") else words.plain(output)
        told: Json = {"result": result}
        if getattr(output, "status", None) == "error":
            told |= {"success": False, "error": str(result)}
        self._leave(run_id, **told)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """It failed, or LangGraph goes elsewhere."""
        self._leave(run_id, None if words.is_detour(error) else error)

    def on_retriever_start(self, serialized: Any, query: str, *, run_id: UUID, **named: Any) -> None:
        """Documents are searched for."""
        run = self._place(words.name_of(serialized, named), named)
        step = run.tracer.retrieval(query, parent_step_id=run.holder, metadata=words.where(named))
        self._runs[run_id] = run._replace(step=step.hold())

    def on_retriever_end(self, documents: Any, *, run_id: UUID, **_: Any) -> None:
        """They are found."""
        found = words.documents(documents)
        self._leave(run_id, results=found, match_count=len(found))

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """The search failed."""
        self._leave(run_id, error)

    # ------------------------------------------------------------------ beneath

    def _called(self, run_id: UUID, serialized: Any, given: Any, named: Mapping[str, Any]) -> None:
        run = self._place(words.name_of(serialized, named), named)
        step = run.tracer.llm_call(
            words.model(serialized, named),
            given,
            parent_step_id=run.holder,
            provider=(named.get("metadata") or {}).get("ls_provider"),
            metadata=words.where(named),
        )
        self._runs[run_id] = run._replace(step=step.hold())

    def _place(self, name: str, named: Mapping[str, Any]) -> _Run:
        """Where a run lies that begins: in the trace of the one around it, or in one of its own."""
        above = self._runs.get(named.get("parent_run_id") or _NOBODY)
        if above is not None:
            return _Run(above.tracer, None, above.step or above.holder, is_root=False)
        agent, version = self._agent
        info = AgentInfo(name=agent or name, version=version, framework="langchain", framework_version=_VERSION)
        tracer = Tracer(info, self._task, self._path, redaction=self._redaction, listeners=self._listeners).begin()
        self._tracers.append(tracer)
        if (told := words.session(named)) is not None:
            tracer.get_trace().metadata = {"session_id": told}
        return _Run(tracer, None, None, is_root=True)

    def _leave(self, run_id: UUID, error: BaseException | None = None, **fields: Any) -> None:
        """A run is over; its trace is, too, where it was the first of it."""
        run = self._runs.pop(run_id, None)
        if run is None:
            return
        if error is not None:
            text, status = str(error) or type(error).__name__, getattr(error, "status_code", None)
            fields |= {"error": text, "error_type": classify(status, type(error).__name__, text)}
        try:
            if run.step is not None:
                run.step.done(error, **fields)
        finally:
            if run.is_root:
                self._asked = {asked for asked in self._asked if asked[0] is not run.tracer}
                run.tracer.end(error)
