"""Why a call or a turn failed, in six words that all agents share; apart because every dialect needs the same answer.

The rules are those of the HTTP status where there is one. Streams fail after a 200 and some clients tell only the name
of an exception class, so names and messages are read too, most specific first.
"""

import re
from typing import Literal

ErrorType = Literal["auth", "rate_limit", "timeout", "validation", "server", "unknown"]

HEAD = 500
"""Characters of a message that are looked at: the kind of an error stands at its beginning."""

_WORDS: tuple[tuple[ErrorType, tuple[str, ...]], ...] = (
    ("timeout", ("timeout", "timedout", "deadlineexceeded")),
    ("rate_limit", ("ratelimit", "overloaded", "toomanyrequests", "exhausted", "throttl", "quota", "usagelimit")),
    ("auth", ("authenticat", "unauthorized", "permission", "forbidden", "apikey", "accessdenied")),
    ("validation", (
        "invalid", "validation", "badrequest", "notfound", "toolarge", "toolong", "maxoutput", "contextwindow",
        "contextlength", "billing",
    )),
    ("server", ("server", "internal", "connection", "disconnect", "econn", "unavailable", "gateway")),
)  # fmt: skip
"""Looked up in names and messages without their separators: `RateLimitError` and `rate_limit_error` are one."""
_SEPARATORS = re.compile(r"[\W_]+")
_STATUS = re.compile(r"(?:status|code|error)\W{1,4}([45]\d\d)\b", re.IGNORECASE)


def classify(status: int | None, name: str = "", message: str = "") -> ErrorType:
    """The kind of a failure from its HTTP status, the name of its class or type, and its words."""
    if status is not None and 400 <= status <= 599:
        return _by_status(status, name, message)
    if (kind := _by_words(name)) != "unknown":
        return kind
    if found := _STATUS.search(message[:HEAD]):
        return _by_status(int(found[1]), name, message)
    if (kind := _by_words(message)) != "unknown":
        return kind
    return "server" if _plain(name) == "apierror" else "unknown"


def _by_status(status: int, name: str, message: str) -> ErrorType:
    match status:
        case 401 | 403:
            return "auth"
        case 429 | 529:
            return "rate_limit"
        case 408 | 504:
            return "timeout"
        case _ if status < 500:
            return "validation"
        case _:  # Gemini says 503 where Anthropic says 529: too many are asking
            return "rate_limit" if "overloaded" in _plain(name) + _plain(message) else "server"


def _by_words(text: str) -> ErrorType:
    plain = _plain(text)
    return next((kind for kind, words in _WORDS if any(word in plain for word in words)), "unknown")


def _plain(text: str) -> str:
    return _SEPARATORS.sub("", text[:HEAD]).lower()
