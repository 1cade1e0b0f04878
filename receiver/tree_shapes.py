"""The tree of a session as the API tells it: the part of `shapes` that is about turns and spans."""

from typing import Literal

from pydantic import Field

from receiver.shape import Count, Dollars, Shape, Time, Tokens, V


class SpanItem(Shape):
    """One row of a session's tree; a key names it within the session."""

    key: str = Field(description="kind:id, or kind:number where the client tells no id")
    kind: Literal["llm", "tool", "wait", "agent"]
    name: str = Field(description="the model, the tool, or the id of the subagent")
    subject: str | None = Field(description="what a tool works on, secrets masked")
    depth: Count = Field(description="1 below the turn")
    started_at: Time | None
    ended_at: Time | None = Field(description="null while it is open")
    duration_ms: int | None
    failed: bool
    error: str | None = Field(description="of a model call; of a tool only whether it was refused")
    tokens: Tokens | None
    cost_usd: Dollars | None
    agent_id: str | None
    asked_by: str | None = Field(description="key of the model call that asked for a tool")
    read_by: str | None = Field(description="key of the model call that read a tool's result")


class TurnItem(Shape):
    """One turn and everything in it."""

    number: Count = Field(description="0 for what nobody asked for, such as a command that compacts")
    title: None = Field(description="what a person asked stays on the screen")
    started_at: Time | None
    ended_at: Time | None
    end_reason: str | None = Field(
        description="stop_hook, span, transcript, idle, interrupted, denied, failed, new_prompt, session_end"
    )
    failed: bool
    waited_ms: Count = Field(description="time it waited for a person, an open wait not included")
    cost_usd: Dollars | None = Field(description="null when a call of it has no known cost")
    spans: list[SpanItem] = Field(description="in the order of the tree: each before what lies in it")


class SpansAnswer(Shape):
    """`GET /api/v1/sessions/{key}/spans`."""

    v: V
    turns: list[TurnItem]


class TellingItem(Shape):
    """What one log record, span or hook payload said; prompts, tool inputs and outputs are left out."""

    channel: Literal["hook", "log", "span"]
    signal: str = Field(description="its name on the wire")
    at: Time | None
    attributes: dict[str, str] = Field(description="flat, the telling ones first; 128 at most")


class SpanTold(SpanItem):
    """A span with what was told about it."""

    told: list[TellingItem] = Field(description="in the order of time")


class SpanAnswer(Shape):
    """`GET /api/v1/sessions/{key}/spans/{span}`."""

    v: V
    span: SpanTold
    notice: str | None = Field(description="why something may be missing")
