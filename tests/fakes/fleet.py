"""A frozen morning of eight sessions, the ones of the design's pictures, and a ledger that holds whatever it is given."""

from typing import Any

from msgspec.structs import replace

from aimon_core.clock import SteppedClock
from aimon_core.session import Auxiliary, Context, Cost, ModelUse, Session, State, Subagent, Tokens, Totals, Turn

NOW_NS = 1_795_226_400_000_000_000
"""What a fresh SteppedClock shows."""

SPEND = (.1, .1, .4, .6, .9, 1.4, 1.1, .8, .3, .2, .2, .5, 1, 1.7, 2.1, 1.6, .9, .4, .2, .3, .3, .8, 1.2, 1.1, .6, .4, .9, 1.8, 2.6, 3.4)  # fmt: skip # noqa: E501


def ago(seconds: float) -> int:
    return NOW_NS - round(seconds * 1e9)


def session(
    agent: str, session_id: str, name: str, state: State, for_s: float, *, model: str | None = None,
    ctx: float | None = None, tokens: int = 0, usd: float | None = 0.0, **facts: Any,
) -> Session:  # fmt: skip
    """A session that entered its state `for_s` seconds ago."""
    cost = Cost(usd, computed_usd=usd, basis="computed") if usd is not None else Cost(None, unpriced_models=("model-x",))
    base = {
        "key": f"{agent}:{session_id}", "agent": agent, "session_id": session_id, "name": name,
        "cwd": f"/home/dev/projects/{name}", "branch": "main", "state": state, "since_ns": ago(for_s), "model": model,
        "started_at_ns": ago(for_s + 600), "last_activity_at_ns": ago(for_s), "tokens": Tokens(input=tokens),
        "cost": cost, "context": None if ctx is None else Context(round(ctx * 200_000), 200_000),
    }  # fmt: skip
    return Session(**{**base, **facts})


def shop_api() -> Session:
    """Who waits, with everything that the panels can tell."""
    return session(
        "claude-code", "abaa2f48-4cec-45ef-9cda-68d1543b3cb6", "shop-api", "waiting", 14, model="claude-opus-5-5",
        ctx=.64, doing="Bash: rm -rf build ?", waiting_for="permission", waiting_on="Bash: rm -rf build",
        tokens=0, started_at_ns=ago(550), waited_ns=70 * 10**9, waits=1, turns=7, llm_calls=41, tool_calls=36,
        turn=Turn(7, ago(43), None, None, 5, 4, 2, 70 * 10**9), burn_usd_per_hour=3.10, spend=SPEND,
        usd=4.12,
    )  # fmt: skip


def fleet() -> list[Session]:
    """The eight, as they come out of the ledger: in the order in which they began, not in that of need."""
    waiting = replace(
        shop_api(),
        tokens=Tokens(12_300, 1_099_600, cache_write_5m=88_000, output=14_000, reasoning=3_000),
        cost=Cost(4.12, reported_usd=4.12, computed_usd=4.12, basis="reported"),
        by_model=(
            ModelUse("claude-opus-5-5", 39, Tokens(), Cost(3.90)), ModelUse("claude-haiku-4-5", 2, Tokens(), Cost(.22)),
        ),
        cache_expires_at_ns=ago(-192), pid=5722,
    )  # fmt: skip
    return [
        session("qwen-code", "f7", "notes", "idle", 723, model="qwen3-coder", ctx=.03, tokens=12_300, usd=None),
        session("codex", "h8", "web-app", "ended", 40, model="gpt-5.5", tokens=84_000, usd=.31, doing="closed", branch="fix-cart"),
        session("claude-code", "d4", "infra", "failed", 185, model="claude-sonnet-5-20251101", ctx=.22, tokens=512_000, usd=.77,
                doing="rate_limit (429), attempt 4 of 10", last_error_type="rate_limit", errors=4),
        session("gemini-cli", "c3", "data-pipeline", "working", 72, model="gemini-3.5", ctx=.08, tokens=90_100, usd=.09, doing="thinking"),
        session("opencode", "g6", "billing-reconciler", "working", 31, model="gpt-5.5", ctx=.91, tokens=2_480_000, usd=6.67,
                doing="edit src/ledger/reconcile.py"),
        waiting,
        session("codex", "b2", "web-app", "working", 8, model="gpt-5.5", ctx=.31, tokens=310_400, usd=.88, doing="exec_command npm test"),
        session("copilot", "e5", "docs", "completed", 21, model="gpt-5.4", tokens=41_200, usd=None, doing="“Updated the guide.”"),
    ]  # fmt: skip


def many(number: int) -> list[Session]:
    """Any number of sessions: the eight over and over, each with a key of its own."""
    eight = fleet()
    return [
        replace(one, key=f"{one.key}-{i}", session_id=f"{one.session_id}-{i}", since_ns=one.since_ns - i * 10**9)
        for i in range(number)
        for one in [eight[i % len(eight)]]
    ]


def crowded() -> Session:
    """One session about which there is something to say in every line."""
    return replace(
        fleet()[5],
        subagents=(Subagent("a31", "general-purpose", "working", Tokens(), Cost(.01)), Subagent("a32", None, "completed", Tokens(), Cost(.2))),
        blind_spots=("no hooks: waits invisible",), refused_bodies=2,
        last_error_type="rate_limit", errors=3, auxiliary=Auxiliary(2, Tokens(input=40, output=10), Cost(.03)),
    )  # fmt: skip


class Books:
    """A ledger in memory: tests put sessions in and take them out."""

    def __init__(self, sessions: list[Session] | None = None, *, today_usd: float = 12.84, burn: float = 3.10) -> None:
        self.books = {one.key: one for one in (fleet() if sessions is None else sessions)}
        self.changed = set(self.books)
        self.acknowledged: list[str] = []
        self.ticks = 0
        self._totals = Totals(sessions=len(self.books), today_usd=today_usd, burn_usd_per_hour=burn)

    def put(self, *sessions: Session) -> None:
        self.books |= {one.key: one for one in sessions}
        self.changed |= {one.key for one in sessions}

    def change(self, key: str, **facts: Any) -> None:
        self.put(replace(self.books[key], **facts))

    def remove(self, key: str) -> None:
        del self.books[key]
        self.changed.add(key)

    def tick(self) -> None:
        self.ticks += 1

    def drain(self) -> set[str]:
        changed, self.changed = self.changed, set()
        return changed

    def get(self, key: str) -> Session | None:
        return self.books.get(key)

    def sessions(self) -> list[Session]:
        return list(self.books.values())

    def totals(self) -> Totals:
        return self._totals

    def acknowledge(self, key: str) -> None:
        self.acknowledged.append(key)
        if self.books[key].state in {"completed", "failed"}:
            self.change(key, state="idle")


class Door:
    """The header's view of a door that is open."""

    def __init__(self, *, problem: str | None = None, rate: float = 14.0, address: str = "127.0.0.1:4318") -> None:
        self.address, self.problem, self._rate = address, problem, rate

    def rate(self) -> float:
        return self._rate


__all__ = ["NOW_NS", "Books", "Door", "SteppedClock", "ago", "crowded", "fleet", "many", "session", "shop_api"]
