"""The alarm: what is kept of words that nobody reads, and where it is said."""

from aimon_core.clock import SteppedClock
from aimon_core.drift import NAMES, OTHERS, SESSIONS, UNREAD, VERSIONS, Drifts
from aimon_core.events import Drifted, PromptSubmitted
from aimon_core.store import SessionStore
from aimon_core.wire import drift_dict


def strange(name: str = "new_event", version: str | None = "2.2.0", session_id: str = "s1", **more) -> Drifted:
    """A record that nobody reads."""
    sample = more.pop("sample", lambda: {"key": "text(3)"})
    told = {"agent": "claude-code", "at_ns": 1, "channel": "log"} | more
    return Drifted(session_id=session_id, signal=name, version=version, sample=sample, **told)


def test_it_says_who_what_how_often_and_since_when():
    drifts = Drifts()
    for at_s in (5, 3, 9):
        drifts.add(strange(), at_s * 10**9)
    drifts.add(strange("newer"), 7 * 10**9)
    (told,) = map(drift_dict, drifts)
    assert (told["agent"], told["version"], told["count"]) == ("claude-code", "2.2.0", 4)
    assert told["first_at"] == "1970-01-01T00:00:03.000Z"
    assert told["names"][0] == {
        "name": "new_event", "channel": "log", "count": 3, "first_at": "1970-01-01T00:00:03.000Z",
        "last_at": "1970-01-01T00:00:09.000Z", "sample": {"key": "text(3)"},
    }  # fmt: skip


def test_a_sample_is_made_of_the_first_of_a_name_alone():
    made = []
    drifts = Drifts()
    for _ in range(5):
        drifts.add(strange(sample=lambda: made.append(1) or {}), 1)
    assert made == [1]


def test_names_versions_and_sessions_are_bounded():
    drifts = Drifts()
    for number in range(100_000):
        drifts.add(strange(f"name_{number}", session_id=f"s{number}"), 1)
    (told,) = drifts
    assert (len(told.names), told.count, told.names[OTHERS].sample) == (NAMES + 1, 100_000, {})
    assert len(drifts._rows) == SESSIONS
    for number in range(1_000):
        drifts.add(strange(version=f"3.{number}"), 1)
    assert len(list(drifts)) == VERSIONS + 1
    assert sum(one.count for one in drifts) == 101_000


def test_each_version_is_news_once():
    drifts = Drifts()
    for version in ("2.2.0", "2.2.0", None):
        drifts.add(strange(version=version), 1)
    assert [one.speaker for one in drifts.news()] == ["Claude Code 2.2.0", "Claude Code"]
    drifts.add(strange("another"), 1)
    assert drifts.news() == []


def test_a_row_says_it_whichever_came_first():
    prompt = PromptSubmitted(agent="claude-code", session_id="s1", at_ns=1, channel="log", signal="user_prompt")
    for events in ([strange(), prompt], [prompt, strange()]):
        store = SessionStore(SteppedClock())
        for event in events:
            store.apply([event])
            store.drain()
        (session,) = store.sessions()
        assert UNREAD in session.blind_spots


def test_it_makes_no_row_and_changes_no_state():
    store = SessionStore(SteppedClock())
    assert store.apply([strange(), strange(session_id="")]) == []
    assert store.sessions(every=True) == []
    assert store.totals().sessions == 0


def test_a_row_is_painted_again_only_when_it_has_something_new_to_say():
    store = SessionStore(SteppedClock())
    assert [store.apply([strange()]) or store.drain() for _ in range(2)] == [{"claude-code:s1"}, set()]
