"""A run of an agent, told step by step by the agent itself: begun, nested, ended, written, and streamed while it lasts.

Apart from `recording`, which knows how a step is told. A tracer is one run. Its steps may come from any number of
threads and tasks; where they nest is known by context (`with`), or said (`parent_step_id`).
"""

import os
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Protocol, Self, TypedDict, Unpack

from pydantic import ValidationError

from aimon_core.clock import Clock, SystemClock
from aimon_trace import files
from aimon_trace.document import Json, moment
from aimon_trace.errors import StepValidationError, TracerNotActiveError
from aimon_trace.recording import HERE, Nest, Recorder, StepId, began, leave
from aimon_trace.redaction import RedactionConfig, Redactor
from aimon_trace.run import AgentInfo, TaskInfo, TraceRun, first_fault
from aimon_trace.steps import BaseStep


class Listener(Protocol):
    """Who hears of a run while it lasts; its methods are called in whatever thread tells a step, and must not block."""

    def began(self, run: TraceRun) -> None:
        """A run began."""

    def over(self, run: TraceRun, step: BaseStep) -> None:
        """A step is over and changes no more."""

    def ended(self, run: TraceRun) -> None:
        """The run is over."""


class Options(TypedDict, total=False):
    """What else a run may be begun with."""

    redaction: RedactionConfig | None
    listeners: Sequence[Listener] | None
    clock: Clock | None


class Tracer(Recorder):
    """One run of an agent.

    `with Tracer.run("my-agent") as tracer:` begins and ends it; `Tracer("my-agent").begin()` and `end()` do so for
    frameworks that have no such block, and then no context is touched.
    """

    def __init__(
        self,
        agent_info: AgentInfo | str,
        task_info: TaskInfo | str | None = None,
        output_path: str | os.PathLike[str] | None = None,
        *,
        redaction: RedactionConfig | None = None,
        listeners: Sequence[Listener] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """A run that is not begun yet.

        It is saved at `output_path` when it ends (see `files.save`); in a path that ends in `.jsonl` each step is
        written once it is over, and not held. `redaction` is `RedactionConfig()` unless told. `listeners` are the
        running aimon, if there is one (`live`), unless told.
        """
        agent_info = AgentInfo(name=agent_info) if isinstance(agent_info, str) else agent_info
        task_info = TaskInfo(description=task_info) if isinstance(task_info, str) else task_info
        self.clock = clock or SystemClock()
        self._redactor = redactor = Redactor(redaction)
        self._run = TraceRun(
            started_at=self._now(),
            agent_info=redactor.document(agent_info),
            task_info=None if task_info is None else redactor.document(task_info),
        )
        self._path = None if output_path is None else files.place(output_path, self._run.run_id)
        self._listeners = listeners
        self._writer: files.TraceWriter | None = None
        self._active = self._begun = False
        self._numbers = count(1)
        self._lock = threading.RLock()
        self._open: set[str] = set()
        self._loose: dict[int, BaseStep] = {}
        """By thread, the last step that was told, which a `with` may yet hold open."""

    # ------------------------------------------------------------------ a run

    @classmethod
    @contextmanager
    def run(
        cls,
        agent_info: AgentInfo | str,
        task_info: TaskInfo | str | None = None,
        output_path: str | os.PathLike[str] | None = None,
        **options: Unpack[Options],
    ) -> Iterator[Self]:
        """A run for as long as the block lasts; what the block raises has failed it, and goes on its way.

        Arguments are those of the class.
        """
        tracer = cls(agent_info, task_info, output_path, **options).begin()
        token = HERE.set(Nest(tracer, None, HERE.get()))
        try:
            yield tracer
        except BaseException as error:
            leave(token)
            tracer.end(error)
            raise
        else:
            leave(token)
            tracer.end()

    @classmethod
    @asynccontextmanager
    async def run_async(
        cls,
        agent_info: AgentInfo | str,
        task_info: TaskInfo | str | None = None,
        output_path: str | os.PathLike[str] | None = None,
        **options: Unpack[Options],
    ) -> AsyncIterator[Self]:
        """The same as `run`, for `async with`."""
        with cls.run(agent_info, task_info, output_path, **options) as tracer:
            yield tracer

    @classmethod
    def current(cls) -> "Tracer | None":
        """The tracer whose block this code runs in; None outside, and in a thread of its own."""
        nest = HERE.get()
        return nest.host if nest is not None and isinstance(nest.host, Tracer) else None

    def begin(self) -> Self:
        """Begin the run. Raises TracerNotActiveError for one that was begun before: a tracer is one run."""
        if self._begun:
            raise TracerNotActiveError("This tracer's run has begun before.", "Make another: a tracer is one run.")
        self._run.started_at = self._now()
        self._active = self._begun = True
        if self._path is not None and self._path.suffix == ".jsonl":
            self._writer = files.TraceWriter(self._path, self._run)
        if self._listeners is None:
            from aimon_trace import live  # noqa: PLC0415 - whoever names listeners needs no queue

            self._listeners = live.listeners()
        for listener in self._listeners:
            listener.began(self._run)
        return self

    def end(self, error: BaseException | None = None) -> None:
        """End the run, with an error as failed, and save it where that was asked; a second end says nothing.

        Raises OSError where it cannot be saved and nothing else went wrong.
        """
        with self._lock:
            if not self._active:
                return
            self._active = False
            for step in (*self._loose.values(), *(one for one in self._run.steps if one.step_id in self._open)):
                self._over(step)
            self._loose.clear()
            self._open.clear()
            self._run.finish(error, self._now())
            self._run.metadata = self._redactor.value(self._run.metadata)
            for listener in self._listeners or ():
                listener.ended(self._run)
        try:
            if self._writer is not None:
                self._writer.close(self._run)
            elif self._path is not None:
                files.save(self._run, self._path)
        except OSError as failure:
            if error is None:
                raise
            error.add_note(f"The trace could not be saved: {failure}")

    @property
    def is_active(self) -> bool:
        """Whether the run has begun and is not over."""
        return self._active

    # ------------------------------------------------------------------ steps

    @contextmanager
    def within(self, step_id: str) -> Iterator[None]:
        """Steps told in this block lie in that one: for threads, which begin nowhere."""
        token = HERE.set(Nest(self, step_id, HERE.get()))
        try:
            yield
        finally:
            leave(token)

    def _tell(self, kind: type[BaseStep], fields: Json, more: Any) -> StepId:
        fields = {**fields, **more}
        if fields.get("parent_step_id") is None:
            fields["parent_step_id"] = self._parent()
        if fields.get("timestamp") is None:
            fields["timestamp"] = began(self.clock.now_ns(), fields)
        fields = self._redactor.fields(kind, fields)
        with self._lock:
            if not self._active:
                raise TracerNotActiveError("No run is active.", "Tell steps inside of `with Tracer.run(…) as tracer`.")
            step = _made(kind, {"step_id": f"step-{next(self._numbers):04}", **fields})
            self._add(step)
        return StepId(self, step)

    def _add(self, step: BaseStep) -> None:
        self._run.add_step(step)
        thread = threading.get_ident()
        before = self._loose.get(thread)
        self._loose[thread] = step
        if before is not None:
            self._over(before)

    def _parent(self) -> str | None:
        nest = HERE.get()
        while nest is not None and nest.host is not self:
            nest = nest.outer
        return nest.step_id if nest else None

    def opened(self, step: BaseStep) -> None:
        """A step goes on for as long as a `with` does."""
        with self._lock:
            self._open.add(step.step_id)
            for thread, loose in list(self._loose.items()):
                if loose is step:
                    del self._loose[thread]

    def changed(self, step: BaseStep, fields: Json) -> None:
        """More is known of a step. Raises StepValidationError for what it cannot hold."""
        redacted = self._redactor.fields(type(step), fields)
        with self._lock:
            better = _made(type(step), {**dict(step), **redacted})
            for name in redacted:
                setattr(step, name, getattr(better, name))

    def closed(self, step: BaseStep) -> None:
        """A step is over."""
        with self._lock:
            if step.step_id in self._open:
                self._open.discard(step.step_id)
                self._over(step)

    def _over(self, step: BaseStep) -> None:
        if self._writer is not None:
            self._writer.write(step)
            self._run.release(step)
        for listener in self._listeners or ():
            listener.over(self._run, step)

    # ------------------------------------------------------------------ the document

    def get_trace(self) -> TraceRun:
        """The run as it stands. Raises TracerNotActiveError before it began.

        Of one that is written as JSONL, once it is over, what was written is read.
        """
        if not self._begun:
            raise TracerNotActiveError("No run has begun.", "A trace is there once a run is.")
        if self._writer is not None and not self._active:
            return files.load(self._writer.path)
        return self._run

    def to_json(self, *, indent: int | None = None, exclude_none: bool = True) -> str:
        """The run as it stands, as a document."""
        return self.get_trace().to_json(indent=indent, exclude_none=exclude_none)

    def save(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the run as it stands, where told or where it goes at its end; where it went."""
        target = path or self._path
        if target is None:
            raise StepValidationError("There is no path to save to.", "Name one here, or as output_path of the run.")
        return files.save(self.get_trace(), target)

    def _now(self) -> datetime:
        return moment(datetime.fromtimestamp(self.clock.now_ns() / 1e9, UTC))


def _made(kind: type[BaseStep], fields: Json) -> BaseStep:
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise StepValidationError(f"This is no {kind.__name__}: {first_fault(error)}.") from None
