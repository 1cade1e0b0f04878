"""Another aimon or its agents may tell anything: on a second screen it is words in cells, and the screen stands."""

import json
from typing import Any

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from aimon_core import mirror
from aimon_core.clock import SteppedClock
from aimon_core.errors import Unreadable
from aimon_core.session import Totals
from aimon_tui.app import AimonApp, ScreenSettings
from aimon_tui.remote import RemoteClock, RemoteDoor, RemoteLedger
from tests.fakes.fleet import NOW_NS, turns, waiting
from tests.hostile import CORPUS, FORBIDDEN
from tests.tui.screen import TRUECOLOR, cells, text

FRAME = mirror.Frame(NOW_NS, 14.0, Totals(sessions=1), (waiting(),))
FIXED = {"key", "type", "kind", "state", "waiting_for", "basis", "offset", "number", "turns", "done"}
"""Names whose values may not be anything at all."""


def extreme(told: Any, whole: int, fraction: float, words: str) -> Any:
    """A line with every number and every free text replaced, and every list far longer."""
    match told:
        case bool():
            return told
        case int():
            return whole
        case float():
            return fraction
        case str():
            return words
        case list() | tuple():
            return [extreme(one, whole, fraction, words) for one in told] * 12
        case dict():
            return {
                name: one if name in FIXED and not isinstance(one, list) else extreme(one, whole, fraction, words)
                for name, one in told.items()
            }
    return told


def ledger() -> RemoteLedger:
    async def goes(session):
        raise NotImplementedError

    clock, door = RemoteClock(SteppedClock()), RemoteDoor("127.0.0.1:4318")
    return RemoteLedger(clock, door, lambda verb, key: None, goes)


@pytest.mark.parametrize("whole", [2**63 - 1, -(2**63) + 1, 0])
@pytest.mark.parametrize("fraction", [9e18, -9e18, 0.0])
async def test_whatever_an_aimon_tells_the_screen_stands(whole, fraction):
    words = "\x1b]52;c;ZXZpbA==\x07[/red][@click=app.quit]\u202e\ud83d" + "Z\u0301" * 300
    remote, clock = ledger(), RemoteClock(SteppedClock())
    pieces = [one for turn in turns() for one in mirror.pieces(waiting().key, turn, None, 3) if one]
    for line in (FRAME, *pieces):
        remote.hear(json.dumps(extreme(to_builtins(line), whole, fraction, words)).encode() + b"\n")
    app = AimonApp(
        remote, door=remote._door, clock=clock, settings=ScreenSettings(theme="aimon-dark"), framed=False,
        environment=TRUECOLOR,
    )  # fmt: skip
    async with app.run_test(size=(120, 40)) as pilot:
        for key in ("j", "enter", "w", "escape", "j", "e"):
            await pilot.press(key)
            assert [(key, row) for row in text(app) if FORBIDDEN.search(row)] == []
            assert not any(style.link for _, style in cells(app))
        assert app.board.session.key == waiting().key


@pytest.mark.parametrize("words", CORPUS.values(), ids=CORPUS)
def test_a_name_that_an_agent_chose_never_ends_the_way_between_two_aimons(words):
    told = replace(FRAME, sessions=(replace(waiting(), name=words, doing=words),))
    assert mirror.decode(mirror.encode(told)) == told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("since_ns", str(2**63)),
        ("since_ns", "9" * 5000),
        ("burn_usd_per_hour", "1e300"),
        ("burn_usd_per_hour", "1e999"),
        ("spend", "[NaN]"),
        ("spend", "[-Infinity]"),
        ("state", '"on fire"'),
        ("models", "{}"),
        ("name", "[" * 100_000),
    ],
)
def test_what_is_beyond_all_measure_is_no_line(name, value):
    told = to_builtins(FRAME)
    told["sessions"][0][name] = "SPOILT"
    with pytest.raises(Unreadable):
        ledger().hear(json.dumps(told).replace('"SPOILT"', value).encode())
