"""The turns of one session: how many there were, and when each began and ended.

The number is counted like calls are, over channels, whatever the order. When they were is read off prompts and off the
spans of interactions; one prompt told by two channels, or by a span that began a moment before it, is one turn.
"""

from bisect import bisect_left, bisect_right
from typing import NamedTuple, get_args

from msgspec import Struct

from aimon_core.bag import Bag
from aimon_core.events import CompactionStarted, Ending, LlmCalled, PromptSubmitted, TurnEnded

SAME_NS = 1_500_000_000
"""Two reports of one prompt lie closer than this: a hook's process takes up to 0.4 s to start, a span begins before."""

REMEMBERED = 5_000


ENDINGS: tuple[Ending, ...] = get_args(Ending)


class TurnTimes(Struct):
    """When one turn was."""

    start_ns: int
    prompt_id: str | None = None
    title: str = ""
    by_hook: bool = False
    """Whether a hook told of the prompt, so that its moment is sure."""
    aside: bool = True
    """Nobody asked for anything: a command of the client, such as one that compacts, until a prompt or call is told."""


class End(NamedTuple):
    """That a turn ended, as one channel told it."""

    at_ns: int
    rank: int
    """Place of the reason in `ENDINGS`."""
    prompt_id: str

    @property
    def reason(self) -> Ending:
        """Who says so, and how."""
        return ENDINGS[self.rank]


class Turns:
    """The turns of one session."""

    def __init__(self) -> None:
        self._bag = Bag()
        self._starts: list[int] = []
        self._by_prompt: dict[str, TurnTimes] = {}
        self._ends: list[End] = []
        """In the order of their times: an end may be told before its beginning."""
        self.times: list[TurnTimes] = []
        """In the order of their starts."""
        self.forgotten = 0
        """Turns before those, which are only counted."""

    @property
    def size(self) -> int:
        """How many turns there were."""
        return self._bag.size

    @property
    def last_ns(self) -> int | None:
        """When the last of them began that somebody asked for."""
        return next((turn.start_ns for turn in reversed(self.times) if not turn.aside), None)

    def prompted(self, event: PromptSubmitted) -> None:
        """Somebody asked; a command of the client is no turn unless a model answers it."""
        turn = self.at(event.at_ns) if event.by_thread else None  # a turn under way is the one that a thread works for
        if turn is None or self._ended(turn.start_ns, event.at_ns):
            turn = self._turn(event.prompt_id, event.at_ns)
        turn.title = turn.title or event.text
        turn.by_hook |= event.channel == "hook"
        if not event.command:
            self._bag.add(event.channel, event.prompt_id, event.unit)
            turn.aside = False

    def compacts(self, event: CompactionStarted) -> None:
        """A summary is written, within a turn or beside all of them."""
        if event.prompt_id is not None:
            self._turn(event.prompt_id, event.at_ns)

    def called(self, event: LlmCalled) -> None:
        """A call of the own thread proves its turn, whichever channel told of the prompt, or none."""
        if event.agent_id is not None or event.side:
            return
        began_ns = event.at_ns - round((event.duration_ms or 0) * 1e6)
        if event.prompt_id is not None:
            self._bag.add(event.channel, event.prompt_id, "")
            turn = self._by_prompt.get(event.prompt_id) or self._turn(event.prompt_id, began_ns)
            turn.aside = False
        elif event.turn_span is not None:
            self._bag.add(event.channel, None, event.turn_span)
            known = self.at(began_ns)
            if known is None or self._ended(known.start_ns, began_ns):
                known = self._turn(None, began_ns)
            known.aside = False

    def ended(self, event: TurnEnded) -> None:
        """A turn is over; its span also tells when it began."""
        turn = self.at(event.at_ns)
        if event.began_ns is not None:
            if turn is None or turn.start_ns < event.began_ns - SAME_NS:
                turn = self._insert(TurnTimes(event.began_ns))
            elif event.began_ns < turn.start_ns:
                self._move(turn, event.began_ns)
        self._end(event.at_ns, event.reason, event.prompt_id)

    def denied(self, at_ns: int) -> None:
        """A person refused a tool and took the turn back; where it goes on after all, a later end says so."""
        self._end(at_ns, "denied", None)

    def endings(self) -> dict[int, End]:
        """How the turns ended, each by its start: as the surest channel says, when the last one says."""
        told: dict[int, list[End]] = {}
        for end in self._ends:
            turn = self._by_prompt.get(end.prompt_id) or self.at(end.at_ns)
            if turn is not None:
                told.setdefault(turn.start_ns, []).append(end)
        return {start_ns: _agreed(ends) for start_ns, ends in told.items()}

    def at(self, at_ns: int) -> TurnTimes | None:
        """The turn that a moment belongs to: the last one begun before it."""
        place = bisect_right(self._starts, at_ns)
        return self.times[place - 1] if place else None

    def forget(self, before_ns: int) -> None:
        """Only count the turns that began before a moment."""
        self._drop(bisect_left(self._starts, before_ns))
        del self._ends[: bisect_left(self._ends, before_ns, key=lambda end: end.at_ns)]
        self._bag.forget()

    def _end(self, at_ns: int, reason: Ending, prompt_id: str | None) -> None:
        end = End(at_ns, ENDINGS.index(reason), prompt_id or "")
        place = bisect_right(self._ends, end)
        if place and self._ends[place - 1] == end:
            return
        self._ends.insert(place, end)
        if len(self._ends) > 4 * REMEMBERED:
            del self._ends[:REMEMBERED]

    def _ended(self, start_ns: int, until_ns: int) -> bool:
        """Whether a turn ended between two moments."""
        place = bisect_right(self._ends, start_ns, key=lambda end: end.at_ns)
        return place < len(self._ends) and self._ends[place].at_ns < until_ns

    def _turn(self, prompt_id: str | None, at_ns: int) -> TurnTimes:
        """The turn that began about then, known or new; it began when its earliest report says so."""
        turn = self._by_prompt.get(prompt_id or "") or self._near(prompt_id, at_ns)
        if turn is None:
            turn = self._insert(TurnTimes(at_ns))
        elif at_ns < turn.start_ns:
            self._move(turn, at_ns)
        if prompt_id is not None and turn.prompt_id is None:
            turn.prompt_id = prompt_id
            self._by_prompt[prompt_id] = turn
        return turn

    def _near(self, prompt_id: str | None, at_ns: int) -> TurnTimes | None:
        """A turn that this may be another report of: near in time, and not another prompt's."""
        place = bisect_right(self._starts, at_ns + SAME_NS)
        for turn in reversed(self.times[max(0, place - 3) : place]):
            alike = turn.prompt_id is None or prompt_id is None or turn.prompt_id == prompt_id
            if alike and abs(turn.start_ns - at_ns) <= SAME_NS:
                return turn
        return None

    def _move(self, turn: TurnTimes, start_ns: int) -> None:
        place = self.times.index(turn)
        del self.times[place], self._starts[place]
        turn.start_ns = start_ns
        self._insert(turn)

    def _insert(self, turn: TurnTimes) -> TurnTimes:
        place = bisect_right(self._starts, turn.start_ns)
        self._starts.insert(place, turn.start_ns)
        self.times.insert(place, turn)
        if len(self.times) > REMEMBERED:
            self._drop(REMEMBERED // 10)
        return turn

    def _drop(self, count: int) -> None:
        for gone in self.times[:count]:
            self._by_prompt.pop(gone.prompt_id or "", None)
            self.forgotten += not gone.aside
        del self.times[:count], self._starts[:count]


def _agreed(ends: list[End]) -> End:
    """One end out of all that was told of it; idleness is noticed a minute late, and counts where nothing else does."""
    sure = [end for end in ends if end.reason != "idle"] or ends[:1]
    last_stop_ns = max((end.at_ns for end in sure if end.reason == "stop_hook"), default=0)
    surest = max(end.rank for end in sure if end.reason != "denied" or end.at_ns > last_stop_ns)
    return End(max(end.at_ns for end in sure), surest, "")
