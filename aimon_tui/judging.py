"""Judges sessions while they run by what the settings expect of their project: a hand that works beside the loop.

A session that changed is looked at again a second later at the soonest, and one whose tree is large ever more seldom:
its turns are read in steps, and everything else happens in a thread. What judges is loaded then, which takes as long as
the first paint.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from msgspec.structs import replace

from aimon_core.clock import Clock
from aimon_core.errors import UsageError
from aimon_core.session import Session, Transition
from aimon_core.spans import Span, TurnTree
from aimon_core.verdict import Verdict
from aimon_core.wire import session_dict, span_dict, turn_dict

if TYPE_CHECKING:  # pydantic waits for the first paint
    from aimon_trace.expectations import Expectations

LOG = logging.getLogger("aimon")

SOON_S = 1.0
"""Between a change and the look at it: what comes together is judged together."""
PAUSE = 20.0
"""A session that took long is judged again only after as many times as long."""

Pause = Callable[[float], Any]


class Books(Protocol):
    """What is judged, and who is told (`store.SessionStore`)."""

    def get(self, key: str) -> Session | None:
        """One session."""

    def sessions(self) -> list[Session]:
        """Those that are listed."""

    def growing(self, key: str) -> Iterator[TurnTree | None]:
        """Its turns, None where others may run."""

    def judge(self, key: str, verdict: Verdict | None) -> None:
        """Keep a verdict."""


class Judging:
    """Keeps the verdict on every session whose project something is expected of."""

    def __init__(
        self,
        books: Books,
        tables: Mapping[str, Mapping[str, Any]],
        clock: Clock,
        *,
        where: str,
        alert: Callable[[Session, Verdict], None],
        complain: Callable[[str], None],
    ) -> None:
        """`tables` are those of the settings, `where` is their file. `alert` hears of each limit broken, once."""
        self._books, self._tables, self._clock, self._where = books, tables, clock, where
        self._alert, self._complain = alert, complain
        self._rules: Rules | None = None
        self._due: dict[str, float] = {}
        self._seen: dict[str, object] = {}
        """By session, what was judged last."""
        self._alerted: dict[str, set[str]] = {}
        self._began_ns = clock.now_ns()
        self._work: asyncio.Task[None] | None = None

    def moved(self, transitions: Collection[Transition]) -> None:
        """Nothing: a frame tells the same."""

    def frame(self, changed: Collection[str]) -> None:
        """These sessions changed: judge them soon."""
        now_s = self._clock.monotonic()
        for key in changed:
            self._due.setdefault(key, now_s + SOON_S)
        if self._work is not None and self._work.done():
            self._work.result()  # whatever went wrong: we are let go, with a word
        if self._work is None or (self._work.done() and any(at_s <= now_s for at_s in self._due.values())):
            self._work = asyncio.get_running_loop().create_task(self.look())

    async def close(self) -> None:
        """Judge no more."""
        if self._work is not None:
            self._work.cancel()

    async def look(self) -> None:
        """Judge the sessions whose time has come."""
        rules = self._rules or await self._read()
        due_s = self._clock.monotonic()
        for key in [key for key, at_s in self._due.items() if at_s <= due_s]:
            del self._due[key]
            session = self._books.get(key)
            if session is None:
                self._seen.pop(key, None)
                self._alerted.pop(key, None)
            else:
                await self._look_at(session, rules)

    async def _read(self) -> "Rules":
        """Read the rules, and note what was there before anybody could judge."""
        rules, problems = await asyncio.to_thread(read, self._tables, self._where)
        for problem in problems:
            self._complain(problem)
        self._due |= {session.key: 0.0 for session in self._books.sessions()}
        self._rules = rules
        return rules

    async def _look_at(self, session: Session, rules: "Rules") -> None:
        expected, mark = rules.of(session), _mark(session)
        if expected is not None and self._seen.get(session.key) != mark:
            self._seen[session.key] = mark
            await self._judge(session, expected)

    async def _judge(self, session: Session, expected: "Expectations") -> None:
        began_s = self._clock.monotonic()
        turns = []
        for turn in self._books.growing(session.key):
            if turn is None:
                await asyncio.sleep(0)
            else:
                turns.append(turn)
        try:
            found = await asyncio.to_thread(judged, session, turns, expected)
        except UsageError as error:  # a scorer of somebody's own may not like what is expected of it
            LOG.warning("%s", error)
            return
        took_s = self._clock.monotonic() - began_s
        self._due[session.key] = self._clock.monotonic() + max(SOON_S, PAUSE * took_s)  # it has changed by our verdict
        self._books.judge(session.key, found)
        if found is not None and session.last_activity_at_ns >= self._began_ns:
            self._tell(session, found)

    def _tell(self, session: Session, found: Verdict) -> None:
        """Of limits broken before we began somebody was told then."""
        known = self._alerted.setdefault(session.key, set())
        if not known.issuperset(found.broken):
            known.update(found.broken)
            self._alert(session, found)


class Rules:
    """What is expected, by project."""

    def __init__(self, rules: Mapping[str, "Expectations"]) -> None:
        """A key is a project's name or folder, or a glob of either."""
        self._rules = sorted(rules.items(), key=lambda rule: (_is_glob(rule[0]), -len(rule[0])))

    def of(self, session: Session) -> "Expectations | None":
        """What is expected of a session: by its very name, else by the longest glob that fits."""
        names = [name for name in (session.name, session.cwd) if name]
        return next((told for key, told in self._rules if any(_fits(name, key) for name in names)), None)


def read(tables: Mapping[str, Mapping[str, Any]], where: str) -> tuple[Rules, list[str]]:
    """The rules of the settings, and what is wrong with the tables that cannot be followed."""
    from aimon_trace.expectations import Expectations

    rules, problems = {}, []
    for project, table in tables.items():
        try:
            rules[project] = Expectations.of(table, f'{where}: [expectations."{project}"]')
        except UsageError as error:
            problems.append(str(error))
    return Rules(rules), problems


def judged(session: Session, turns: list[TurnTree], expected: "Expectations") -> Verdict | None:
    """The verdict on a session, for a thread."""
    from aimon_trace.ongoing import watched

    told = [turn_dict(turn) | {"spans": [span_dict(span) for span in turn.spans if _counts(span)]} for turn in turns]
    found, budget = watched(session_dict(session), told, expected), expected.cost_budget
    return replace(found, budget_usd=budget.max_usd) if found and budget else found


def _counts(span: Span) -> bool:
    """Whether the tree tells more of it than the session's own figures: half of a tree are answers, which do not."""
    return span.kind != "llm" or span.failed


def _mark(session: Session) -> object:
    """What tells two looks at a session apart, its verdict left out."""
    return (
        session.state, session.last_activity_at_ns, session.tokens, session.cost, session.tool_calls,
        session.tool_errors, session.waits, session.auxiliary, session.name,
    )  # fmt: skip


def _fits(name: str, key: str) -> bool:
    return fnmatchcase(name, str(Path(key).expanduser()) if key.startswith("~") else key)


def _is_glob(key: str) -> bool:
    return any(sign in key for sign in "*?[")
