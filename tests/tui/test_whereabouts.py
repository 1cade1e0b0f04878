"""Where sessions are: found when their process becomes known, looked for anew when somebody wants to go there."""

import asyncio

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.config import Settings
from aimon_core.events import SessionSeen
from aimon_core.session import Terminal
from aimon_desktop import terminals
from aimon_desktop.terminals import Outcome
from aimon_tui.runtime import Runtime
from tests.fakes.events import event, prompted, turn_ended
from tests.fakes.tmux import desk as desk_of_its_own
from tests.fakes.tmux import needs_tmux

pytestmark = [pytest.mark.tmux, needs_tmux]

KEY = "claude-code:s1"


@pytest.fixture
def desk():
    with desk_of_its_own() as desk:
        yield desk


@pytest.fixture
def main(desk):
    """A server with a session in which aimon runs, and a terminal that shows it."""
    main = desk.server()
    main.aimon = main.session("aimon")
    main.tty = main.attach("aimon")
    return main


@pytest.fixture
async def runtime(tmp_path):
    runtime = Runtime(Settings(port=0, state_dir=str(tmp_path)), SteppedClock(), runtime_folder=str(tmp_path / "run"))
    await runtime.start(frame_s=3600)
    yield runtime
    await runtime.stop()


def seen(pid, started_at, session_id="s1", heard="process", after_s=1):
    return event(
        SessionSeen,
        after_s,
        heard,
        signal="peer" if heard == "process" else "test",
        session_id=session_id,
        pid=pid,
        pid_started_at=started_at,
    )


def meet(runtime, pane, session_id="s1", **facts):
    """A session that is the process in a pane."""
    target = pane.target
    runtime.store.apply([prompted(1, session_id=session_id)])
    runtime.store.apply([seen(target.pid, target.started_at, session_id, **facts)])


async def found(runtime, *keys):
    """The terminals of some sessions once all searches are over."""
    runtime.drain()
    await asyncio.gather(*runtime._whereabouts._searches)
    return [runtime.get(key).terminal for key in keys]


async def test_a_session_is_found_when_its_process_becomes_known(runtime, main):
    pane = main.window("aimon")
    meet(runtime, pane)
    assert await found(runtime, KEY) == [Terminal((f"tmux {pane.id}",), focusable=True, confidence="peer")]
    assert runtime.drain() == {KEY}, "the screen shows it in the next frame"
    assert runtime.drain() == set()


async def test_a_process_is_looked_for_once_until_it_is_another_one(runtime, main, monkeypatch):
    looked, locate = [], terminals.locate
    monkeypatch.setattr(terminals, "locate", lambda target: looked.append(target.pid) or locate(target))
    one, other = main.window("aimon"), main.window("aimon")
    meet(runtime, one)
    await found(runtime)
    runtime.store.apply([prompted(2, prompt_id="p2"), seen(7, None, heard="log", after_s=3)])
    await found(runtime)
    assert looked == [one.pid]
    meet(runtime, other, heard="hook", after_s=4)
    assert await found(runtime, KEY) == [Terminal((f"tmux {other.id}",), focusable=True, confidence="hook")]
    assert looked == [one.pid, other.pid]


async def test_two_sessions_in_one_directory_are_two_panes(runtime, main):
    one, other = main.session("work"), main.window("work")
    meet(runtime, one)
    meet(runtime, other, "s2")
    for key, pane in ((KEY, one), ("claude-code:s2", other), (KEY, one)):
        assert (await runtime.focus(key, main.aimon.pid)).ok
        assert main.shows(main.tty) == pane.id


async def test_a_pane_that_moved_since_it_was_found_is_gone_to_where_it_is_now(runtime, main):
    work = main.session("work")
    pane, other = main.split(work), main.session("other")
    meet(runtime, pane)
    await found(runtime)
    main("break-pane", "-d", "-s", pane.id, "-t", "other:")
    assert (await runtime.focus(KEY, main.aimon.pid)).ok
    assert main.shows(main.tty) == pane.id
    main("switch-client", "-c", main.tty, "-t", "aimon")
    main("move-pane", "-d", "-s", pane.id, "-t", other.id)
    main("kill-session", "-t", "work")
    assert (await runtime.focus(KEY, main.aimon.pid)).ok
    assert main.shows(main.tty) == pane.id


async def test_from_a_popup_the_terminal_below_it_is_used(runtime, desk, main):
    pane = main.session("work")
    meet(runtime, pane)
    main.popup(main.tty, f"echo $$ > {desk.folder}/popup; exec sleep 600")
    assert (await runtime.focus(KEY, desk.note("popup"))).ok
    assert main.shows(main.tty) == pane.id


async def test_from_another_terminal_of_the_server_that_one_is_used(runtime, main):
    pane = main.session("work")
    asking = main.session("shell")
    tty = main.attach("shell")
    meet(runtime, pane)
    assert (await runtime.focus(KEY, asking.pid)).ok
    assert (main.shows(tty), main.shows(main.tty)) == (pane.id, main.aimon.id)


async def test_a_pane_that_is_gone_below_a_process_that_lives_on_is_named(runtime, desk, main):
    pane = main.window("aimon", "sh", "-c", f"trap '' HUP; echo $$ > {desk.folder}/pid; exec sleep 600")
    desk.note("pid")
    meet(runtime, pane)
    assert (await found(runtime, KEY))[0].chain == (f"tmux {pane.id}",)
    main("kill-pane", "-t", pane.id)
    assert await runtime.focus(KEY, main.aimon.pid) == Outcome(ok=False, line=f"tmux {pane.id} is gone.")
    assert not runtime.get(KEY).terminal.focusable


async def test_s16_a_pid_of_telemetry_is_no_way_to_a_terminal(runtime, main):
    pane = main.session("work")
    runtime.store.apply([prompted(1), seen(pane.target.pid, None, heard="log")])
    assert await found(runtime, KEY) == [None]
    outcome = await runtime.focus(KEY, main.aimon.pid)
    assert (outcome.ok, "is not known, so neither is its terminal" in outcome.line) == (False, True)
    assert main.shows(main.tty) == main.aimon.id


async def test_s17_a_reused_pid_is_neither_found_nor_gone_to(runtime, main):
    pane = main.session("work")
    runtime.store.apply([prompted(1), seen(pane.target.pid, pane.target.started_at - 60)])
    assert await found(runtime, KEY) == [None]
    outcome = await runtime.focus(KEY, main.aimon.pid)
    assert outcome == Outcome(ok=False, line=f"Its process has ended; {pane.pid} is another program now.")
    assert main.shows(main.tty) == main.aimon.id


async def test_what_is_done_has_been_seen_when_somebody_went_there_and_only_then(runtime, main):
    pane = main.session("work")
    runtime.store.apply([prompted(1), turn_ended(2)])
    assert not (await runtime.focus(KEY, main.aimon.pid)).ok
    assert runtime.get(KEY).state == "completed"
    meet(runtime, pane)
    runtime.store.apply([prompted(3, prompt_id="p2"), turn_ended(4)])
    assert (await runtime.focus(KEY, main.aimon.pid)).ok
    assert runtime.get(KEY).state == "idle"


async def test_s24_a_session_that_is_not_known_is_gone_to_by_nobody(runtime):
    assert await runtime.focus("claude-code:nobody") == Outcome(ok=False, line="This session is no longer known.")


async def test_a_search_under_way_ends_with_the_runtime(runtime, main, monkeypatch):
    async def for_ever(target):
        await asyncio.Event().wait()

    monkeypatch.setattr(terminals, "locate", for_ever)
    meet(runtime, main.session("work"))
    runtime.drain()
    (search,) = runtime._whereabouts._searches
    await runtime.stop()
    await asyncio.wait({search})
    assert search.cancelled()
