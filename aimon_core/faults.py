"""What went wrong in one session: failed calls stand in its tally, here turns and the last error."""

from collections.abc import Iterable

from aimon_core.bag import Bag
from aimon_core.call import Call
from aimon_core.events import LlmCalled, TurnEnded


class Faults:
    """Failed turns, each once, and the last error."""

    __slots__ = ("_last", "_runs", "_turns", "_untold")

    def __init__(self) -> None:
        self._turns = Bag()
        self._runs: dict[str, bool] = {}
        """By span, whether the run it is failed by itself."""
        self._last: tuple[int, str] | None = None
        self._untold = False
        """Whether a turn failed that does not say of what."""

    def called(self, event: LlmCalled) -> None:
        """A call came back."""
        if not event.ok and event.error_type:
            self._note(event.at_ns, event.error_type)

    def turn(self, event: TurnEnded) -> None:
        """A turn is over."""
        if event.reason != "failed":
            return
        if event.channel == "span" and event.turn_span is not None:
            self._runs[event.turn_span] = not event.by_tool and self._runs.get(event.turn_span, True)
        else:
            self._turns.add(event.channel, event.prompt_id, str(event.at_ns))
        if event.error_type:
            self._note(event.at_ns, event.error_type)
        else:
            self._untold = True

    def count(self, failed_calls: int) -> int:
        """Reported failures, tool failures apart: a failed turn is that of its last call."""
        return max(failed_calls, self._turns.size + sum(self._runs.values()))

    def last_type(self, given_up: Iterable[Call]) -> str | None:
        """The kind of the last one; the calls that were given up are told attempt by attempt, and not here."""
        told = [self._last] if self._last else []
        told += [(call.at_ns, call.outcome.error_type or "unknown") for call in given_up]
        return max(told)[1] if told else "unknown" if self._untold else None

    def _note(self, at_ns: int, error_type: str) -> None:
        if self._last is None or self._last[0] <= at_ns:
            self._last = (at_ns, error_type)
