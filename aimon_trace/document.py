"""What all documents have in common: how times and figures are written, and that unknown fields are kept.

Apart from `steps` and `run`, which are made of it.
"""

import warnings
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, model_validator

from aimon_trace.errors import TraceWarning

Json = dict[str, Any]


def moment(at: datetime) -> datetime:
    """A time as traces hold it: in UTC, to the millisecond; one without a zone is taken for UTC."""
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


Moment = Annotated[datetime, AfterValidator(moment), PlainSerializer(_written, return_type=str, when_used="json")]
"""UTC, to the millisecond: `2026-11-21T02:16:04.123Z`."""
Count = Annotated[int, Field(ge=0)]
Ms = Annotated[float, Field(ge=0, allow_inf_nan=False, description="milliseconds")]
Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False, description="US dollars")]


class Document(BaseModel):
    """A part of a trace: fields that nobody here knows are kept, with a warning."""

    model_config = ConfigDict(extra="allow", populate_by_name=True, protected_namespaces=())

    @model_validator(mode="after")
    def _warn(self) -> "Document":
        if self.model_extra:
            names = ", ".join(sorted(self.model_extra))
            warnings.warn(f"{type(self).__name__}: kept fields unknown here: {names}", TraceWarning, stacklevel=2)
        return self
