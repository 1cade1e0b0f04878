"""What the doors, the ledger and those who send on tell of themselves, as pydantic models: `GET /api/v1/stats`."""

from pydantic import Field

from receiver.drift_shapes import DriftItem
from receiver.shape import Count, Dollars, Shape, V


class LedgerStats(Shape):
    """What the ledger did."""

    events: Count
    sessions_evicted: Count
    calls_folded: Count


class MetricStats(Shape):
    """What this machine used by its metrics; the same work as the sessions', never to be added to it."""

    tokens: dict[str, int]
    cost_usd: Dollars


class ExportStats(Shape):
    """What became of exported spans."""

    url: str
    queued: Count
    sent: Count
    dropped: Count = Field(description="because too much waited, or because aimon ended")
    refused: Count = Field(description="by the collector")
    problem: str | None = Field(description="why the last request failed")


class ForwardStats(Shape):
    """What became of requests that were passed on to one collector."""

    url: str
    queued: Count
    queued_bytes: Count
    sent: Count
    dropped: Count = Field(description="because too much waited, or because nothing could be kept")
    refused: Count = Field(description="by the collector")
    looped: Count = Field(description="not passed on because they had come by here before")
    problem: str | None = Field(description="why the last request failed")


class StatsAnswer(Shape):
    """`GET /api/v1/stats`."""

    v: V
    uptime_s: float
    requests: Count
    records: Count
    bytes: Count
    refused: dict[str, int] = Field(description="by HTTP status")
    events_per_s: float = Field(description="over the last minute")
    connections: Count
    noise: dict[str, int] = Field(description="agent/name of records that are known to be of no use")
    unclaimed: dict[str, int] = Field(description="service/scope/name of records that no dialect understands")
    drift: list[DriftItem]
    unread: dict[str, int] = Field(description="records that a dialect claimed and could not read")
    ledger: LedgerStats
    metrics: MetricStats
    export: ExportStats | None = Field(description="null where nothing is exported")
    forward: list[ForwardStats] = Field(description="one for each collector")
