"""From why a request is refused to what its sender hears: one table, so that every door gives the same answer.

OTLP/HTTP clients retry 429, 502, 503 and 504 and nothing else; OTLP/gRPC clients retry UNAVAILABLE, DEADLINE_EXCEEDED
and, with a RetryInfo, RESOURCE_EXHAUSTED (https://opentelemetry.io/docs/specs/otlp/#failures). So only what a later
attempt can cure is answered with one of those, and then always with `Retry-After`.
"""

from enum import Enum
from typing import NamedTuple

from aimon_core.errors import AimonError


class Answer(NamedTuple):
    """What one kind of refusal is called in each protocol."""

    grpc: int
    """Code of google.rpc.Status, also in the body of an HTTP answer."""
    http: int
    retry: bool
    """Whether the sender shall try again with the same bytes."""


class Reason(Enum):
    """Why a request was not taken."""

    MALFORMED = Answer(3, 400, retry=False)
    UNAUTHORIZED = Answer(16, 401, retry=False)
    """It came from another machine, without the token."""
    FORBIDDEN = Answer(7, 403, retry=False)
    UNKNOWN_PATH = Answer(12, 404, retry=False)
    WRONG_METHOD = Answer(12, 405, retry=False)
    TOO_SLOW = Answer(4, 408, retry=False)
    TOO_LARGE = Answer(8, 413, retry=False)
    UNSUPPORTED = Answer(3, 415, retry=False)
    TOO_MANY = Answer(8, 429, retry=True)
    """The door holds as many unread bytes as it may."""
    OVERLOADED = Answer(14, 503, retry=True)
    """The ledger or the journal cannot keep up."""


class Refused(AimonError):
    """A request was not taken; nothing of it counts."""

    def __init__(self, reason: Reason, message: str, *, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.reason = reason
        self.retry_after_s = retry_after_s

    @property
    def answer(self) -> Answer:
        """Its line in the table."""
        return self.reason.value


class Overloaded(Refused):
    """The sink cannot take more for now; the sender shall come back after `retry_after_s` seconds."""

    def __init__(self, retry_after_s: int = 1, message: str = "the ledger cannot keep up") -> None:
        super().__init__(Reason.OVERLOADED, message, retry_after_s=retry_after_s)
