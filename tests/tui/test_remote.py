"""What a second screen knows: what it was told, for as long as that lasts, and what it says when it ends."""

import pytest

from aimon_core import mirror
from aimon_core.clock import SteppedClock
from aimon_core.errors import Unavailable, Unreadable, UsageError
from aimon_core.session import Totals
from aimon_desktop.terminals import Outcome
from aimon_tui.attached import SshSource
from aimon_tui.remote import RemoteClock, RemoteDoor, RemoteLedger
from tests.fakes.fleet import NOW_NS, morning, turns
from tests.tui.screen import SHOP


class Told:
    """A ledger that hears lines."""

    def __init__(self):
        self.stepped = SteppedClock()
        self.clock, self.door, self.asked = RemoteClock(self.stepped), RemoteDoor("desk"), []
        self.ledger = RemoteLedger(self.clock, self.door, lambda verb, key: self.asked.append((verb, key)), self.go)

    async def go(self, session):
        self.asked.append(("focus", session.key))
        return Outcome(ok=True, line="Switched.")

    def hear(self, *lines):
        for line in lines:
            self.ledger.hear(mirror.encode(line))


def head(*keys, **facts):
    given = {"format": mirror.FORMAT, "version": "1", "now_ns": NOW_NS, "keys": keys}
    return mirror.Head(**given | facts)


def frame(*sessions, gone=(), now_ns=NOW_NS, rate=3.0):
    return mirror.Frame(now_ns, rate, Totals(llm_calls=7), tuple(sessions), tuple(gone))


def tree(*numbers):
    for number in numbers:
        yield from (one for one in mirror.pieces(SHOP, turns()[number], None, len(numbers)) if one)


def test_what_is_told_is_there():
    told = Told()
    told.hear(head(*(one.key for one in morning())), frame(*morning()), *tree(0, 1, 2))
    assert told.ledger.sessions() == morning()
    assert told.ledger.get(SHOP) == morning()[0]
    assert told.ledger.totals().llm_calls == 7
    assert told.ledger.turns(SHOP) == turns()
    assert told.door.rate() == 3.0
    assert told.ledger.drain() == {one.key for one in morning()}
    assert told.ledger.drain() == set()


def test_what_left_the_list_is_gone():
    told = Told()
    told.hear(head(SHOP), frame(*morning()), *tree(2))
    told.ledger.drain()
    told.hear(frame(gone=(SHOP,)))
    assert told.ledger.get(SHOP) is None
    assert told.ledger.turns(SHOP) == []
    assert told.ledger.drain() == {SHOP}


def test_a_second_head_keeps_what_is_still_there():
    told = Told()
    told.hear(head(), frame(*morning()))
    told.hear(head(SHOP))
    assert [one.key for one in told.ledger.sessions()] == [SHOP]


def test_turns_that_are_no_longer_there_go():
    told = Told()
    told.hear(head(SHOP), frame(morning()[0]), *tree(0, 1, 2))
    told.hear(mirror.Turn(SHOP, turns()[0], 0, True, 1))
    assert told.ledger.turns(SHOP) == turns()[:1]


def test_the_clock_is_the_other_ones_and_stands_still_when_it_is_gone():
    told = Told()
    told.hear(head(now_ns=NOW_NS + 3600 * 10**9))
    assert told.clock.now_ns() == NOW_NS + 3600 * 10**9
    told.stepped.advance(5)
    assert told.clock.now_ns() == NOW_NS + 3605 * 10**9
    told.clock.stop()
    told.stepped.advance(500)
    assert told.clock.now_ns() == NOW_NS + 3605 * 10**9
    told.hear(frame(now_ns=NOW_NS + 4200 * 10**9))
    assert told.clock.now_ns() == NOW_NS + 4200 * 10**9


def test_clocks_that_hardly_differ_are_one_clock():
    told = Told()
    told.hear(head(now_ns=NOW_NS + 40_000_000))
    assert told.clock.now_ns() == told.stepped.now_ns()


def test_another_format_is_told_with_the_version():
    with pytest.raises(Unavailable, match=r"version 9\.9.*Update both"):
        Told().hear(head(format=mirror.FORMAT + 1, version="9.9"))


@pytest.mark.parametrize(("line", "error", "words"), [
    (b'{"v": 1, "seq": 0, "type": "session_list", "sessions": []}', Unavailable, "older"),
    (b"<html>\x1b[31m hello", Unreadable, "no aimon"),
    (b'{"type":"frame","now_ns":"soon"}', Unreadable, "no aimon"),
    (b"[" * 5_000, Unreadable, "no aimon"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words(line, error, words):
    with pytest.raises(error, match=words) as raised:
        Told().ledger.hear(line)
    assert "\x1b" not in str(raised.value)


def test_acknowledging_is_asked_of_the_other_one():
    told = Told()
    told.ledger.acknowledge(SHOP)
    assert told.asked == [("acknowledge", SHOP)]


async def test_going_to_a_terminal_is_seeing_it():
    told = Told()
    told.hear(head(SHOP), frame(morning()[0]))
    assert (await told.ledger.focus(SHOP)).ok
    assert told.asked == [("focus", SHOP), ("acknowledge", SHOP)]
    assert (await told.ledger.focus("gone")).line == "This session is no longer known."


@pytest.mark.parametrize(("url", "command"), [
    ("ssh://desk", ["--", "desk"]),
    ("ssh://dev@desk.local:2222", ["-p", "2222", "--", "dev@desk.local"]),
    ("ssh://10.0.0.7/", ["--", "10.0.0.7"]),
])  # fmt: skip
def test_a_host_becomes_arguments_of_ssh(url, command):
    given = list(SshSource(url).command)
    assert given[:2] == ["ssh", "-T"]
    assert given[-3:] == ["aimon", "stream", "--full"]
    assert given[-3 - len(command) : -3] == command


@pytest.mark.parametrize("url", [
    "desk", "http://desk", "ssh://", "ssh://-oProxyCommand=x", "ssh://a b", "ssh://desk;rm", "ssh://desk:0", "ssh://desk:99999",
    "ssh://-l@desk", "ssh://desk\n", "ssh://desk/path", "ssh://$(id)", "ssh://a@b@c",
])  # fmt: skip
def test_what_is_no_host_never_reaches_ssh(url):
    with pytest.raises(UsageError, match=r"ssh://\[USER@\]HOST"):
        SshSource(url)
