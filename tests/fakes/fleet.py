"""The frozen morning of the look pictures as real sessions, fleets of any size, a ledger and a door that hold still.

Ages are relative to where a fresh `SteppedClock` stands, so the same code paints the same picture on any day.
"""

from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from typing import Any

from msgspec.structs import replace

from aimon_core.session import (
    Context,
    Cost,
    Evidence,
    ModelUse,
    RateLimit,
    Session,
    State,
    Terminal,
    Tokens,
    Totals,
    Turn,
)
from aimon_core.spans import Span, TurnTree
from aimon_desktop.terminals import Outcome

NOW_NS = 1_795_226_400_000_000_000
"""What a fresh SteppedClock shows: 2026-11-21 02:00 UTC."""

HOME = "/home/dev"

SPENT = (
    0.2, 0.5, 1.0, 1.7, 2.1, 1.6, 0.9, 0.4, 0.2, 0.3, 0.3, 0.8, 1.2, 1.1, 0.6, 0.4, 0.9, 1.8, 2.6, 3.4,
    3.1, 2.2, 1.4, 1.9, 2.8, 3.6, 4.2, 3.9, 3.1, 3.1,
)  # fmt: skip
"""A bursty half hour: the sparkline of the pictures."""


def ago(seconds: float) -> int:
    """A moment before now."""
    return NOW_NS - round(seconds * 1e9)


def reported(usd: float) -> Cost:
    """Dollars that the agent tells and the price table confirms."""
    return Cost(usd, usd, usd, "reported")


def computed(usd: float) -> Cost:
    """Dollars that only the price table knows."""
    return Cost(usd, None, usd, "computed")


def unpriced(model: str) -> Cost:
    """Work of a model without a price."""
    return Cost(None, None, None, "unknown", (model,))


def session(agent: str, name: str, state: State = "working", for_s: float = 60, **facts: Any) -> Session:
    """A session that entered its state `for_s` seconds ago, with whatever else is to be told of it."""
    session_id = facts.pop("session_id", f"{name}-1")
    base = {
        "key": f"{agent}:{session_id}", "agent": agent, "session_id": session_id, "name": name, "state": state,
        "cwd": f"{HOME}/projects/{name}", "since_ns": ago(for_s), "started_at_ns": ago(for_s + 536),
        "last_activity_at_ns": ago(for_s), "turns": 1,
    }  # fmt: skip
    return Session(**{**base, **facts})


def window(share: float) -> Context:
    """A context window of 200,000 tokens, filled to a share."""
    return Context(round(share * 200_000), 200_000)


def waiting() -> Session:
    """The one that needs a person: every panel has something to say about it."""
    tokens = Tokens(input=12_300, cache_read=1_099_600, cache_write_5m=88_000, output=14_000, reasoning=3_000)
    return session(
        "claude-code", "shop-api", "waiting", 14, session_id="abaa2f48-4cec-45ef-9cda-68d1543b3cb6",
        model="claude-opus-5-5", models=("claude-opus-5-5", "claude-haiku-4-5"), branch="main",
        waiting_for="permission", waiting_on="Bash: rm -rf build", doing="Bash: rm -rf build ?",
        evidence=(Evidence("hook:PermissionRequest", ago(14), "waiting", decides=True),),
        turns=7, turn=Turn(7, ago(43.2), None, None, 5, 4, 2, 0), llm_calls=5, tool_calls=4, waits=2,
        waited_ns=70_000_000_000, tokens=tokens, cost=reported(4.12), context=window(0.64),
        by_model=(
            ModelUse("claude-opus-5-5", 4, tokens, reported(3.90)),
            ModelUse("claude-haiku-4-5", 1, Tokens(), reported(0.22)),
        ),
        burn_usd_per_hour=3.10, spend=SPENT, cache_expires_at_ns=ago(-192), pid=5722,
    )  # fmt: skip


def limited() -> Session:
    """The same, with what only its status line tells."""
    limits = (RateLimit("five_hour", 41.0, ago(-7_200)), RateLimit("seven_day", 93.0, ago(-300_000)))
    return replace(waiting(), limits=limits, terminal=Terminal(("tmux %3", "kitty"), focusable=True, confidence="hook"))


def morning() -> list[Session]:
    """The eight sessions of the pictures, in the order of need."""
    sonnet, gpt, small = "claude-sonnet-5", "gpt-5.5", "gpt-5.4"
    return [
        waiting(),
        session("claude-code", "infra", "failed", 185, model=sonnet, doing="rate_limit (429), attempt 4 of 10",
                last_error_type="rate_limit", errors=1, retries=4, context=window(0.22),
                tokens=Tokens(cache_read=500_000, output=12_000), cost=reported(0.77)),
        session("gemini-cli", "data-pipeline", "working", 72, model="gemini-3.5", doing="thinking",
                context=window(0.08), tokens=Tokens(input=90_000, output=100), cost=computed(0.09)),
        session("opencode", "billing-reconciler", "working", 31, model=gpt, doing="edit src/ledger/reconcile.py",
                context=window(0.91), tokens=Tokens(cache_read=2_400_000, output=80_000), cost=computed(6.67)),
        session("codex", "web-app", "working", 8, model=gpt, doing="exec_command npm test", branch="cart-total",
                context=window(0.31), tokens=Tokens(cache_read=310_000, output=400), cost=computed(0.88)),
        session("copilot", "docs", "completed", 21, model=small, doing="“Updated the guide.”",
                tokens=Tokens(input=41_000, output=200), cost=unpriced(small)),
        session("qwen-code", "notes", "idle", 723, model="qwen3-coder", started_at_ns=ago(4_000),
                context=window(0.03), tokens=Tokens(input=12_000, output=300), cost=unpriced("qwen3-coder")),
        session("codex", "web-app", "ended", 40, session_id="web-app-0", model=gpt, doing="closed", branch="main",
                ended_at_ns=ago(40), tokens=Tokens(input=80_000, output=4_000), cost=computed(0.31)),
    ]  # fmt: skip


def fleet(number: int) -> list[Session]:
    """Any number of living sessions: the morning over and over, each with a key, a name and an age of its own."""

    def one(place: int, model: Session) -> Session:
        name = model.name if place < len(models) else f"{model.name}-{place // len(models)}"
        since_ns = model.since_ns - 7_000_000_000 * (place // len(models))
        return replace(model, name=name, session_id=f"s{place}", key=f"{model.agent}:s{place}", since_ns=since_ns)

    models = morning()[:-1]
    return [one(place, model) for place, model in enumerate(islice(cycle(models), number))]


def blind() -> Session:
    """A session of which aimon sees little: no price, no hooks, no window, one body refused."""
    return session(
        "goose", "greenhouse", "working", 5, model="acme/llama-next-400b-2026-10-01", doing="shell: just water",
        turn=Turn(1, ago(5), None, None, 1, 0, 0, 0), tokens=Tokens(input=7_000, output=900),
        cost=unpriced("acme/llama-next-400b-2026-10-01"), cwd=None,
        by_model=(ModelUse("acme/llama-next-400b-2026-10-01", 1, Tokens(), unpriced("llama")),),
        blind_spots=("no hooks: waits invisible", "no spans: waterfall from logs"),
    )  # fmt: skip


def turn_tree(place: int, title: str, start_ns: int, end_ns: int | None, **facts: Any) -> TurnTree:
    """A turn that ended with an answer, or is open, and nobody was waited for."""
    reason = None if end_ns is None else "stop_hook"
    given = {"number": place, "end_reason": reason, "failed": False, "waited_ns": 0, "spans": (), "cost_usd": None}
    return TurnTree(
        place=place, title=title, start_ns=start_ns, end_ns=end_ns, **{**given, "until_ns": end_ns, **facts}
    )


def turns() -> list[TurnTree]:
    """The turns of the pictures: two earlier ones, and one in which a person is waited for."""
    now_s = 43.2

    def at(seconds: float) -> int:
        return ago(now_s - seconds)

    def llm(number: int, begin: float, lasts: float, read: int, written: int, usd: float, **facts: Any) -> Span:
        model = facts.pop("model", "claude-opus-5-5")
        tokens = Tokens(input=read // 10, cache_read=read - read // 10, output=written)
        return Span(f"llm:req_{number}", "llm", model, "", at(begin), at(begin + lasts), facts.pop("depth", 1),
                    tokens=tokens, cost_usd=usd, **facts)  # fmt: skip

    def tool(number: int, name: str, subject: str, begin: float, lasts: float, **facts: Any) -> Span:
        return Span(f"tool:toolu_{number}", "tool", name, subject, at(begin), at(begin + lasts),
                    facts.pop("depth", 1), **facts)  # fmt: skip

    helper = {"depth": 2, "agent_id": "a31", "model": "claude-haiku-4-5"}
    spans = (
        llm(1, 0, 5.1, 12_000, 340, 0.04),
        tool(1, "Bash", "npm test", 5.2, 2.2, failed=True, error="exit 1", asked_by="llm:req_1", read_by="llm:req_2"),
        llm(2, 7.5, 4.9, 14_100, 512, 0.06),
        Span("agent:a31", "agent", "a31", "general-purpose", at(12.4), at(20.8), 1, 3, agent_id="a31"),
        llm(3, 12.5, 2.9, 8_000, 210, 0.10, **helper),
        tool(3, "Grep", "cart.total", 15.4, 0.4, depth=2, agent_id="a31", asked_by="llm:req_3", read_by="llm:req_4"),
        llm(4, 15.9, 4.7, 9_400, 640, 0.12, **helper),
        llm(5, 21.0, 2.6, 14_800, 0, 0.0, failed=True, error="429, attempt 1"),
        llm(6, 24.9, 3.4, 15_200, 388, 0.06),
        tool(6, "Edit", "src/cart.ts", 28.4, 0.4, asked_by="llm:req_6"),
        Span("tool:toolu_7", "tool", "Bash", "rm -rf build", at(29.0), None, 1, 1, asked_by="llm:req_6"),
        Span("wait:toolu_7", "wait", "Bash", "rm -rf build", at(29.2), None, 2),
    )

    def earlier(number: int, title: str, begin: float, lasts: float, size: int, usd: float) -> TurnTree:
        within = tuple(llm(100 * number + one, begin + one * lasts / size, lasts / size, 9_000, 300, usd / size)
                       for one in range(size))  # fmt: skip
        return turn_tree(number - 4, title, at(begin), at(begin + lasts), number=number, spans=within, cost_usd=usd)

    return [
        earlier(5, "add a cart total", -310, 90, 12, 0.91),
        earlier(6, "why is CI red", -62, 58, 9, 0.66),
        turn_tree(3, "fix the failing test", at(0), None, number=7, spans=spans, cost_usd=0.38),
    ]


class StillLedger:
    """A ledger over finished sessions: what is put in is listed, nothing happens by itself, every call is counted."""

    def __init__(self, sessions: Iterable[Session] = ()) -> None:
        self._sessions = {one.key: one for one in sessions}
        self._dirty = set(self._sessions)
        self._turns: dict[str, list[TurnTree]] = {waiting().key: turns()}
        self.ticks = 0
        self.unpriced = False
        """Whether today's dollars leave something out."""
        self.focused: list[str] = []
        self.missing: dict[str, Outcome] = {}
        """Sessions that cannot be gone to, and why."""

    def put(self, *sessions: Session) -> None:
        """New sessions, or new pictures of known ones."""
        for one in sessions:
            self._sessions[one.key] = one
            self._dirty.add(one.key)

    def spend(self, key: str, turns: list[TurnTree]) -> None:
        """What a session did, turn by turn."""
        self._turns[key] = turns
        self._dirty.add(key)

    def turns(self, key: str) -> list[TurnTree]:
        """The tree of a session."""
        return self._turns.get(key, [])

    def remove(self, key: str) -> None:
        """A session leaves the list."""
        del self._sessions[key]
        self._dirty.add(key)

    def clear(self) -> None:
        """Every session leaves."""
        for key in list(self._sessions):
            self.remove(key)

    def tick(self) -> None:
        """Time passes, and nothing is due."""
        self.ticks += 1

    def drain(self) -> set[str]:
        """What was put or removed since the last call."""
        changed, self._dirty = self._dirty, set()
        return changed

    def get(self, key: str) -> Session | None:
        """One session."""
        return self._sessions.get(key)

    def sessions(self) -> list[Session]:
        """All of them, in the order in which they came."""
        return list(self._sessions.values())

    def totals(self) -> Totals:
        """Sums over what is known; an unpriced session adds no dollars."""
        known = self._sessions.values()
        usd = sum(one.cost.usd or 0.0 for one in known)
        return Totals(
            sessions=len(known),
            cost=Cost(usd),
            today_usd=usd,
            today_unpriced=self.unpriced,
            burn_usd_per_hour=sum(one.burn_usd_per_hour for one in known),
        )

    def acknowledge(self, key: str) -> None:
        """What was done or failed is idle from now on."""
        seen = self._sessions.get(key)
        if seen is not None and seen.state in {"completed", "failed"}:
            self.put(replace(seen, state="idle", since_ns=NOW_NS))

    async def focus(self, key: str) -> Outcome:
        """Go there, unless it is missing."""
        self.focused.append(key)
        if key in self.missing:
            return self.missing[key]
        self.acknowledge(key)
        return Outcome(ok=True, line=f"Switched to {key}.")

    def __iter__(self) -> Iterator[Session]:
        return iter(self._sessions.values())


class StillDoor:
    """A door that says what it is told to say."""

    def __init__(self, problem: str | None = None, rate: float = 14.0) -> None:
        self.address, self.problem, self._rate = "127.0.0.1:4318", problem, rate
        self.label, self.fault = ":4318", ":4318 taken"
        self.forwarded = None

    def forwards(self):
        """What is passed on."""
        return self.forwarded

    def rate(self) -> float:
        """Events a second."""
        return self._rate
