"""`POST /api/v1/sessions/{key}/focus`: for sessions that the ledger knows, before whoever asks, and by POST alone."""

import os
import sys

import pytest
from msgspec import Struct

from receiver import shapes
from receiver.api import Owner
from tests.fakes.door import PROTOBUF, opened, requests

KEY = "claude-code:s/1"


class Outcome(Struct, frozen=True):
    ok: bool
    line: str
    command: str = ""


class Hands:
    """What the runtime hands in."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes, self.asked = list(outcomes), []

    async def __call__(self, key: str, viewer: int | None) -> Outcome:
        self.asked.append((key, viewer))
        return self.outcomes.pop(0)


async def known(door) -> str:
    """The path of a session that has just become known."""
    await door.post("/v1/logs", requests(1, "s/1"), PROTOBUF)
    return f"/api/v1/sessions/{KEY}/focus"


async def test_it_answers_with_what_came_of_it_and_looks_from_where_it_was_asked():
    hands = Hands(Outcome(ok=True, line="Switched to tmux %3."), Outcome(ok=False, line="No.", command="tmux attach"))
    async with opened(owner=Owner(acts={"focus": hands})) as door:
        path = await known(door)
        done, missed = await door.post(path, None), await door.post(path, b"{}")
    assert (done.status, missed.status) == (200, 409)
    assert done.json == {"v": 1, "ok": True, "line": "Switched to tmux %3.", "command": ""}
    assert missed.json == {"v": 1, "ok": False, "line": "No.", "command": "tmux attach"}
    for answer in (done, missed):
        shapes.SHAPES["focus"].validate_json(answer.body)
    viewer = os.getpid() if sys.platform == "linux" else None
    assert hands.asked == [(KEY, viewer)] * 2


async def test_s24_only_sessions_that_are_known():
    hands = Hands()
    async with opened(owner=Owner(acts={"focus": hands})) as door:
        await known(door)
        for key in ("claude-code:s2", "s/1", "%3", "claude-code:s%2F1%00", ""):
            assert (await door.post(f"/api/v1/sessions/{key}/focus", None)).status in {404, 405}, key
    assert hands.asked == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_it_is_a_deed_and_no_question(method):
    hands = Hands()
    async with opened(owner=Owner(acts={"focus": hands})) as door:
        heard = await door.ask(method, await known(door))
    assert (heard.status, heard.headers["Allow"], hands.asked) == (405, "POST", [])


@pytest.mark.parametrize("header", [{"Origin": "http://127.0.0.1"}, {"Sec-Fetch-Site": "same-site"}, {"Host": "evil"}])
async def test_s03_no_web_page_moves_terminals(header):
    hands = Hands()
    async with opened(owner=Owner(acts={"focus": hands})) as door:
        assert (await door.post(await known(door), None, header)).status == 403
    assert hands.asked == []


async def test_a_receiver_without_hands_has_no_such_path():
    async with opened() as door:
        assert (await door.post(await known(door), None)).status == 405
