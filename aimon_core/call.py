"""One model call, as far as it is known: what several channels told of it, merged and never added."""

from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from aimon_core.events import LlmCalled
from aimon_core.merged import Dated
from aimon_core.session import Tokens

RANK = {"log": 3, "span": 2, "transcript": 1}
"""Whose figures stand where two channels differ: the record of the call itself, then the client's own notes."""


class Outcome(Struct, frozen=True, gc=False):
    """How a model call ended, in the words of the wire; None where nobody told."""

    stop_reason: str | None = None
    """Why the model stopped: `end_turn`, `tool_use`."""
    status: int | None = None
    """HTTP status of a failed call."""
    error_type: str | None = None
    attempts: int = 1


_shared = lru_cache(maxsize=1024)(Outcome)
"""Nearly all calls end in one of a few ways."""


class Call(Dated, gc=False):
    """A call in the books."""

    model: str
    tokens: Tokens
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
    searches: int = 0
    """Searches of the web that the provider ran."""
    reported: int | None = None
    """Picodollars the agent reported."""
    computed: int | None = None
    """Picodollars by the price table; None before pricing, or without a price."""
    priced: bool = False
    """Whether the price table was asked."""
    outcome: Outcome = Outcome()
    fast: bool = False
    """Dearer than any price table knows."""
    counts: bool = True
    """Whether it is a call, and not only tokens."""

    @property
    def picodollars(self) -> int | None:
        """What it cost: as reported, else as computed, else unknown; a call that used nothing costs nothing."""
        if self.reported is not None:
            return self.reported
        if self.computed is not None:
            return self.computed
        return None if self.tokens.total or self.searches else 0


_BEYOND = 10**12
"""Tokens that no single call has: sums of them stay exact in every JSON reader."""


def called(event: LlmCalled) -> Call:
    """The call as its first report tells it."""
    return Call(
        model=event.model,
        tokens=_sound(event.tokens),
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
        searches=event.searches,
        reported=event.cost_picodollars,
        outcome=_shared(event.stop_reason, event.status, event.error_type, event.attempt),
        counts=event.counts,
        fast=event.fast,
    )


def fill(call: Call, event: LlmCalled) -> None:
    """Take from a further report what is better or was missing; the same reports in any order give the same call."""
    rank = RANK.get(event.channel, 0)
    if rank > call.rank:
        ours, theirs = _sound(event.tokens), call.tokens
        call.rank, call.at_ns, call.model = rank, event.at_ns, event.model or call.model
        call.ok = event.ok
    else:
        ours, theirs = call.tokens, _sound(event.tokens)
    tokens, searches = _split(ours, theirs), max(call.searches, event.searches)
    if (tokens, searches) != (call.tokens, call.searches):
        call.tokens, call.searches = tokens, searches
        call.priced, call.computed = False, None
    if call.reported is None:
        call.reported = event.cost_picodollars
    if event.channel == "span" and not call.exact:
        call.exact, call.end_ns = True, event.at_ns
        call.start_ns = event.at_ns - round((event.duration_ms or 0) * 1e6)
    call.error, call.fast = call.error or event.error, call.fast or event.fast
    call.attempt = max(call.attempt, event.attempt)
    call.agent_id = call.agent_id or event.agent_id
    call.outcome = _outcome(call.outcome, event, call.attempt)


def _outcome(known: Outcome, event: LlmCalled, attempts: int) -> Outcome:
    error_type = known.error_type or event.error_type
    return _shared(known.stop_reason or event.stop_reason, known.status or event.status, error_type, attempts)


def _split(ours: Tokens, theirs: Tokens) -> Tokens:
    """Our figures, with the cache writes, their time to live and the reasoning part from them where only they tell."""
    if not ours.cache_write and ours.cache_read == theirs.cache_read and ours.context == theirs.context:
        ours = Tokens(*_parts(theirs)[:5], ours.output, ours.reasoning)
    if ours.reasoning is None and theirs.reasoning is not None and theirs.output == ours.output:
        ours = Tokens(*_parts(ours)[:6], theirs.reasoning)
    if ours.cache_write_unknown and not theirs.cache_write_unknown and theirs.cache_write == ours.cache_write:
        written = (theirs.cache_write_5m, theirs.cache_write_1h, 0)
        return Tokens(ours.input, ours.cache_read, *written, ours.output, ours.reasoning)
    return ours


def _sound(tokens: Tokens) -> Tokens:
    """Tokens that can be: a client that tells less than none, or more than there are, tells nothing."""
    parts = _parts(tokens)
    if min(parts) >= 0 and max(parts) < _BEYOND and 0 <= (tokens.reasoning or 0) < _BEYOND:
        return tokens
    fair = [part if 0 <= part < _BEYOND else 0 for part in parts]
    reasoning = tokens.reasoning if 0 <= (tokens.reasoning or 0) < _BEYOND else None
    return replace(Tokens(*fair), reasoning=reasoning)


def _parts(tokens: Tokens) -> tuple[int, int, int, int, int, int]:
    return (
        tokens.input,
        tokens.cache_read,
        tokens.cache_write_5m,
        tokens.cache_write_1h,
        tokens.cache_write_unknown,
        tokens.output,
    )
