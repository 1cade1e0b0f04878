"""What a status line tells of a session: the newest word of context, limits and cache, and no sign of work."""

import pytest
from msgspec.structs import replace

from aimon_core.clock import SteppedClock
from aimon_core.prompt_cache import TTL_NS
from aimon_core.session import Context, RateLimit, Tokens
from aimon_core.standing import Options
from aimon_core.store import SessionStore
from tests.core.test_store import KEY, FlatPrices
from tests.fakes.events import START_NS, answered, at, ended, gauged, prompted, started, turn_ended

HALF = (RateLimit("five_hour", 50.0, at(3600)),)
READ = Tokens(input=10, cache_read=90)
FIVE_S, HOUR_S = TTL_NS["5m"] / 1e9, TTL_NS["1h"] / 1e9


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(START_NS)


@pytest.fixture
def store(clock: SteppedClock) -> SessionStore:
    return SessionStore(clock)


def told(store, *events):
    store.apply(events)
    return store.get(KEY)


# ------------------------------------------------------------------ context


def test_the_agents_word_on_its_context_beats_ours_until_the_next_call(store):
    store.prices = FlatPrices()
    assert told(store, prompted(1), answered(2)).context == Context(100, 1_000)
    assert told(store, gauged(3, context_used=120, context_limit=200)).context == Context(120, 200)
    assert told(store, answered(4, tokens=Tokens(170))).context == Context(170, 200)
    assert told(store, answered(2.5, tokens=Tokens(7))).context == Context(170, 200)  # late news of an older call
    assert told(store, gauged(5, context_limit=200)).context == Context(170, 200)  # after /compact it does not know


def test_a_window_of_which_only_the_size_is_known_is_none(store):
    assert told(store, prompted(1), gauged(2, context_limit=200)).context is None
    assert told(store, gauged(3, context_used=0, context_limit=200)).context == Context(0, 200)


# ------------------------------------------------------------------ limits


def test_limits_are_those_told_last_and_stay_where_a_line_leaves_them_out(store):
    assert told(store, prompted(1)).limits == ()
    assert told(store, gauged(2, limits=HALF)).limits == HALF
    assert told(store, gauged(3)).limits == HALF
    more = (RateLimit("five_hour", 51.0, at(3600)), RateLimit("seven_day", 3.0))
    assert told(store, gauged(4, limits=more)).limits == more
    assert told(store, gauged(3.5, limits=HALF)).limits == more


# ------------------------------------------------------------------ facts


def test_it_fills_gaps_and_contradicts_nobody(store):
    line = gauged(2, cwd="/srv/shop", title="a title", model="claude-opus-5-5")
    session = told(store, prompted(1), line)
    assert (session.name, session.cwd, session.model) == ("shop", "/srv/shop", "claude-opus-5-5")
    assert told(store, answered(1.5, model="claude-haiku-4-5")).model == "claude-haiku-4-5"


# ------------------------------------------------------------------ no sign of work


def test_a_line_alone_makes_no_session(store):
    """A resumed client first shows an id that it never uses."""
    assert told(store, gauged(1, cwd="/srv/shop")) is None
    assert store._entries == {}


def test_neither_state_nor_activity_nor_evidence_nor_blind_spots_know_of_it(store):
    before = told(store, started(), prompted(1), answered(2), turn_ended(3))
    after = told(store, gauged(9, limits=HALF))
    assert after == replace(before, limits=HALF)


def test_it_wakes_no_session_that_is_over(store):
    assert told(store, prompted(1), ended(2), gauged(3, limits=HALF)).state == "ended"


def test_lines_that_come_every_second_do_not_keep_a_turn_open(clock):
    store = SessionStore(clock, options=Options(quiet_s=10))
    store.apply([prompted(0), answered(1)])
    for second in range(2, 13):
        clock.jump(at(second))
        store.apply([gauged(second, context_used=second)])
        store.tick()
    assert store.get(KEY).state == "completed"


def test_but_a_session_whose_line_is_drawn_does_not_expire(clock):
    store = SessionStore(clock, options=Options(expire_s=60))
    store.apply([prompted(0), answered(1), turn_ended(2)])
    for second in (50, 100, 150):
        clock.jump(at(second))
        store.apply([gauged(second)])
        store.tick()
    assert store.get(KEY).state == "completed"
    clock.jump(at(211))
    store.tick()
    assert store.get(KEY).state == "expired"


def test_a_line_that_says_nothing_new_paints_nothing(store):
    store.apply([prompted(1), gauged(2, limits=HALF, context_used=5)])
    assert store.drain() == {KEY}
    store.apply([gauged(3, limits=HALF, context_used=5)])
    assert store.drain() == set()
    store.apply([gauged(4, limits=HALF, context_used=6)])
    assert store.drain() == {KEY}


# ------------------------------------------------------------------ the prompt cache


@pytest.mark.parametrize(
    ("tokens", "lives_s"),
    [
        (Tokens(100), None),
        (READ, FIVE_S),
        (Tokens(cache_write_unknown=5), FIVE_S),
        (Tokens(cache_write_5m=5), FIVE_S),
        (Tokens(cache_write_1h=5), HOUR_S),
        (Tokens(cache_write_5m=5, cache_write_1h=5), HOUR_S),
    ],
)
def test_a_cache_lives_for_its_time_after_its_last_use(store, tokens, lives_s):
    session = told(store, prompted(1), answered(2, tokens=tokens))
    assert session.cache_expires_at_ns == (None if lives_s is None else at(2 + lives_s))


def test_reading_renews_what_was_written_to_last_an_hour(store):
    store.apply([prompted(1), answered(600, tokens=READ), answered(2, tokens=Tokens(cache_write_1h=5))])
    assert store.get(KEY).cache_expires_at_ns == at(600 + HOUR_S)
    assert told(store, answered(700, tokens=Tokens(5))).cache_expires_at_ns == at(600 + HOUR_S)


@pytest.mark.parametrize("other", [{"agent_id": "a1"}, {"side": True}, {"model": "gpt-5.5"}])
def test_other_threads_read_other_caches_and_other_vendors_promise_nothing(store, other):
    assert told(store, prompted(1), answered(2, tokens=READ, **other)).cache_expires_at_ns is None


def test_the_agents_word_on_its_cache_beats_ours_until_the_next_use(store):
    store.apply([prompted(1), answered(2, tokens=READ), gauged(3, cache_ttl="1h", cache_expires_at_ns=at(3000))])
    assert store.get(KEY).cache_expires_at_ns == at(3000)
    assert told(store, answered(9, tokens=READ)).cache_expires_at_ns == at(9 + HOUR_S)
    assert told(store, gauged(8, cache_expires_at_ns=at(4))).cache_expires_at_ns == at(9 + HOUR_S)
