"""One answer to why a call failed, whoever tells it and however."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimon_core.failures import classify


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "validation"), (401, "auth"), (402, "validation"), (403, "auth"), (404, "validation"), (408, "timeout"),
        (413, "validation"), (422, "validation"), (429, "rate_limit"), (500, "server"), (502, "server"),
        (503, "server"), (504, "timeout"), (529, "rate_limit"), (200, "unknown"), (0, "unknown"), (None, "unknown"),
    ],
)  # fmt: skip
def test_a_status_decides(status, kind):
    assert classify(status) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("authentication_failed", "auth"), ("invalid_api_key", "auth"), ("oauth_org_not_allowed", "unknown"),
        ("rate_limit", "rate_limit"), ("rate_limit_error", "rate_limit"), ("overloaded_error", "rate_limit"),
        ("langchain_openai.chat_models.base.OpenAIRateLimitError", "rate_limit"), ("RESOURCE_EXHAUSTED", "rate_limit"),
        ("server_error", "server"), ("api_error", "server"), ("APIConnectionError", "server"), ("ECONNRESET", "server"),
        ("invalid_request", "validation"), ("BadRequestError", "validation"), ("max_output_tokens", "validation"),
        ("billing_error", "validation"), ("permission_error", "auth"), ("PermissionDeniedError", "auth"),
        ("APIConnectionTimeoutError", "timeout"), ("DEADLINE_EXCEEDED", "timeout"), ("TelemetrySafeError", "unknown"),
    ],
)  # fmt: skip
def test_a_class_name_decides_without_a_status(name, kind):
    assert classify(None, name) == kind


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("API Error: 500 Internal server error. This is a server-side issue", "server"),
        ("Error code: 429 - Rate limit reached for mock", "rate_limit"),
        ('{"error":{"code":401,"message":"no"}}', "auth"),
        ("status_code: 429, model_name: gpt-4o-mini", "rate_limit"),
        ("invalid x-api-key", "auth"),
        ("Request timed out.", "timeout"),
        ("something else", "unknown"),
        ("took 500 ms", "unknown"),
    ],
)  # fmt: skip
def test_words_decide_at_last(message, kind):
    assert classify(None, "", message) == kind
    assert classify(200, "TelemetrySafeError", message) == kind


def test_overloaded_is_a_rate_limit_whatever_the_status_says():
    assert classify(503, "", "The model is overloaded. Please try again later.") == "rate_limit"
    assert classify(200, "overloaded_error", "") == "rate_limit"


def test_a_status_outranks_words():
    assert classify(500, "", "rate limit") == "server"
    assert classify(400, "authentication_error", "") == "validation"


def test_a_generic_class_leaves_the_word_to_its_message():
    assert classify(None, "ApiError", '{"error":{"code":429}}') == "rate_limit"
    assert classify(None, "ApiError", "") == "server"


@given(st.none() | st.integers(), st.text(), st.text())
def test_there_is_always_an_answer(status, name, message):
    kinds = {"auth", "rate_limit", "timeout", "validation", "server", "unknown"}
    assert classify(status, name, message) in kinds
