"""The turns of one session: how many there were, and when each began and ended.

The number is counted like calls are, over channels, whatever the order. When they were is read off prompts and off the
spans of interactions; one prompt told by two channels, or by a span that began a moment before it, is one turn.
"""

from bisect import bisect_right

from msgspec import Struct

from aimon_core.bag import Bag
from aimon_core.events import LlmCalled, PromptSubmitted, TurnEnded

SAME_NS = 1_500_000_000
"""Two reports of one prompt lie closer than this: a hook's process takes up to 0.4 s to start, a span begins before."""

REMEMBERED = 5_000


class TurnTimes(Struct):
    """When one turn was."""

    start_ns: int
    end_ns: int | None = None
    prompt_id: str | None = None
    title: str = ""
    reason: str = ""


class Turns:
    """The turns of one session."""

    def __init__(self) -> None:
        self._bag = Bag()
        self._starts: list[int] = []
        self._by_prompt: dict[str, TurnTimes] = {}
        self.times: list[TurnTimes] = []
        """In the order of their starts."""

    @property
    def size(self) -> int:
        """How many turns there were."""
        return self._bag.size

    def prompted(self, event: PromptSubmitted) -> None:
        """Somebody asked; a command of the client is no turn unless a model is called for it."""
        if event.command:
            return
        self._bag.add(event.channel, event.prompt_id, event.unit)
        turn = self._turn(event.prompt_id, event.at_ns)
        turn.title = turn.title or event.text

    def called(self, event: LlmCalled) -> None:
        """A call of the own thread proves its turn, whichever channel told of the prompt, or none."""
        if event.agent_id is not None or event.side:
            return
        began_ns = event.at_ns - round((event.duration_ms or 0) * 1e6)
        if event.prompt_id is not None:
            self._bag.add(event.channel, event.prompt_id, "")
            if event.prompt_id not in self._by_prompt:
                self._turn(event.prompt_id, began_ns)
        elif event.turn_span is not None:
            self._bag.add(event.channel, None, event.turn_span)
            known = self.at(began_ns)
            if known is None or (known.end_ns is not None and known.end_ns < began_ns):
                self._turn(None, began_ns)

    def ended(self, event: TurnEnded) -> None:
        """A turn is over; its span also tells when it began."""
        turn = self.at(event.at_ns)
        if event.began_ns is not None:
            if turn is None or turn.start_ns < event.began_ns - SAME_NS:
                turn = self._insert(TurnTimes(event.began_ns))
            elif event.began_ns < turn.start_ns:
                self._move(turn, event.began_ns)
        if turn is not None:
            turn.end_ns = max(turn.end_ns or 0, event.at_ns)
            turn.reason = turn.reason or event.reason

    def at(self, at_ns: int) -> TurnTimes | None:
        """The turn that a moment belongs to: the last one begun before it."""
        place = bisect_right(self._starts, at_ns)
        return self.times[place - 1] if place else None

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
            for gone in self.times[: REMEMBERED // 10]:
                self._by_prompt.pop(gone.prompt_id or "", None)
            del self.times[: REMEMBERED // 10], self._starts[: REMEMBERED // 10]
        return turn
