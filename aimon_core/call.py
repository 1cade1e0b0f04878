"""One model call, as far as it is known: what several channels told of it, merged and never added."""

from msgspec import Struct

from aimon_core.events import LlmCalled
from aimon_core.session import Tokens

RANK = {"log": 3, "span": 2, "transcript": 1}
"""Whose figures stand where two channels differ: the record of the call itself, then the client's own notes."""


class Call(Struct, gc=False):
    """A call in the books."""

    model: str
    tokens: Tokens
    at_ns: int
    ok: bool
    rank: int
    """Of the channel whose figures these are."""
    call_id: str | None = None
    start_ns: int = 0
    end_ns: int = 0
    exact: bool = False
    """Whether a span told the times; a log's duration leaves out what the client did around the request."""
    error: str = ""
    agent_id: str | None = None
    attempt: int = 1
    reported: int | None = None
    """Picodollars the agent reported."""
    computed: int | None = None
    """Picodollars by the price table; None before pricing, or without a price."""
    priced: bool = False
    """Whether the price table was asked."""
    error_type: str | None = None
    counts: bool = True
    """Whether it is a call, and not only tokens."""

    @property
    def picodollars(self) -> int | None:
        """What it cost: as reported, else as computed, else unknown; a call without tokens costs nothing."""
        if self.reported is not None:
            return self.reported
        if self.computed is not None:
            return self.computed
        return None if self.tokens.total else 0


def called(event: LlmCalled) -> Call:
    """The call as its first report tells it."""
    return Call(
        model=event.model,
        tokens=event.tokens,
        at_ns=event.at_ns,
        ok=event.ok,
        rank=RANK.get(event.channel, 0),
        call_id=event.call_id,
        start_ns=event.at_ns - round((event.duration_ms or 0) * 1e6),
        end_ns=event.at_ns,
        exact=event.channel == "span",
        error=event.error,
        agent_id=event.agent_id,
        attempt=event.attempt,
        reported=event.cost_picodollars,
        error_type=event.error_type,
        counts=event.counts,
    )


def fill(call: Call, event: LlmCalled) -> None:
    """Take from a further report what is better or was missing; the same reports in any order give the same call."""
    rank = RANK.get(event.channel, 0)
    if rank > call.rank:
        ours, theirs = event.tokens, call.tokens
        call.rank, call.at_ns, call.model = rank, event.at_ns, event.model or call.model
        call.ok = event.ok
    else:
        ours, theirs = call.tokens, event.tokens
    tokens = _split(ours, theirs)
    if tokens != call.tokens:
        call.tokens = tokens
        call.priced, call.computed = False, None
    if call.reported is None:
        call.reported = event.cost_picodollars
    if event.channel == "span" and not call.exact:
        call.exact, call.end_ns = True, event.at_ns
        call.start_ns = event.at_ns - round((event.duration_ms or 0) * 1e6)
    call.error = call.error or event.error
    call.attempt = max(call.attempt, event.attempt)
    call.agent_id = call.agent_id or event.agent_id
    call.error_type = call.error_type or event.error_type


def _split(ours: Tokens, theirs: Tokens) -> Tokens:
    """Our figures, with the cache writes' time to live and the reasoning part from them where only they tell."""
    if ours.reasoning is None and theirs.reasoning is not None and theirs.output == ours.output:
        ours = Tokens(*_parts(ours)[:6], theirs.reasoning)
    if ours.cache_write_unknown and not theirs.cache_write_unknown and theirs.cache_write == ours.cache_write:
        written = (theirs.cache_write_5m, theirs.cache_write_1h, 0)
        return Tokens(ours.input, ours.cache_read, *written, ours.output, ours.reasoning)
    return ours


def _parts(tokens: Tokens) -> tuple[int, int, int, int, int, int]:
    return (
        tokens.input,
        tokens.cache_read,
        tokens.cache_write_5m,
        tokens.cache_write_1h,
        tokens.cache_write_unknown,
        tokens.output,
    )
