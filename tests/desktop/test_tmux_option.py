"""`@aimon` in a real tmux: what its status line shows, and that nothing in it is run."""

import pytest

from aimon_core.errors import Unavailable
from aimon_desktop.terminals.option import Option, own
from tests.fakes.tmux import desk as desk_of_its_own
from tests.fakes.tmux import needs_tmux, until

pytestmark = [pytest.mark.tmux, needs_tmux]


@pytest.fixture
def server():
    with desk_of_its_own() as desk:
        server = desk.server()
        server.session("work")
        yield server


def option(server) -> Option:
    return own({"TMUX": f"{server.socket},1,0"})


def test_the_status_line_shows_it_at_once(server):
    outer = server.desk.server("outer")
    server("set-option", "-g", "status-interval", "0")
    server("set-option", "-g", "status-right", "[#{@aimon}]")
    pane = outer.session("seen", "env", "-u", "TMUX", "tmux", "-u", "-S", server.socket, "attach", "-t", "work")
    until(server.clients)
    shown = option(server)
    shown.write("!1 ●3 $12.84")
    until(lambda: "[!1 _3 $12.84]" in outer("capture-pane", "-p", "-t", pane.id).replace("●", "_"))
    shown.remove()
    until(lambda: "[]" in outer("capture-pane", "-p", "-t", pane.id))
    shown.write("too late")
    assert server("show-options", "-gqv", "@aimon") == ""


@pytest.mark.parametrize("text", ["#(touch ran)", "x ; kill-server ;", "\x1b]52;c;x\x07#S;"])
def test_s18_nothing_in_it_is_run(server, text):
    option(server).write(text)
    told = server("display-message", "-p", "#{E:@aimon}")
    assert "work" not in told
    assert not told.endswith(";")
    assert "\x1b" not in told
    assert not (server.desk.folder / "ran").exists()


def test_outside_of_tmux_there_is_none_and_a_dead_one_is_a_reason(server, tmp_path):
    assert own({}) is None
    assert own({"TMUX": f"{tmp_path},1,0"}) is None
    gone = option(server)
    server("kill-server")
    with pytest.raises(Unavailable):
        gone.write("x")
    gone.remove()
