"""An address of the network is opened for who shows the token, and this machine goes on without it."""

import grpc
import pytest

from aimon_core.errors import Unavailable, Unsafe
from receiver import connections, guard
from receiver.status import Reason, Refused
from tests.fakes.door import PROTOBUF, opened, requests
from tests.receiver.test_grpc import called

TOKEN = "correct-horse-battery"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ELSEWHERE = "192.0.2.7"


@pytest.fixture
def from_afar(monkeypatch):
    """Every caller comes from another machine; nothing but loopback is opened."""
    monkeypatch.setattr(connections, "is_near", lambda _: False)
    monkeypatch.setattr(guard, "is_near", lambda _: False)
    monkeypatch.setattr(guard, "addresses", lambda host, token="": ("127.0.0.1",))
    return {"host": ELSEWHERE, "token": TOKEN}


def test_s01_an_address_of_the_network_needs_a_token_and_comes_beside_loopback():
    assert guard.addresses(ELSEWHERE, TOKEN) == ("127.0.0.1", "::1", ELSEWHERE)
    assert guard.addresses("0.0.0.0", TOKEN) == ("0.0.0.0", "::1")
    assert guard.addresses("::", TOKEN) == ("127.0.0.1", "::")
    assert guard.addresses("127.0.0.1", TOKEN) == ("127.0.0.1", "::1")
    assert guard.addresses("fd00::7", TOKEN)[-1] == "fd00::7"


@pytest.mark.parametrize(
    "token", ["", "short", "a" * 15, "with a space in the middle", "nö-letters-of-ascii", "x" * 20 + "\n"]
)
def test_s01_what_can_be_guessed_or_not_be_sent_is_no_token(token):
    with pytest.raises(Unsafe) as caught:
        guard.addresses(ELSEWHERE, token)
    assert caught.value.exit_code == 2
    assert token not in str(caught.value) or not token


def test_s01_a_name_is_no_address_even_with_a_token():
    with pytest.raises(Unsafe, match=r"example\.com"):
        guard.addresses("example.com", TOKEN)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "::1%lo"])
def test_loopback_is_near(address):
    assert guard.is_near(address)


@pytest.mark.parametrize(
    "address", ["", "192.168.1.7", "::ffff:192.168.1.7", "fe80::1%eth0", "unix", "127.0.0.1.nip.io"]
)
def test_everything_else_is_far(address):
    assert not guard.is_near(address)


@pytest.mark.parametrize(
    "shown", ["", "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, "Bearer ö"]
)
def test_another_token_is_unauthorized(shown):
    with pytest.raises(Refused) as caught:
        guard.check_token(shown, TOKEN)
    assert caught.value.reason is Reason.UNAUTHORIZED
    assert TOKEN not in str(caught.value)


def test_no_token_lets_nobody_in():
    with pytest.raises(Refused):
        guard.check_token("Bearer ", "")


@pytest.mark.parametrize("path", ["/health", "/api/v1/sessions", "/api/v1/stats", "/api/v1/stream"])
async def test_401_without_the_token_whatever_is_asked(from_afar, path):
    async with opened(**from_afar) as door:
        heard = await door.get(path)
        assert (heard.status, heard.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert "Authorization: Bearer" in heard.json["message"]
        assert door.receiver.counters.refused == {401: 1}


async def test_who_shows_the_token_is_heard_by_whatever_name(from_afar):
    async with opened(**from_afar) as door:
        heard = await door.post("/v1/logs", requests(2), PROTOBUF | BEARER | {"Host": "builder.example"})
        assert heard.status == 200
        assert door.ledger.totals().llm_calls == 2


@pytest.mark.parametrize("path", ["/api/v1/sessions", "/api/v1/stream", "/api/v1/tape?raw=1"])
async def test_who_shows_the_token_may_send_and_not_look(from_afar, path):
    """It stands in the environment of agents, which can be talked into anything."""
    async with opened(**from_afar) as door:
        heard = await door.get(path, BEARER)
        assert (heard.status, "ssh://" in heard.json["message"]) == (403, True)
        assert (await door.ask("POST", "/api/v1/sessions/a:b/focus", headers=BEARER)).status == 403
        assert (await door.get("/health", BEARER)).status == 200


async def test_a_web_page_gets_403_even_with_the_token(from_afar):
    async with opened(**from_afar) as door:
        assert (await door.get("/health", BEARER | {"Origin": "https://evil.example"})).status == 403


async def test_this_machine_needs_no_token():
    async with opened(token=TOKEN) as door:
        assert (await door.get("/health")).status == 200


async def test_who_hangs_up_before_being_heard_may_be_anybody(from_afar):
    """aiohttp hands over the request of a client that is gone without its connection."""
    async with opened(**from_afar) as door:
        assert not door.receiver._door.connections().is_near
    async with opened() as door:
        assert door.receiver._door.connections().is_near


async def test_grpc_wants_the_token_too(from_afar):
    async with called(**from_afar) as (door, call):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call("logs", requests(1))
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        await call("logs", requests(3), metadata=(("authorization", f"Bearer {TOKEN}"),))
        assert door.ledger.totals().llm_calls == 3


async def test_an_address_that_this_machine_has_not_is_said():
    with pytest.raises(Unavailable, match=ELSEWHERE):  # of a network that is in books alone
        async with opened(host=ELSEWHERE, token=TOKEN):
            pass


async def test_this_machine_is_told_its_own_address(from_afar):
    async with opened(**from_afar) as door:
        assert door.receiver.address == f"127.0.0.1:{door.receiver.port}"
