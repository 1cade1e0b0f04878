"""The ledger: events in, pictures and transitions out, time only when it is told."""

import pytest

from aimon_core.bounds import Limits
from aimon_core.clock import SteppedClock
from aimon_core.events import Counted, LlmTried, SessionSeen
from aimon_core.evidence import NO_TELEMETRY
from aimon_core.identity import seen
from aimon_core.session import Tokens
from aimon_core.store import SessionStore
from tests.fakes.events import (
    START_NS,
    answered,
    asked,
    at,
    decided,
    ended,
    event,
    failed,
    helper_began,
    helper_ended,
    prompted,
    started,
    tool_began,
    tool_ended,
    turn_ended,
)

KEY = "claude-code:s1"


class FlatPrice:
    """A dollar for each million tokens, whatever they are."""

    def picodollars(self, tokens: Tokens, searches: int = 0) -> int:
        return tokens.total * 1_000_000 + searches


class FlatPrices:
    """One model with a price and a context of 1,000 tokens."""

    def price(self, agent: str, model: str) -> FlatPrice | None:
        return FlatPrice() if model == "claude-opus-5-5" else None

    def context_limit(self, agent: str, model: str) -> int | None:
        return 1_000


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(START_NS)


@pytest.fixture
def store(clock: SteppedClock) -> SessionStore:
    return SessionStore(clock)


def test_a_state_is_told_once(store: SessionStore) -> None:
    moved = store.apply([started(), prompted(1)])
    assert [(one.key, one.before, one.after) for one in moved] == [(KEY, None, "working")]
    assert store.apply([prompted(1)]) == []
    assert [one.after for one in store.apply([turn_ended(3)])] == ["completed"]


def test_changed_sessions_are_drained_once(store: SessionStore) -> None:
    store.apply([prompted(1)])
    assert store.drain() == {KEY}
    assert store.drain() == set()


def test_startup_noise_alone_is_no_session(store: SessionStore) -> None:
    store.apply([event(SessionSeen, 0, "log", pid=12)])
    assert store.sessions(every=True) == []


def test_a_hook_alone_is_a_session(store: SessionStore) -> None:
    store.apply([event(SessionSeen, 0, cwd="/home/dev/projects/shop-api/"), started()])
    session = store.sessions()[0]
    assert (session.name, session.state, session.blind_spots) == ("shop-api", "idle", (NO_TELEMETRY,))


def test_without_hooks_a_session_says_what_cannot_be_seen(store: SessionStore) -> None:
    store.apply([prompted(1, channel="log"), answered(2)])
    assert store.sessions()[0].blind_spots == ("no hooks: waits invisible",)


def test_todays_dollars_say_what_they_leave_out(store: SessionStore, clock: SteppedClock) -> None:
    store.apply([prompted(1), answered(2, "r1", cost_picodollars=110_000_000), answered(3, "r2", model="mystery")])
    assert not store.totals().today_unpriced, "no price was asked for yet"
    store.prices = FlatPrices()
    store.drain()
    assert store.totals().today_unpriced
    store.apply([answered(3, "r2", "span", model="mystery", cost_picodollars=5)])
    assert not store.totals().today_unpriced, "another channel reports its dollars"
    store.apply([answered(4, "r3", model="mystery")])
    store.drain()
    assert store.totals().today_unpriced
    clock.advance(24 * 3600)
    assert not store.totals().today_unpriced, "that was yesterday"


def test_calls_are_priced_when_drained_and_compared(store: SessionStore) -> None:
    store.apply([prompted(1), answered(2, "r1", cost_picodollars=110_000_000), answered(3, "r2", model="mystery")])
    store.prices = FlatPrices()
    store.drain()
    session = store.get(KEY)
    assert session is not None
    assert session.cost.usd is None
    assert session.cost.unpriced_models == ("mystery",)
    by_model = {use.model: use.cost for use in session.by_model}
    assert by_model["claude-opus-5-5"].reported_usd == by_model["claude-opus-5-5"].computed_usd == 0.00011


def test_a_call_in_fast_mode_costs_what_the_agent_says_or_nobody_knows(store: SessionStore) -> None:
    store.prices = FlatPrices()
    store.apply([prompted(1), answered(2, "r1", cost_picodollars=None, fast=True)])
    store.drain()
    assert store.get(KEY).cost.usd is None
    store.apply([answered(3, "r2", cost_picodollars=5 * 10**9, fast=True)])
    store.drain()
    assert store.get(KEY).cost.reported_usd == 0.005


def test_searches_are_billed_once_whichever_channel_tells_of_them(store: SessionStore) -> None:
    store.prices = FlatPrices()
    told = answered(2, "r1", "span"), answered(2, "r1", "transcript", searches=3)
    store.apply([prompted(1), told[0]])
    store.drain()
    before = store.get(KEY).cost.usd
    for _ in range(2):
        store.apply([told[1]])
        store.drain()
        assert round(store.get(KEY).cost.usd - before, 12) == 3e-12


def test_who_reads_before_the_frame_reads_the_price_too(store: SessionStore) -> None:
    store.prices = FlatPrices()
    store.apply([prompted(1), answered(2, "r1", "span")])
    assert store.totals().cost.usd == 0.00011
    assert store.sessions()[0].cost.usd == 0.00011


def test_a_late_report_of_the_agents_own_dollars_replaces_the_computed(store: SessionStore) -> None:
    store.prices = FlatPrices()
    store.apply([answered(2, "r1", "span")])
    store.drain()
    assert store.totals().cost.usd == 0.00011
    store.apply([answered(2, "r1", "log", cost_picodollars=10**12)])
    store.drain()
    assert (store.totals().cost.usd, store.totals().cost.basis) == (1.0, "reported")


def test_context_is_what_the_last_call_of_the_own_thread_read(store: SessionStore) -> None:
    store.prices = FlatPrices()
    store.apply(
        [
            answered(2, "r1", tokens=Tokens(100, 200, 300, output=5)),
            answered(3, "r2", tokens=Tokens(9_000), agent_id="a1"),
            answered(4, "r3", tokens=Tokens(8_000), side=True),
        ]
    )
    session = store.get(KEY)
    assert session is not None
    assert session.context is not None
    assert (session.context.used, session.context.limit) == (600, 1_000)


def test_a_subagents_work_counts_in_its_session_and_in_its_own_line(store: SessionStore) -> None:
    store.apply([prompted(1), helper_began(2), answered(3, "r1", agent_id="a1"), answered(4, "r2"), helper_ended(5)])
    session = store.get(KEY)
    assert session is not None
    assert (session.llm_calls, session.tokens.input) == (2, 200)
    assert [(one.agent_id, one.state, one.llm_calls, one.tokens.input) for one in session.subagents] == [
        ("a1", "completed", 1, 100)
    ]


def test_waits_are_counted_and_timed(store: SessionStore) -> None:
    store.apply([prompted(1), tool_began(2), asked(3, subject="rm -rf build")])
    session = store.get(KEY)
    assert session is not None
    assert (session.waiting_for, session.waiting_on, session.doing) == (
        "permission",
        "Bash: rm -rf build",
        "Bash: rm -rf build ?",
    )
    store.apply([decided(7), tool_ended(9)])
    session = store.get(KEY)
    assert session is not None
    assert (session.waits, session.waited_ns, session.tool_calls) == (1, 4_000_000_000, 1)


def test_what_a_turn_did_is_counted_from_its_start(store: SessionStore) -> None:
    store.apply([prompted(1), answered(2, "r1"), turn_ended(3), prompted(10, "p2"), answered(11, "r2"), tool_began(12)])
    session = store.get(KEY)
    assert session is not None
    assert session.turn is not None
    assert (session.turn.number, session.turn.llm_calls, session.turn.tool_calls, session.turn.ended_at_ns) == (
        2,
        1,
        1,
        None,
    )


def test_errors_carry_their_type_and_are_counted_once(store: SessionStore) -> None:
    store.apply(
        [prompted(1), failed(2, "r1"), failed(2, "r1", "span"), turn_ended(2.1, "failed", error_type="rate_limit")]
    )
    session = store.get(KEY)
    assert session is not None
    assert (session.errors, session.llm_calls_failed, session.last_error_type, session.state) == (
        1,
        1,
        "rate_limit",
        "failed",
    )
    assert session.doing == "rate_limit: slow down"


def test_silence_ends_a_turn_that_nothing_else_ends(store: SessionStore, clock: SteppedClock) -> None:
    store.apply([prompted(1, channel="log"), answered(2)])
    clock.advance(9)
    assert store.tick() == []
    clock.advance(1.1)
    assert [one.after for one in store.tick()] == ["completed"]


def test_an_ended_row_leaves_the_list_after_a_minute_and_stays_in_the_books(
    store: SessionStore, clock: SteppedClock
) -> None:
    store.apply([prompted(1), ended(2)])
    assert [one.state for one in store.sessions()] == ["ended"]
    clock.advance(61)
    store.tick()
    assert store.sessions() == []
    assert [one.state for one in store.sessions(every=True)] == ["ended"]


def test_old_timestamps_expire_nothing_that_still_sends(store: SessionStore, clock: SteppedClock) -> None:
    clock.advance(13 * 3600)
    store.apply([prompted(1)])
    assert store.tick() == []
    clock.advance(12 * 3600 + 1)
    assert [one.after for one in store.tick()] == ["expired"]
    assert store.sessions() == []


def test_what_a_person_has_seen_is_idle(store: SessionStore) -> None:
    store.apply([prompted(1), turn_ended(2)])
    assert [one.after for one in store.acknowledge(KEY)] == ["idle"]
    assert store.acknowledge(KEY) == []
    assert store.apply([turn_ended(2.05, "span", channel="span")]) == [], "the late span does not undo it"


def test_silence_ended_a_turn_when_it_had_lasted_and_not_when_somebody_looked(
    store: SessionStore, clock: SteppedClock
) -> None:
    tried = event(LlmTried, 2, "transcript", unit="u1", model="m", error_type="auth")
    store.apply([prompted(0), tried], at(2))
    clock.advance(5 * 3600)
    store.tick()
    store.drain()
    (session,) = store.sessions(every=True)
    assert (session.state, session.since_ns) == ("failed", at(12))
    (turn,) = store.turns(KEY)
    assert (turn.end_ns, turn.end_reason) == (at(12), "failed")


def test_a_turn_that_silence_ended_can_be_seen_too(store: SessionStore, clock: SteppedClock) -> None:
    store.apply([prompted(1), answered(2, "r1")])
    clock.advance(20)
    assert [one.after for one in store.tick()] == ["completed"]
    assert [one.after for one in store.acknowledge(KEY)] == ["idle"]


def test_what_was_seen_once_is_seen_when_a_journal_is_read_again(clock: SteppedClock) -> None:
    again = SessionStore(clock)
    again.apply([prompted(1), answered(2, "r1"), seen(KEY, at(20))])
    assert [one.state for one in again.sessions()] == ["idle"], "nothing but silence had ended the turn"
    again.apply([prompted(21), turn_ended(22)])
    assert [one.state for one in again.sessions()] == ["completed"]


def test_what_a_person_has_seen_may_be_known_before_the_session_is(clock: SteppedClock) -> None:
    again = SessionStore(clock)
    again.apply([seen(KEY, at(20))])
    assert again.sessions(every=True) == []
    again.apply([prompted(1, channel="transcript"), turn_ended(2, "transcript", channel="transcript")])
    assert [one.state for one in again.sessions()] == ["idle"]
    assert again.sessions()[0].started_at_ns == at(1)


def test_work_that_goes_on_is_not_ended_by_having_been_seen(clock: SteppedClock) -> None:
    again = SessionStore(clock)
    again.apply([prompted(1), tool_began(2), seen(KEY, at(20))])
    assert [one.state for one in again.sessions()] == ["working"]


@pytest.mark.parametrize("behind_s", [-60, 0, 60])
def test_what_comes_after_something_was_seen_is_new_whatever_the_clients_clock_says(
    store: SessionStore, clock: SteppedClock, behind_s: float
) -> None:
    clock.advance(100)
    at_s = 100 - behind_s
    store.apply([prompted(at_s - 9), turn_ended(at_s - 1)])
    assert [one.after for one in store.acknowledge(KEY)] == ["idle"]
    assert [one.after for one in store.apply([prompted(at_s, "p2")])] == ["working"]
    assert [one.after for one in store.apply([turn_ended(at_s + 2)])] == ["completed"]


def test_a_new_id_in_one_process_ends_the_old_row(store: SessionStore) -> None:
    store.apply([event(SessionSeen, 0, pid=77), prompted(1)])
    store.apply([event(SessionSeen, 5, pid=77, session_id="s2"), prompted(6, session_id="s2")])
    assert {one.session_id: one.state for one in store.sessions()} == {"s1": "ended", "s2": "working"}


def test_metrics_are_machine_totals_and_each_delivery_counts_once(store: SessionStore) -> None:
    def point(seconds: float, value: float, *, delta: bool) -> Counted:
        return event(
            Counted, seconds, "metric", metric="tokens", part="input", model="m", series=f"x{delta}",
            start_ns=START_NS, value=value, delta=delta,
        )  # fmt: skip

    store.apply([point(1, 10, delta=True), point(1, 10, delta=True), point(2, 5, delta=True)])
    store.apply([point(2, 70, delta=False), point(1, 50, delta=False), point(2, 70, delta=False)])
    assert store.machine.tokens == {"input": 15 + 70}
    assert store.totals().tokens.total == 0
    assert store.sessions(every=True) == []


def test_the_number_of_sessions_is_bounded_and_evictions_are_counted(clock: SteppedClock) -> None:
    store = SessionStore(clock, limits=Limits(sessions=10))
    for number in range(25):
        clock.advance(1)
        store.apply(
            [prompted(number, session_id=f"s{number}"), answered(number, f"r{number}", session_id=f"s{number}")]
        )
    assert len(store.sessions()) == 10
    assert store.counters.sessions_evicted == store.counters.calls_folded == 15
    assert store.totals().llm_calls == 25, "their work stays in the totals"
    assert store.get("claude-code:s24") is not None


# ------------------------------------------------------------------ how much is remembered


def test_the_longest_silent_sessions_forget_first_and_no_sum_changes(monkeypatch):
    monkeypatch.setattr("aimon_core.store._LOOK", 50)
    clock = SteppedClock()
    store = SessionStore(clock, limits=Limits(calls=150))
    for number in range(200):
        clock.advance(1)
        session_id = "old" if number < 100 else "new"
        told = [answered(number, f"req-{number}", session_id=session_id)]
        store.apply([prompted(number, f"p-{number}", session_id=session_id), *told] if number % 50 == 0 else told)
    assert sum(entry.retained for entry in store._entries.values()) == 150
    assert store.counters.calls_folded == 50
    turns = {one: store.turns(f"claude-code:{one}") for one in ("old", "new")}
    assert [[(turn.number, len(turn.spans)) for turn in turns[one]] for one in turns] == [
        [(2, 50)],
        [(1, 50), (2, 50)],
    ]
    assert [store.get(f"claude-code:{one}").llm_calls for one in ("old", "new")] == [100, 100]
    assert [store.get(f"claude-code:{one}").turns for one in ("old", "new")] == [2, 2]
    assert store.totals().llm_calls == 200
