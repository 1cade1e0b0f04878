"""From a process to its pane, with tmux servers of our own."""

import os
import re
import signal
import socket
import sys
from pathlib import Path

import psutil
import pytest

from aimon_core import process
from aimon_core.errors import Unavailable
from aimon_desktop.terminals import Target, focusable, locate, outside
from aimon_desktop.terminals.chain import around
from aimon_desktop.terminals.tmux import Client, Server, Window
from tests.fakes.tmux import desk as desk_of_its_own
from tests.fakes.tmux import needs_tmux, target, until

PYTHON = Path(sys.executable).resolve()

pytestmark = [pytest.mark.tmux, needs_tmux]


@pytest.fixture
def desk():
    with desk_of_its_own() as desk:
        yield desk


@pytest.fixture
def tmux(desk):
    return desk.server()


async def test_a_process_in_a_pane_leads_to_the_pane_its_windows_and_who_looks(tmux):
    pane = tmux.session("work")
    tty = tmux.attach("work")
    (hop,) = await locate(pane.target)
    assert str(hop) == f"tmux {pane.id}"
    assert hop.server == Server(tmux.pid, tmux.socket)
    assert hop.windows == (Window("$0", "@0", active=True),)
    assert hop.clients == (Client(int(tmux("list-clients", "-F", "#{client_pid}")), tty, "$0"),)


async def test_two_sessions_in_one_directory_are_two_panes(tmux):
    one = tmux.session("work")
    other = tmux.split(one)
    assert psutil.Process(one.pid).cwd() == psutil.Process(other.pid).cwd()
    assert [str((await locate(pane.target))[0]) for pane in (one, other)] == ["tmux %0", "tmux %1"]


async def test_a_process_far_below_the_pane_is_in_it(tmux):
    pane = tmux.session("work", "sh", "-c", "sh -c 'sleep 600; :'; :")
    (hop,) = await locate(target(pane.child("sleep")))
    assert hop.pane == pane.id


async def test_a_moved_pane_is_found_where_it_is_now(tmux):
    tmux.session("work")
    moved, other = tmux.window("work"), tmux.session("other")
    tmux("break-pane", "-d", "-s", moved.id, "-t", "other:")
    (hop,) = await locate(moved.target)
    assert (hop.pane, hop.windows[0].session) == (moved.id, "$1")
    tmux("join-pane", "-d", "-s", moved.id, "-t", other.id)
    (hop,) = await locate(moved.target)
    (beside,) = await locate(other.target)
    assert (hop.pane, hop.windows[0].window) == (moved.id, beside.windows[0].window)
    assert (hop.windows[0].active, beside.windows[0].active) == (False, True)


async def test_a_stale_tmux_variable_leads_nowhere_else(desk, tmux):
    wrong = desk.server("wrong")
    wrong.session("wrong")
    for claim in (
        f"{wrong.socket},{wrong.pid},0",
        f"{desk.folder}/gone,1,0",
        "rubbish",
        "",
        f"{wrong.socket},{'9' * 30},0",
    ):
        pane = tmux.session(f"s{len(claim)}", "env", f"TMUX={claim}", "TMUX_PANE=%77", "sleep", "600")
        (hop,) = await locate(pane.target)
        assert (hop.server.socket, hop.pane) == (tmux.socket, pane.id)


async def test_a_claimed_socket_that_leads_to_another_server_is_not_believed(desk, tmux):
    wrong = desk.server("wrong")
    wrong.session("wrong")
    tmux.session("first")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(f"{desk.folder}/dead")
    for number, claim in enumerate((wrong.socket, f"{desk.folder}/dead", f"{desk.folder}/gone", str(desk.folder))):
        pane = tmux.session(f"s{number}", "env", f"TMUX={claim},{tmux.pid},0", "sleep", "600")
        (hop,) = await locate(pane.target)
        assert (hop.server.socket, hop.pane) == (tmux.socket, pane.id)


async def test_a_process_without_an_environment_is_found_all_the_same(tmux):
    pane = tmux.session("work", "env", "-i", "/bin/sh", "-c", "exec sleep 600")
    (hop,) = await locate(pane.target)
    assert hop.pane == pane.id


async def test_a_process_whose_parents_have_ended_is_found_by_its_terminal(desk, tmux):
    script = f"(trap '' HUP; sleep 600 & echo $! > {desk.folder}/pid); exec sleep 601"
    pane = tmux.session("work", "sh", "-c", script)
    pid = desk.note("pid")
    until(lambda: tmux.pid not in {one.pid for one in psutil.Process(pid).parents()})
    (hop,) = await locate(target(pid))
    assert hop.pane == pane.id


async def test_a_variable_alone_proves_nothing(desk, tmux):
    tmux.session("work")
    pid = desk.outside(TMUX=f"{tmux.socket},{tmux.pid},0", TMUX_PANE="%0")
    assert await locate(target(pid)) == ()
    assert await locate(target(desk.outside())) == ()
    for claim in (f"{os.getpid()},0", "-1,0", f"{'9' * 30},0", f"{'9' * 5000},0", ",", "0,0"):
        assert await locate(target(desk.outside(TMUX=f"{tmux.socket},{claim}"))) == ()


async def test_a_terminal_that_was_started_from_a_pane_is_outside_of_it(desk, tmux):
    (desk.folder / "xterm").symlink_to(PYTHON)
    pane = tmux.session("work", f"{desk.folder}/xterm", "-c", "import pty; pty.spawn(['sleep', '600'])")
    hops = await locate(target(pane.child("sleep")))
    assert [str(hop) for hop in hops] == ["xterm", "window"]
    assert not focusable(hops)
    assert [str(hop) for hop in await locate(pane.target)] == ["tmux %0"]


async def test_a_program_that_is_merely_called_tmux_is_no_server(desk, tmux):
    (desk.folder / "tmux").symlink_to(PYTHON)
    pane = tmux.session("work", f"{desk.folder}/tmux", "-c", "import pty; pty.spawn(['sleep', '600'])")
    (hop,) = await locate(target(pane.child("sleep")))
    assert (hop.server.pid, hop.pane) == (tmux.pid, pane.id)


async def test_a_popup_has_no_pane(desk, tmux):
    tmux.session("work")
    tmux.popup(tmux.attach("work"), f"echo $$ > {desk.folder}/pid; exec sleep 600")
    (hop,) = await locate(target(desk.note("pid")))
    assert (hop.pane, hop.windows, str(hop)) == (None, (), "tmux popup")


async def test_detached_is_told_and_programs_that_attach_are_no_terminals(desk, tmux):
    pane = tmux.session("work")
    (hop,) = await locate(pane.target)
    assert hop.clients == ()
    desk.start("tmux", "-S", tmux.socket, "-C", "attach", "-t", "work")
    until(lambda: tmux("list-clients", "-F", "#{client_control_mode}") == "1")
    (hop,) = await locate(pane.target)
    assert hop.clients == ()


async def test_tmux_in_tmux_goes_on_from_the_client_and_not_from_the_environment(desk, tmux):
    inner = desk.server("inner")
    pane = inner.session("deep", "env", "KITTY_WINDOW_ID=77", "WINDOWID=1", "sleep", "600")
    tmux.session("first")
    around_it = tmux.session("shell", "env", "-u", "TMUX", "tmux", "-S", inner.socket, "attach", "-t", "deep")
    until(inner.clients)
    hops = await locate(pane.target)
    assert [(hop.server.socket, hop.pane) for hop in hops] == [(inner.socket, pane.id), (tmux.socket, around_it.id)]


async def test_a_window_that_two_sessions_share_is_in_both(tmux):
    pane = tmux.session("work")
    tmux("new-session", "-d", "-s", "twin", "-t", "work")
    tty = tmux.attach("twin")
    (hop,) = await locate(pane.target)
    assert {window.session for window in hop.windows} == {"$0", "$1"}
    assert [client.tty for client in hop.clients] == [tty]
    assert hop.seen_from(None).session == "$1"
    assert hop.seen_from("$0").session == "$0"


async def test_s17_a_reused_pid_is_refused(desk):
    right = target(desk.outside())
    with pytest.raises(Unavailable, match="another program now"):
        await locate(Target(right.pid, right.started_at - 60))


async def test_s17_an_ended_process_and_another_users_are_refused(desk, monkeypatch):
    gone = target(desk.outside())
    os.kill(gone.pid, signal.SIGKILL)
    until(lambda: process.facts(gone.pid) is None)
    with pytest.raises(Unavailable, match=f"Its process {gone.pid} has ended"):
        await locate(gone)
    theirs = target(desk.outside())
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    with pytest.raises(Unavailable, match="belongs to another user"):
        await locate(theirs)


async def test_another_users_tmux_is_not_asked(tmux, monkeypatch):
    pane = tmux.session("work")
    assert around(pane.target.pid)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    assert around(pane.target.pid) == ()


async def test_s15_a_socket_that_is_gone_or_none_is_said_with_what_makes_it_anew(desk, tmux):
    pane, pid = tmux.session("work"), tmux.pid
    moved = tmux.path.rename(f"{tmux.socket}.moved")
    with pytest.raises(Unavailable, match="kill -USR1 ") as gone:
        await locate(pane.target)
    tmux.path.symlink_to(moved)
    with pytest.raises(Unavailable, match="socket of its tmux is gone"):
        await locate(pane.target)
    tmux.path.unlink()
    os.kill(int(re.search(r"-USR1 (\d+)", str(gone.value))[1]), signal.SIGUSR1)
    until(tmux.path.is_socket)
    assert (await locate(pane.target))[0].server == Server(pid, tmux.socket)


async def test_s19_a_server_that_hangs_is_given_up(tmux, monkeypatch):
    pane, pid = tmux.session("work"), tmux.pid
    asked = pane.target
    monkeypatch.setattr(outside, "LIMIT_S", 0.1)
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable, match="tmux did not answer"):
            await locate(asked)
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_a_chain_that_bites_its_tail_ends(tmux):
    tmux.session("first")
    pane = tmux.session("loop", "env", "-u", "TMUX", "sh", "-c", f"tmux -S {tmux.socket} attach -t first; sleep 600")
    until(tmux.clients)
    tmux("switch-client", "-c", next(iter(tmux.clients())), "-t", "loop")
    assert len(await locate(pane.target)) <= 6
