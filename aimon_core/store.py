"""The ledger: all sessions, the only mutable thing of the program. Events go in, pictures and transitions come out.

It is written at any speed and read at the frame: `apply` enters events and marks sessions dirty, `tick` lets time pass,
`drain` prices what is new and says what changed. No locks, no timers, no `try`: one loop owns it, and tests step it.
"""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from aimon_core.addresses import Addresses
from aimon_core.agents import traits
from aimon_core.auxiliaries import Auxiliaries
from aimon_core.bounds import Counters, Limits, relieve
from aimon_core.clock import Clock
from aimon_core.drift import Drifts
from aimon_core.entry import Entry
from aimon_core.events import Counted, Drifted, Event, Gauged, LlmCalled, SessionEnded, SessionSeen
from aimon_core.identity import OPENING, PEER, Owners, Processes, seen, session_key
from aimon_core.kinship import starter
from aimon_core.lifecycle import elapse
from aimon_core.metering import Metering
from aimon_core.picture import draw
from aimon_core.priced import Prices, settle
from aimon_core.probe import Probes, is_probe
from aimon_core.session import Session, State, Terminal, Totals, Transition
from aimon_core.spans import TurnTree, growing
from aimon_core.standing import AGREEMENT_NS, Options, Status
from aimon_core.sums import Sums
from aimon_core.totals import Footing
from aimon_core.trees import Trees
from aimon_core.verdict import Verdict

_MINUTE_NS = 60_000_000_000
_STEP_NS = 500_000_000
"""Between two looks at the silence of sessions: a thousand of them take 2 ms."""
_LOOK = 16_384
"""Events between two looks at how much is remembered."""


class SessionStore:
    """Every session, what it costs and where it stands."""

    def __init__(
        self,
        clock: Clock,
        *,
        options: Options = Options(),  # noqa: B008 - frozen
        limits: Limits = Limits(),  # noqa: B008 - frozen
        sums: Sums | None = None,
    ) -> None:
        """`sums` are everybody's books, for whoever wants to know more of them than today's."""
        self._clock, self._options, self._limits = clock, options, limits
        self._entries: dict[str, Entry] = {}
        self._pictures, self._states = dict[str, Session](), dict[str, State]()
        self._dirty, self._moving = set[str](), set[str]()
        self._processes, self._owners = Processes(), Owners()
        self._auxiliaries = Auxiliaries(self._entries)
        self._addresses = Addresses(self._entries, self._forget, self._drifted)
        self._sums, self._trees, self._probes = sums or Sums(), Trees(clock), Probes()
        self._prices: Prices | None = None
        self._started_ns = clock.now_ns()
        self._minute = self._started_ns // _MINUTE_NS
        self._look_at, self._ticked_ns = _LOOK, 0
        self.machine, self.counters, self.drifts, self._footing = Metering(), Counters(), Drifts(), Footing(self._sums)

    @property
    def prices(self) -> Prices | None:
        """The price table; None until it is loaded, and until then nothing is priced."""
        return self._prices

    @prices.setter
    def prices(self, prices: Prices) -> None:
        self._prices = prices
        self._dirty.update(self._entries)

    def apply(self, events: Iterable[Event], arrived_ns: int | None = None) -> list[Transition]:
        """Enter the events of one delivery; returns which sessions changed their state.

        `arrived_ns` is when they came in, for a journal that is read again; now, if not told.
        """
        now_ns = arrived_ns or self._clock.now_ns()
        touched: dict[str, None] = {}
        for event in self._addresses.told(events, now_ns):
            self.counters.events += 1
            if isinstance(event, Counted):
                self.machine.add(event)
                continue
            key = session_key(event)
            entry = self._entries.get(key)
            if entry is None and is_probe(event):
                self._probes.take(event, now_ns)
                continue
            if (owner := self._owners.claim(event, key)) is not None and self._repeats(event, owner):
                continue
            if entry is None and (entry := self._opened(key, event)) is None:
                continue
            if entry.take(event, now_ns):
                touched[key] = None
            for changed in self._auxiliaries.hear(event, entry):
                touched[changed] = None
            if isinstance(event, SessionSeen) and (left := self._left(event, entry, now_ns)) is not None:
                touched[left] = None
        self._dirty.update(touched)
        if self.counters.events >= self._look_at:
            self._look_at = self.counters.events + _LOOK
            self._dirty |= relieve(self._entries, self._limits, self.counters)
        return [moved for key in touched if (moved := self._moved(key, now_ns)) is not None]

    def tick(self) -> list[Transition]:
        """Let time pass: silence ends turns, ended rows leave the list, the long silent expire."""
        now_ns = self._clock.now_ns()
        if 0 <= now_ns - self._ticked_ns < _STEP_NS:
            return []
        self._ticked_ns = now_ns
        moved = []
        minute = now_ns // _MINUTE_NS
        if minute != self._minute:  # burn and sparklines age even when nothing happens
            self._minute = minute
            self._dirty.update(self._moving)
        for key in list(self._moving):
            entry = self._entries[key]
            silent_s = (now_ns - max(entry.arrived_ns, self._started_ns)) / 1e9
            status = entry.fold.status
            after = self._aged(entry, now_ns, silent_s)
            if after is not status:
                entry.go_on_from(after)
                self._dirty.add(key)
                if (transition := self._moved(key, now_ns)) is not None:
                    moved.append(transition)
            elif status.state == "ended" and now_ns - entry.arrived_ns > self._options.ended_listed_s * 1e9:
                self._moving.discard(key)
                self._dirty.add(key)
        return moved

    def drain(self) -> set[str]:
        """The keys that changed since the last call, dirty calls priced."""
        changed, self._dirty = self._dirty, set()
        self._footing.due |= changed
        for key in changed:
            self._pictures.pop(key, None)
            if (entry := self._entries.get(key)) is not None:
                settle(entry, self._prices)
        return changed | self._trees.behind()

    def get(self, key: str) -> Session | None:
        """The picture of a session, drawn anew only when it changed."""
        if (picture := self._pictures.get(key)) is not None and key not in self._dirty:
            return picture
        entry = self._entries.get(key)
        if entry is None or not entry.shown:
            return self._probes.get(key, self._clock.now_ns())
        settle(entry, self._prices)
        model = entry.last_call[1].model if entry.last_call else ""
        limit = self._prices.context_limit(entry.agent, model) if self._prices and model else None
        now_ns, kin, unread = self._clock.now_ns(), starter(entry, self._entries), self.drifts.blind_spots(key)
        picture = self._pictures[key] = draw(key, entry, now_ns, limit, kin, unread)
        return picture

    def sessions(self, *, every: bool = False) -> list[Session]:
        """The sessions to list, oldest first; with `every` also those ended for long and expired."""
        keys = [key for key, entry in self._entries.items() if entry.shown and (every or key in self._moving)]
        return [picture for key in keys if (picture := self.get(key)) is not None]

    def turns(self, key: str) -> list[TurnTree]:
        """The tree of a session, as far as it has been read; when there is more, `drain` tells the key again."""
        if (entry := self._entries.get(key)) is None:
            return []
        settle(entry, self._prices)
        return self._trees.turns(key, entry)

    def growing(self, key: str) -> Iterator[TurnTree | None]:
        """All of it for whoever shares the loop: a None where others may run."""
        if (entry := self._entries.get(key)) is not None:
            settle(entry, self._prices)
            yield from growing(entry)

    def totals(self) -> Totals:
        """Sums over all sessions ever applied."""
        for key in self._dirty & self._entries.keys():
            settle(self._entries[key], self._prices)
        return self._footing.total(self._dirty, self._entries, self._clock.now_ns())

    def refuse(self, key: str) -> None:
        """A body of this session's client was not taken at the door: its figures may miss something."""
        if (entry := self._entries.get(key)) is not None:
            entry.refused_bodies += 1
            self._dirty.add(key)

    def acknowledge(self, key: str) -> list[Transition]:
        """A person has seen that a session is done or failed: it is idle now."""
        entry = self._entries.get(key)
        if entry is None or entry.fold.status.state not in {"completed", "failed"}:
            return []
        return self.apply([seen(key, entry.last_ns + AGREEMENT_NS)])  # by its client's clock, which may not be ours

    def place(self, key: str, process: tuple[int, float], chain: tuple[str, ...], *, focusable: bool) -> None:
        """Where a process, a pid with its start time, was found; an empty chain where it was found nowhere.

        Counts only as long as the session is that very process.
        """
        if (entry := self._entries.get(key)) is None or not entry.process.is_process(*process):
            return
        found = Terminal(chain, focusable, entry.process.by) if chain else None
        if found != entry.terminal:
            entry.terminal = found
            self._dirty.add(key)

    def judge(self, key: str, verdict: Verdict | None) -> None:
        """What a session's work is judged to be."""
        if (entry := self._entries.get(key)) is not None and entry.verdict != verdict:
            entry.verdict = verdict
            self._dirty.add(key)

    def _drifted(self, event: Drifted, now_ns: int) -> None:
        self._dirty |= self.drifts.add(event, now_ns)

    def _opened(self, key: str, event: Event) -> Entry | None:
        """A new session, or None where a word alone makes none."""
        if isinstance(event, SessionSeen | Gauged) and (event.channel not in OPENING or event.signal == PEER):
            return None  # start-up noise: a resumed client first shows an id it never uses
        if len(self._entries) >= self._limits.sessions:
            self._evict()
        self._entries[key] = Entry(event.agent, event.session_id, self._sums.of(event.agent, event.session_id))
        return self._entries[key]

    def works_for(self, key: str) -> str:
        """The key of the session whose work this is: another one's where it is a hidden helper."""
        thread = self._entries[key].thread if key in self._entries else None
        return thread.owner or key if thread and thread.hidden else key

    def _evict(self) -> None:
        """Forget the longest silent twentieth, rows that nobody lists and that are over first."""
        worth = sorted(self._entries, key=lambda key: (key in self._moving, self._entries[key].arrived_ns))
        for key in worth[: self._limits.sessions // 20 + 1]:
            self.counters.calls_folded += self._forget(key).tally.calls
            self.counters.sessions_evicted += 1

    def _forget(self, key: str) -> Entry:
        """Let a session go, with books that are settled: everybody's sums keep what stands in them."""
        settle(entry := self._entries.pop(key), self._prices)
        self._auxiliaries.forget(key, entry)
        self._moving.discard(key)
        self._pictures.pop(key, None)
        self._states.pop(key, None)
        self._dirty.add(key)
        return entry

    def _repeats(self, event: Event, owner: str) -> bool:
        """Whether a transcript repeats another session's call; one that only a transcript claimed gives way."""
        if event.channel == "transcript":
            return True
        entry = self._entries.get(owner)
        if entry is not None and isinstance(event, LlmCalled) and event.call_id is not None:
            entry.calls.withdraw(event.call_id, told_by="transcript")
            self._dirty.add(owner)
        return False

    def _left(self, event: SessionSeen, seen: Entry, now_ns: int) -> str | None:
        """The session that ends since its process goes on under this one's id."""
        several = traits(event.agent).several
        if event.pid is None or seen.thread.hidden:
            return None
        left = self._processes.enter(event, event.pid, several=several)
        if left is None or (entry := self._entries.get(left)) is None:
            return None
        if not entry.listed:  # it was only this process, which now says who it is
            self._forget(left)
            return None
        end = SessionEnded(
            agent=event.agent,
            session_id=entry.session_id,
            at_ns=max(event.at_ns, entry.last_ns + AGREEMENT_NS),  # not before its own last word
            channel="process",
            signal="new-session",
        )
        entry.take(end, now_ns)
        return left

    def _aged(self, entry: Entry, now_ns: int, silent_s: float) -> Status:
        status, expire_s = entry.fold.status, self._options.expire_s
        over = silent_s > expire_s and not entry.lives_since(now_ns - round(expire_s * 1e9))
        if over and status.state not in {"ended", "expired"}:
            return replace(status, state="expired", since_ns=now_ns, decider="clock:silence", decided_ns=now_ns)
        return elapse(status, min(now_ns, entry.last_ns + round(self._options.quiet_s * 1e9)), silent_s, self._options)

    def _moved(self, key: str, now_ns: int) -> Transition | None:
        """The change of state since the last look at a session, if it is one that people see."""
        entry = self._entries.get(key)
        if entry is None or not entry.shown:
            return None
        before, after = self._states.get(key), entry.fold.status.state
        if after == "expired":
            self._moving.discard(key)
        elif before != after or before is None:
            self._moving.add(key)
        if before == after:
            return None
        self._states[key] = after
        return Transition(key, before, after, now_ns)
