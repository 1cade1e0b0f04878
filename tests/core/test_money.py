"""The money of one session: entered once a frame, and exact whatever happened to a call before and after."""

from aimon_core.bounds import Limits
from aimon_core.call import Call
from aimon_core.clock import SteppedClock
from aimon_core.money import Money
from aimon_core.session import Tokens
from aimon_core.store import SessionStore
from aimon_core.subagent_books import Helper
from aimon_core.sums import Sums
from tests.fakes.events import START_NS, answered


def call(agent_id: str | None = None) -> Call:
    return Call(START_NS, "m", Tokens(input=10), ok=True, rank=2, agent_id=agent_id)


def dollar(_call: Call) -> int:
    return 10**12


def books() -> tuple[Money, Sums, Helper]:
    sums, helper = Sums(), Helper()
    return Money(sums, lambda _agent_id: helper), sums, helper


def test_a_call_is_entered_when_the_books_are_settled_and_once() -> None:
    money, sums, helper = books()
    one = call(agent_id="a1")
    money.book(None, one)
    assert money.tally.calls == 0
    assert money.settle(dollar)
    assert not money.settle(dollar)
    for tally in (money.tally, money.models["m"], helper.tally, sums.tally):
        assert (tally.calls, tally.input, tally.cost.usd) == (1, 10, 1.0)


def test_what_several_channels_tell_between_two_frames_is_one_entry() -> None:
    money, sums, _ = books()
    one = call()
    money.book(None, one)
    before, one.tokens = Call(START_NS, "m", Tokens(input=10), ok=True, rank=2), Tokens(input=30)
    money.book(before, one)
    money.settle(dollar)
    assert (sums.tally.calls, sums.tally.input, money.tally.cost.usd) == (1, 30, 1.0)


def test_a_call_is_withdrawn_whether_or_not_it_was_entered() -> None:
    for settled in (False, True):
        money, sums, _ = books()
        one = call()
        money.book(None, one)
        if settled:
            money.settle(dollar)
        money.book(one, None)
        money.settle(dollar)
        assert (sums.tally.calls, sums.tally.input, sums.tally.picodollars, money.tally.calls) == (0, 0, 0, 0)


def test_books_settled_without_prices_are_priced_once_there_are_some() -> None:
    money, sums, _ = books()
    one, gone = call(), call()
    money.book(None, one)
    money.book(None, gone)
    money.settle(None)
    assert (sums.tally.calls, sums.tally.cost.usd) == (2, None)
    money.book(gone, None)
    assert money.settle(dollar)
    assert (sums.tally.calls, sums.tally.cost.usd, sums.spend.today_usd(START_NS)) == (1, 1.0, 1.0)


def test_everybodys_sums_keep_a_session_that_is_forgotten_before_its_frame() -> None:
    store = SessionStore(SteppedClock(START_NS), limits=Limits(sessions=2))
    for number in range(4):
        store.apply([answered(number, f"r{number}", session_id=f"s{number}", cost_picodollars=10**12)])
    assert (store.totals().llm_calls, store.totals().cost.usd) == (4, 4.0)
