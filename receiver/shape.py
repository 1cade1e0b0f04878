"""What all shapes of the API are made of: apart from `shapes`, so that `tree_shapes` can build on it too."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

V = Literal[1]
Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", description="UTC, to the millisecond")]
Dollars = Annotated[float, Field(ge=0, description="to six places")]
Count = Annotated[int, Field(ge=0)]


class Shape(BaseModel):
    """A document with these names and no others."""

    model_config = ConfigDict(extra="forbid", strict=True)


class RateLimit(Shape):
    """How much of an allowance of the agent's account is used up, as the agent told last."""

    used_percent: Annotated[float, Field(ge=0)]
    resets_at: Time | None = Field(description="when it begins anew; from then on the figure says nothing")


class Tokens(Shape):
    """Tokens in exclusive parts."""

    input: Count = Field(description="read neither from nor into a cache")
    cache_read: Count
    cache_write: Count = Field(description="all cache writes, those of untold time to live included")
    cache_write_5m: Count
    cache_write_1h: Count
    output: Count = Field(description="all billed output, reasoning included")
    reasoning: Count | None = Field(description="the part of output spent on reasoning; null where nobody reports it")
    total: Count = Field(description="input + cache_read + cache_write + output")
