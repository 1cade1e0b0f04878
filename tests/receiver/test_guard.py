"""Who may speak to the door, and in which terms."""

import pytest

from aimon_core.errors import Unsafe
from receiver import guard
from receiver.status import Reason, Refused

OURS = guard.host_names(4318, ["host.docker.internal", "box:5318", "[fd00::1]"])


def reason(check, *args):
    with pytest.raises(Refused) as caught:
        check(*args)
    return caught.value.reason


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_s01_both_loopback_addresses_are_bound(host):
    assert guard.addresses(host) == ("127.0.0.1", "::1")


def test_s01_another_loopback_address_is_bound_alone():
    assert guard.addresses("127.0.0.2") == ("127.0.0.2",)
    assert guard.addresses("::1") == ("::1",)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "", "example.com", "127.0.0.1.nip.io"])
def test_s01_no_other_address_is_bound(host):
    with pytest.raises(Unsafe) as caught:
        guard.addresses(host)
    assert caught.value.exit_code == 2
    assert "--connect ssh://" in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        "localhost:4318",
        "LocalHost:4318",
        "127.0.0.1:4318",
        "[::1]:4318",
        "host.docker.internal:4318",
        "box:5318",
        "[fd00::1]:4318",
    ],
)
def test_s02_our_own_names_are_let_in(host):
    guard.check_sender({"Host": host}, OURS)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:4318",
        "127.0.0.1.nip.io:4318",
        "localhost",
        "localhost:80",
        "box:4318",
        "127.0.0.1:4318.evil",
    ],
)
def test_s02_foreign_hosts_are_refused_with_a_hint(host):
    with pytest.raises(Refused) as caught:
        guard.check_sender({"Host": host}, OURS)
    assert caught.value.reason is Reason.FORBIDDEN
    assert "--allow-host" in caught.value.message


def test_s02_no_host_at_all_is_refused():
    assert reason(guard.check_sender, {}, OURS) is Reason.FORBIDDEN


@pytest.mark.parametrize(
    "header",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:4318"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
    ids=str,
)
def test_s03_web_pages_are_refused(header):
    assert reason(guard.check_sender, {"Host": "localhost:4318"} | header, OURS) is Reason.FORBIDDEN


def test_s03_a_person_typing_the_address_is_no_web_page():
    guard.check_sender({"Host": "localhost:4318", "Sec-Fetch-Site": "none"}, OURS)


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("application/json", "json"),
        ("application/JSON; charset=UTF-8", "json"),
        ('application/json;charset="utf-8"', "json"),
        ("application/x-protobuf", "protobuf"),
        ("application/x-protobuf; messageType=x", "protobuf"),
        ("application/protobuf", "protobuf"),
    ],
)
def test_s04_content_types_are_parsed(content_type, encoding):
    assert guard.encoding({"Content-Type": content_type}) == encoding


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json; charset=utf-16",
        ";",
        "multipart/form-data",
    ],
)
def test_s04_other_content_types_are_unsupported(content_type):
    assert reason(guard.encoding, {"Content-Type": content_type}) is Reason.UNSUPPORTED


def test_s04_content_encodings():
    assert guard.content_encoding({}) == "identity"
    assert guard.content_encoding({"Content-Encoding": "GZip"}) == "gzip"
    assert guard.content_encoding({"Content-Encoding": "deflate"}) == "deflate"
    for foreign in ("br", "zstd", "gzip, gzip", "x-gzip"):
        assert reason(guard.content_encoding, {"Content-Encoding": foreign}) is Reason.UNSUPPORTED
