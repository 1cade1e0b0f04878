"""One model call seen through several channels is one call."""

from itertools import permutations

import pytest

from aimon_core import merged
from aimon_core.call import Call
from aimon_core.calls import Calls
from aimon_core.events import LlmCalled
from aimon_core.session import Tokens
from aimon_core.tally import Tally
from tests.fakes.events import answered, failed


class Books:
    """Calls with a tally, as an entry keeps them."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.calls = Calls(self.changed)

    def changed(self, before: Call | None, after: Call | None) -> None:
        if before is not None:
            self.tally.add(before, -1)
        if after is not None:
            self.tally.add(after)


def booked(*events: LlmCalled) -> Tally:
    books = Books()
    for event in events:
        books.calls.take(event)
    return books.tally


LOG = answered(
    1, "req_1", tokens=Tokens(400, 10, cache_write_5m=2500, output=51, reasoning=0), cost_picodollars=15_124_000_000
)
SPAN = answered(
    1.01, "req_1", "span", tokens=Tokens(400, 10, cache_write_unknown=2500, output=51, reasoning=0), attempt=3
)


@pytest.mark.parametrize("order", list(permutations([LOG, SPAN, LOG, SPAN])))
def test_a_log_and_a_span_of_one_request_are_one_call_in_any_order(order: list[LlmCalled]) -> None:
    tally = booked(*order)
    assert (tally.calls, tally.tokens, tally.reported) == (1, LOG.tokens, 15_124_000_000)
    assert tally.retries == 2, "the span knows of the attempts"


def test_without_ids_calls_that_look_alike_are_as_many_as_one_channel_saw() -> None:
    tally = booked(answered(1), answered(2), answered(1.01, channel="span"), answered(2.01, channel="span"))
    assert (tally.calls, tally.input) == (2, 200)


def test_a_log_without_id_and_a_span_with_one_are_one_call() -> None:
    for order in permutations([answered(1), answered(1.01, "req_1", "span")]):
        assert booked(*order).calls == 1


def test_reports_repeated_within_a_channel_add_nothing() -> None:
    assert booked(answered(1), answered(1), answered(1)).calls == 1
    assert booked(answered(1, "a"), answered(2, "a")).calls == 1


def test_the_dollars_of_anonymous_calls_come_from_the_channel_that_reports_them() -> None:
    spans = [answered(second, channel="span") for second in (1, 2)]
    logs = [answered(second, cost_picodollars=7) for second in (1, 2)]
    for order in permutations(spans + logs):
        tally = booked(*order)
        assert (tally.calls, tally.reported, tally.reported_calls) == (2, 14, 2)


def test_a_failed_call_is_no_call_and_has_no_tokens() -> None:
    tally = booked(failed(1, "req_1", attempt=3), failed(1.01, "req_1", "span", attempt=3))
    assert (tally.calls, tally.failed, tally.retries, tally.tokens.total) == (0, 1, 2, 0)


def test_an_unknown_price_makes_the_cost_unknown_and_names_the_model() -> None:
    tally = booked(answered(1, "a", cost_picodollars=5), answered(2, "b", model="mystery-9"))
    assert tally.cost.usd is None
    assert tally.cost.reported_usd == 5e-12
    assert tally.cost.unpriced_models == ("mystery-9",)


def test_no_call_costs_nothing() -> None:
    assert booked().cost.usd == 0.0


def test_memory_is_bounded_and_the_sums_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merged, "REMEMBERED", 100)
    books = Books()
    for number in range(1_000):
        books.calls.take(answered(number, f"req_{number}"))
    assert books.tally.calls == 1_000
    assert len(list(books.calls)) <= 100


def test_a_report_without_an_id_completes_the_call_that_looks_alike() -> None:
    """Claude Code's builds before 2.1.329: the transcript tells the request id, the log tells the dollars."""
    told = [
        answered(1, "req_1", "transcript"),
        answered(1.1, None, "log", cost_picodollars=7),
        answered(1.2, None, "span"),
        answered(5, "req_2", "transcript"),
        answered(5.1, None, "log", cost_picodollars=7),
    ]
    for order in permutations(told):
        tally = booked(*order)
        assert (tally.calls, tally.reported, tally.tokens.output) == (2, 14, 20)


def test_a_call_that_only_one_witness_told_of_can_be_withdrawn() -> None:
    books = Books()
    for event in (answered(1, "req_1", "transcript"), answered(2, "req_2", "transcript"), answered(2, "req_2")):
        books.calls.take(event)
    books.calls.withdraw("req_1", told_by="transcript")
    books.calls.withdraw("req_2", told_by="transcript")
    books.calls.withdraw("req_3", told_by="transcript")
    assert books.tally.calls == 1
    assert [call.call_id for call in books.calls] == ["req_2"]
