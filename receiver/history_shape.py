"""What `aimon history --json` writes, as pydantic models: apart because no door answers it."""

from typing import Annotated, Literal

from pydantic import Field

from receiver.shape import Count, Dollars, Shape, Tokens, V

Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$", description="a local day")]


class Used(Shape):
    """What some calls come to."""

    sessions: Count
    llm_calls: Count
    tokens: Tokens
    cost_usd: Dollars | None = Field(description="null where a call has no price")
    unpriced_models: list[str]


class Row(Used):
    """The calls that are alike in what was asked for; other dimensions are not told."""

    day: Day | None = None
    project: str | None = Field(default=None, description="the name of a folder; empty where nobody told")
    model: str | None = None
    agent: str | None = None
    session: str | None = Field(default=None, description="its key")


class HistoryAnswer(Shape):
    """What was used."""

    v: V
    since: Day | None = Field(description="the first day on which something was used; null where nothing was")
    until: Day | None
    by: list[Literal["day", "project", "model", "agent", "session"]]
    rows: list[Row] = Field(description="days in their order, anything else the dearest first")
    totals: Used
