"""Focus lands in the right pane, in the right terminal, with tmux servers and terminals of our own."""

import os
import signal
from shlex import quote

import psutil
import pytest

from aimon_desktop.terminals import Outcome, Target, focus, in_front, outside, tmux
from tests.fakes.tmux import desk as desk_of_its_own
from tests.fakes.tmux import needs_tmux, target, until

pytestmark = [pytest.mark.tmux, needs_tmux]

HOSTILE = ("#(touch pwned)", "x; kill-server", ";", "#{E:@x}", "$(touch pwned)", "`touch pwned`", "%0", "a  b", "x;")


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


async def test_a_session_in_the_same_window_is_selected(main):
    pane = main.split(main.aimon)
    assert await focus(pane.target, main.aimon.pid) == Outcome(ok=True, line=f"Switched to tmux {pane.id}.")
    assert main.shows(main.tty) == pane.id


async def test_a_detached_session_of_the_same_server_is_shown_here(main):
    main.session("work")
    pane = main.window("work")
    assert (await focus(pane.target, main.aimon.pid)).ok
    assert main.shows(main.tty) == pane.id


async def test_of_two_sessions_in_one_directory_the_right_one_is_shown(main):
    one = main.session("work")
    other = main.split(one)
    for pane in (one, other, one):
        assert (await focus(pane.target, main.aimon.pid)).ok
        assert main.shows(main.tty) == pane.id


async def test_a_moved_pane_is_shown_where_it_is_now(main):
    other, pane = main.session("other"), main.session("work")
    moved = main.split(pane)
    main("break-pane", "-d", "-s", moved.id, "-t", "other:")
    assert (await focus(moved.target, main.aimon.pid)).ok
    assert main.shows(main.tty) == moved.id
    main("switch-client", "-c", main.tty, "-t", "aimon")
    main("join-pane", "-d", "-s", moved.id, "-t", other.id)
    assert (await focus(moved.target, main.aimon.pid)).ok
    assert main.shows(main.tty) == moved.id


async def test_a_stale_variable_moves_nothing_elsewhere(desk, main):
    wrong = desk.server("wrong")
    shown = wrong.session("wrong")
    wrong.window("wrong")
    tty = wrong.attach("wrong")
    pane = main.session("work", "env", f"TMUX={wrong.socket},{wrong.pid},0", "TMUX_PANE=%1", "sleep", "600")
    assert (await focus(pane.target, main.aimon.pid)).ok
    assert main.shows(main.tty) == pane.id
    assert wrong.shows(tty) == shown.id


async def test_another_terminal_that_shows_the_session_is_used_and_ours_stays(main):
    main.session("work")
    pane = main.window("work")
    tty = main.attach("work")
    outcome = await focus(pane.target, main.aimon.pid)
    assert outcome == Outcome(ok=True, line=f"Selected tmux {pane.id} in the terminal {tty}.")
    assert (main.shows(tty), main.shows(main.tty)) == (pane.id, main.aimon.id)


async def test_a_window_shared_with_our_session_is_shown_in_our_session(main):
    pane = main.window("aimon")
    main("new-session", "-d", "-s", "twin", "-t", "aimon")
    tty = main.attach("twin")
    main.type(main.tty)
    assert (await focus(pane.target, main.aimon.pid)).ok
    assert main.shows(main.tty) == pane.id
    sessions = main("list-clients", "-F", "#{client_tty} #{session_name}").splitlines()
    assert set(sessions) == {f"{main.tty} aimon", f"{tty} twin"}


@pytest.mark.parametrize("name", ["second", "odd;", "a b'$(x)", "#(id)#{pid}"])
async def test_a_detached_session_of_another_socket_opens_in_a_window_and_only_once(desk, main, name):
    second = desk.server(name)
    second.session("far")
    pane = second.window("far")
    outcome = await focus(pane.target, main.aimon.pid)
    assert outcome == Outcome(ok=True, line=f"Opened tmux {pane.id} of another tmux in a new window.")
    (tty,) = until(second.clients)
    assert second.shows(tty) == pane.id
    assert main.shows(main.tty) != main.aimon.id
    client = psutil.Process(int(second("list-clients", "-F", "#{client_pid}")))
    assert "TMUX" not in client.environ()
    main("select-window", "-t", "aimon:0")
    outcome = await focus(pane.target, main.aimon.pid)
    assert outcome == Outcome(ok=True, line=f"Switched to tmux {pane.id}.")
    assert main("display-message", "-p", "-t", main.shows(main.tty), "#{pane_tty}") == tty
    assert len(main("list-windows", "-t", "aimon").splitlines()) == 2


async def test_another_socket_in_another_terminal_is_selected_there(desk, main):
    second = desk.server("second")
    second.session("far")
    pane = second.window("far")
    tty = second.attach("far")
    outcome = await focus(pane.target, main.aimon.pid)
    assert outcome == Outcome(ok=True, line=f"Selected tmux {pane.id} in the terminal {tty}.")
    assert (second.shows(tty), main.shows(main.tty)) == (pane.id, main.aimon.id)


async def test_a_detached_session_seen_from_outside_tmux_gives_a_command_that_works(desk, main):
    main.session("work")
    pane = main.window("work")
    outcome = await focus(pane.target, desk.outside())
    assert (outcome.ok, outcome.line) == (False, f"tmux {pane.id} is in a session that no terminal shows.")
    assert outcome.command == f"tmux -S {main.socket} attach -t '$1'"
    before = main.clients()
    desk.terminal("sh", "-c", outcome.command)
    (tty,) = until(lambda: main.clients().keys() - before.keys())
    assert main.shows(tty) == pane.id


async def test_a_session_in_view_is_selected_from_outside_tmux(desk, main):
    pane = main.window("aimon")
    assert (await focus(pane.target, desk.outside())).ok
    assert main.shows(main.tty) == pane.id


async def test_when_nobody_looks_at_aimon_either_there_is_a_command(desk):
    server = desk.server()
    aimon, pane = server.session("aimon"), server.session("work")
    outcome = await focus(pane.target, aimon.pid)
    assert (outcome.ok, outcome.command) == (False, f"tmux -S {server.socket} attach -t '$1'")
    assert len(server("list-windows", "-a").splitlines()) == 2


async def test_a_tmux_is_never_shown_in_itself(desk):
    outer, inner = desk.server("outer"), desk.server("inner")
    aimon, pane = inner.session("aimon"), outer.session("work")
    outer.session("shell", "env", "-u", "TMUX", "tmux", "-S", inner.socket, "attach", "-t", "aimon")
    until(inner.clients)
    outcome = await focus(pane.target, aimon.pid)
    assert (outcome.ok, outcome.command) == (False, f"tmux -S {outer.socket} attach -t '$0'")
    assert len(inner("list-windows", "-a").splitlines()) == 1


async def test_aimon_in_tmux_in_tmux_reaches_panes_of_both(desk, main):
    inner = desk.server("inner")
    aimon, beside = inner.session("deep"), inner.window("deep")
    far = inner.session("far")
    main.window("aimon", "env", "-u", "TMUX", "tmux", "-S", inner.socket, "attach", "-t", "deep")
    (tty,) = until(inner.clients)
    for pane in (beside, far):
        assert (await focus(pane.target, aimon.pid)).ok
        assert inner.shows(tty) == pane.id
    assert (await focus(main.aimon.target, aimon.pid)).ok
    assert main.shows(main.tty) == main.aimon.id


async def test_a_popup_cannot_be_gone_to(desk, main):
    main.popup(main.tty, f"echo $$ > {desk.folder}/pid; exec sleep 600")
    outcome = await focus(target(desk.note("pid")), main.aimon.pid)
    assert outcome == Outcome(False, "It runs in a popup or a background job of tmux: there is no pane to go to.")


async def test_another_tmux_that_is_shown_in_a_popup_is_selected_there(desk, main):
    second = desk.server("second")
    second.session("far")
    pane = second.window("far")
    main.popup(main.tty, f"exec env -u TMUX tmux -S {second.socket} attach -t far")
    (tty,) = until(second.clients)
    outcome = await focus(pane.target, main.aimon.pid)
    assert outcome == Outcome(ok=True, line=f"Selected tmux {pane.id} in the terminal {tty}.")
    assert (second.shows(tty), main.shows(main.tty)) == (pane.id, main.aimon.id)


async def test_from_a_popup_and_from_a_key_of_tmux_the_terminal_below_is_used(desk, main):
    pane, other = main.session("work"), main.session("other")
    main.popup(main.tty, f"echo $$ > {desk.folder}/popup; exec sleep 600")
    main("run-shell", "-b", f"echo $$ > {desk.folder}/job; exec sleep 600")
    for viewer, wanted in (("popup", pane), ("job", other)):
        assert (await focus(wanted.target, desk.note(viewer))).ok
        assert main.shows(main.tty) == wanted.id


async def test_without_a_terminal_that_is_said(desk, main):
    outcome = await focus(target(desk.outside()), main.aimon.pid)
    assert outcome == Outcome(False, "It runs in no terminal that aimon knows.")


async def test_s17_a_reused_pid_moves_nothing(main):
    pane = main.session("work")
    outcome = await focus(Target(pane.pid, pane.target.started_at + 60), main.aimon.pid)
    assert (outcome.ok, outcome.line) == (False, f"Its process has ended; {pane.pid} is another program now.")
    assert main.shows(main.tty) == main.aimon.id


async def test_s16_nothing_that_a_program_writes_gets_into_a_command(desk, main, monkeypatch):
    commands = []
    monkeypatch.setattr(tmux, "run", lambda *command: commands.append(command) or outside.run(*command))
    panes = []
    for number, text in enumerate(HOSTILE):
        (desk.folder / text).mkdir()
        script = desk.folder / f"{number}.sh"
        script.write_text(f"printf '\\033]2;%s\\033\\134' {quote(text)}; cd {quote(text)}; exec sleep 600")
        panes.append(main.session(f"s{number}", "sh", str(script)))
        until(lambda text=text: main("display-message", "-p", "-t", panes[-1].id, "#{pane_title}") == text)
    for pane in panes:
        assert (await focus(pane.target, main.aimon.pid)).ok
        assert main.shows(main.tty) == pane.id
        main("switch-client", "-c", main.tty, "-t", main.aimon.id)
    assert not list(desk.folder.rglob("pwned"))
    ours = {word for command in commands for word in command}
    assert ours <= {
        "tmux", "-S", main.socket, "list-panes", "-a", "-F", tmux._PANES, "list-clients", tmux._CLIENTS,
        "switch-client", "-c", main.tty, "-t", *(f"${pane.id[1:]}:@{pane.id[1:]}.{pane.id}" for pane in panes),
    }  # fmt: skip


async def test_s19_a_hanging_tmux_is_one_line(main, monkeypatch):
    pane = main.session("work")
    asked, pid = pane.target, main.pid
    monkeypatch.setattr(outside, "LIMIT_S", 0.1)
    os.kill(pid, signal.SIGSTOP)
    try:
        outcome = await focus(asked, main.aimon.pid)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert outcome == Outcome(ok=False, line="tmux did not answer within a second.")


async def test_s19_a_refusal_of_tmux_is_one_line_with_a_command(main, monkeypatch):
    pane = main.session("work")
    refusal = "printf 'no\\033[2J\\nway' >&2; exit 3"
    monkeypatch.setattr(tmux, "switch", lambda client, hop: outside.run("sh", "-c", refusal))
    outcome = await focus(pane.target, main.aimon.pid)
    assert outcome == Outcome(False, "sh: no way.", f"tmux -S {main.socket} attach -t '$1'")


async def test_s19_without_tmux_on_the_path_that_is_said(main, monkeypatch, tmp_path):
    pane = main.session("work")
    asked = pane.target
    with monkeypatch.context() as patched:
        patched.setenv("PATH", str(tmp_path))
        outcome = await focus(asked, main.aimon.pid)
    assert outcome == Outcome(ok=False, line="tmux is not on the PATH.")


async def test_what_is_in_front_is_known(main):
    pane, other = main.window("aimon"), main.session("work")
    assert [in_front(one.target, main.aimon.pid) for one in (main.aimon, pane, other)] == [True, False, False]
    await focus(pane.target, main.aimon.pid)
    assert [in_front(one.target, main.aimon.pid) for one in (main.aimon, pane, other)] == [False, True, False]
    main.attach("work")
    assert not in_front(other.target, main.aimon.pid)


async def test_a_process_outside_is_never_in_front(desk, main):
    assert not in_front(target(desk.outside()), main.aimon.pid)
