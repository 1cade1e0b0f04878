"""How long one session waited for a person: each wait once, whichever channels tell of it.

A hook tells that a wait begins, a log that it was decided, a span how long it took. The log's record lies in the
wait's own span, which is what joins a span without a tool id to the call (`tui_permission` in the captures).
"""

from bisect import bisect_left
from itertools import accumulate

from msgspec import Struct

from aimon_core.events import PermissionAnswered, PermissionAsked
from aimon_core.nameless import NamelessWaits
from aimon_core.standing import AGREEMENT_NS

REMEMBERED = 1_000
"""Waits that a late report can still complete; older ones only stand in the sums."""


class Wait(Struct):
    """One wait as far as it is known."""

    asked_ns: int | None = None
    answered_ns: int | None = None
    measured_ns: int | None = None
    """What a span says it took."""
    by_rule: bool = False
    """Decided by a rule, not by a person: no wait at all."""

    @property
    def lasted_ns(self) -> int | None:
        """How long it took; None while it lasts, or when it was none."""
        if self.by_rule:
            return None
        if self.measured_ns is not None:
            return self.measured_ns
        if self.asked_ns is None or self.answered_ns is None:
            return None
        return max(0, self.answered_ns - self.asked_ns)

    @property
    def is_measured(self) -> bool:
        """Whether a span alone tells of it, which may not know what was asked (Copilot CLI)."""
        return self.asked_ns is None and self.measured_ns is not None

    @property
    def is_timed(self) -> bool:
        """Whether it was told when it began and when it ended, and no span was found that measured it."""
        return None not in {self.asked_ns, self.answered_ns} and self.measured_ns is None and not self.by_rule

    @property
    def window(self) -> tuple[int | None, int | None]:
        """When it began and ended, as exactly as anybody told; None where nobody did."""
        if self.measured_ns is not None and self.answered_ns is not None:
            return self.answered_ns - self.measured_ns, self.answered_ns
        return self.asked_ns, self.answered_ns


class Ledger:
    """Waits by when they ended."""

    def __init__(self, lasted: list[tuple[int, int]]) -> None:
        lasted = sorted(lasted)
        self._ends = [ended_ns for ended_ns, _ in lasted]
        self._sums = [0, *accumulate(lasted_ns for _, lasted_ns in lasted)]

    def between(self, start_ns: int, end_ns: int | None) -> int:
        """Time of the waits that ended from one moment until before another; None is for ever."""
        last = len(self._ends) if end_ns is None else bisect_left(self._ends, end_ns)
        return self._sums[last] - self._sums[bisect_left(self._ends, start_ns)]


class Waits:
    """The waits of one session."""

    def __init__(self) -> None:
        self._waits: dict[str, Wait] = {}
        self._alias: dict[str, str] = {}
        self._folded = self._folded_ns = 0
        self.nameless = NamelessWaits()

    def get(self, call_id: str) -> Wait | None:
        """The wait of a tool call, if it had one."""
        return self._waits.get(call_id)

    def asked(self, event: PermissionAsked) -> None:
        """A wait begins; one with a digest has an id that is not known yet."""
        if event.call_id is None and not event.digest:
            self.nameless.note("asked", event.at_ns, event.name)
        elif event.call_id is not None:
            wait = self._of(event.call_id)
            wait.asked_ns = event.at_ns if wait.asked_ns is None else min(wait.asked_ns, event.at_ns)

    def answered(self, event: PermissionAnswered) -> None:
        """A wait was decided, or there was none because a rule decided."""
        wait = self._joined(event)
        wait.by_rule = wait.by_rule or not event.by_person
        if event.waited_ms is not None:
            wait.measured_ns = round(event.waited_ms * 1e6)
        wait.answered_ns = event.at_ns if wait.answered_ns is None else min(wait.answered_ns, event.at_ns)

    def closed(self, call_id: str, at_ns: int) -> None:
        """The tool went on or the turn ended: a wait nobody decided is over."""
        wait = self._waits.get(call_id)
        if wait is not None and wait.answered_ns is None:
            wait.answered_ns = at_ns

    @property
    def count(self) -> int:
        """Waits that are over."""
        return self._folded + len(self._lasted())

    @property
    def total_ns(self) -> int:
        """Time spent in them."""
        return self._folded_ns + sum(lasted for _, lasted in self._lasted())

    def since(self, start_ns: int) -> tuple[int, int]:
        """Number and time of the waits that ended after a moment."""
        lasted = [lasted for ended_ns, lasted in self._lasted() if ended_ns >= start_ns]
        return len(lasted), sum(lasted)

    def ledger(self) -> "Ledger":
        """The waits in the order of their ends, for sums over many spaces of time."""
        return Ledger(self._lasted())

    def forget(self, before_ns: int) -> None:
        """Only count the waits that were over before a moment."""
        self._keep(
            {key: one for key, one in self._waits.items() if (one.answered_ns or before_ns) >= before_ns}, before_ns
        )

    def _lasted(self) -> list[tuple[int, int]]:
        """When each wait ended and how long it took; while two were on, somebody waited once.

        A wait without an id counts where none with an id was on, and one that was only measured where none was as long.
        """
        told = (wait.window for wait in self._waits.values() if wait.is_timed)
        asked = sorted((start or 0, end or 0) for start, end in told)
        known = [
            (wait, lasted)
            for wait in self._waits.values()
            if (lasted := wait.lasted_ns) is not None and not (wait.is_measured and _is_among(wait.window, asked))
        ]
        windows = [(start, end) for wait, _ in known for start, end in [wait.window] if start and end]
        nameless = [
            (end, end - start)
            for start, end in self.nameless.windows()
            if not any(start < its_end and its_start < end for its_start, its_end in windows)
        ]
        return _apart([(wait.answered_ns or 0, lasted) for wait, lasted in known] + nameless)

    def _joined(self, event: PermissionAnswered) -> Wait:
        if event.call_id is None:
            return self._of(self._alias.get(event.unit, event.unit))
        if event.unit not in self._alias and event.unit not in {"", event.call_id}:
            self._alias[event.unit] = event.call_id
            if (early := self._waits.pop(event.unit, None)) is not None:
                wait = self._of(event.call_id)
                wait.measured_ns = early.measured_ns
                wait.by_rule = wait.by_rule or early.by_rule
        return self._of(event.call_id)

    def _of(self, key: str) -> Wait:
        wait = self._waits.get(key)
        if wait is None:
            wait = self._waits[key] = Wait()
            if len(self._waits) > REMEMBERED:
                self._keep(dict(list(self._waits.items())[REMEMBERED // 2 :]))
        return wait

    def _keep(self, waits: dict[str, Wait], since_ns: int = 0) -> None:
        """Remember these, and those without an id since a moment; all others only count."""
        count, total_ns = self.count, self.total_ns
        self._waits = waits
        self._alias = {unit: key for unit, key in self._alias.items() if key in waits}
        self.nameless.forget(since_ns)
        self._folded, self._folded_ns = self._folded + count - self.count, self._folded_ns + total_ns - self.total_ns


def _is_among(window: tuple[int | None, int | None], others: list[tuple[int, int]]) -> bool:
    """Whether one of some waits, in the order of their starts, began and ended with this one."""
    start_ns, end_ns = window[0] or 0, window[1] or 0
    for its_start, its_end in others[bisect_left(others, (start_ns - AGREEMENT_NS, 0)) :]:
        if its_start >= start_ns + AGREEMENT_NS:
            break
        if abs(its_end - end_ns) < AGREEMENT_NS:
            return True
    return False


def _apart(lasted: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same waits, each without the time that one which ended before had in common with it."""
    told, covered = [], list[tuple[int, int]]()
    for ended_ns, lasted_ns in sorted(lasted):
        start_ns, known_ns = ended_ns - lasted_ns, 0
        while covered and covered[-1][1] > start_ns:
            began_ns, over_ns = covered.pop()
            start_ns, known_ns = min(start_ns, began_ns), known_ns + over_ns - began_ns
        covered.append((start_ns, ended_ns))
        told.append((ended_ns, ended_ns - start_ns - known_ns))
    return told
