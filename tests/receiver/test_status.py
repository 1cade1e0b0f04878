"""The table of refusals keeps to the retry rules of OTLP."""

import pytest

from receiver.status import Overloaded, Reason, Refused

HTTP_RETRIED = {429, 502, 503, 504}
"""https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes"""


@pytest.mark.parametrize("reason", Reason)
def test_a_client_retries_exactly_what_a_retry_can_cure(reason):
    assert reason.value.retry is (reason.value.http in HTTP_RETRIED)


def test_every_status_stands_for_one_reason():
    statuses = [reason.value.http for reason in Reason]
    assert sorted(set(statuses)) == sorted(statuses)


def test_a_refusal_finds_its_answer():
    assert Refused(Reason.TOO_LARGE, "too large").answer == (8, 413, False)
    assert Overloaded(7).answer.http == 503
    assert Overloaded(7).retry_after_s == 7
