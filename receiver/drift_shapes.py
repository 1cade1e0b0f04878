"""What the API tells of agents that it cannot read: the part of `shapes` that is about drift."""

from typing import Any, Literal

from pydantic import Field

from receiver.shape import Count, Shape, Time


class StrangeItem(Shape):
    """A name that nobody reads."""

    name: str
    channel: Literal["hook", "log", "span", "transcript", "metric"]
    count: Count
    first_at: Time | None
    last_at: Time | None
    sample: dict[str, Any] = Field(description="the first of them: kinds and lengths of its fields, no texts")


class DriftItem(Shape):
    """What one version of an agent says that cannot be read."""

    agent: str
    version: str | None = Field(description="null where its channel does not tell")
    count: Count
    first_at: Time | None
    names: list[StrangeItem]
