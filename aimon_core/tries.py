"""Attempts at model calls that failed, where the client tells each: which were recovered, which made a call fail.

A client that tells attempts does not tell that it gave up. So attempts of one turn after which no answer came are one
failed call; all others were retries. What followed is looked up when somebody asks, so that it does not matter in
which order things were told.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable

from aimon_core.call import RANK, Call, Outcome
from aimon_core.events import LlmTried
from aimon_core.session import Tokens

Whose = Callable[[str | None], str | None]
NEAR_NS = 100_000_000
"""Two attempts lie further apart: clients wait before they try again."""
REMEMBERED = 512
"""Attempts that are looked at; older ones no longer count."""


class Tries:
    """The failed attempts of one session."""

    def __init__(self) -> None:
        self._tried: list[LlmTried] = []
        self._recovered: set[str] = set()
        """Units of attempts that an answer followed; it may be forgotten, they may not."""

    def __len__(self) -> int:
        return len(self._tried)

    def add(self, event: LlmTried) -> None:
        """An attempt failed; told again, it changes nothing."""
        if not any(_is_same(known, event) for known in self._tried):
            insort(self._tried, event, key=_place)
            del self._tried[:-REMEMBERED]

    def given_up(self, calls: Iterable[Call], turns: list[int], whose: Whose) -> list[Call]:
        """The calls that failed in the end, given the newest calls and, in their order, when turns began.

        `whose` tells which subagent an id means.
        """
        if not self._tried:
            return []
        answered: dict[str | None, list[int]] = {}
        for call in calls:
            if call.ok:
                insort(answered.setdefault(whose(call.agent_id), []), call.at_ns)
        runs: dict[tuple[str | None, int], list[LlmTried]] = {}
        for one in self._tried:
            turn = bisect_right(turns, one.at_ns)
            answers = answered.get(agent := whose(one.agent_id), [])
            place = bisect_right(answers, one.at_ns)
            if place < len(answers) and (turn == len(turns) or answers[place] < turns[turn]):
                self._recovered.add(one.unit)
            if one.unit not in self._recovered:
                runs.setdefault((agent, turn), []).append(one)
        return [_call(run) for run in runs.values()]


def _is_same(known: LlmTried, event: LlmTried) -> bool:
    """Whether both tell of one attempt; a transcript has no span to name it by, and its moment is as good."""
    written = (known.channel == "transcript") is not (event.channel == "transcript")
    return known.unit == event.unit or (written and abs(known.at_ns - event.at_ns) < NEAR_NS)


def _place(event: LlmTried) -> tuple[int, str]:
    return event.at_ns, event.unit


def _call(run: list[LlmTried]) -> Call:
    """One call of several attempts; what made the last one fail made the call fail."""
    first, last = run[0], run[-1]
    return Call(
        model=last.model,
        tokens=Tokens(),
        at_ns=last.at_ns,
        ok=False,
        rank=RANK.get(last.channel, 0),
        start_ns=first.at_ns - round((first.duration_ms or 0) * 1e6),
        end_ns=last.at_ns,
        error=last.error,
        agent_id=last.agent_id,
        attempt=len(run),
        outcome=Outcome(status=last.status, error_type=last.error_type, attempts=len(run)),
    )
