"""A login over ssh on this machine leads to the terminal it came from."""

import getpass
import os
import socket
import subprocess
from pathlib import Path

import pytest

from aimon_desktop.terminals import focus, locate
from tests.desktop.real.programs import found, needs
from tests.fakes.tmux import WAIT_S, needs_tmux, target, until

pytestmark = [pytest.mark.desktop, pytest.mark.tmux, needs("sshd", "ssh", "ssh-keygen"), needs_tmux]

_SERVER = """ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/own.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
"""
_CLIENT = """Host *
Port {port}
IdentityFile {folder}/own
IdentitiesOnly yes
StrictHostKeyChecking no
UserKnownHostsFile {folder}/known
LogLevel ERROR
"""


@pytest.fixture
def ssh(desk):
    """The command that logs in, at a server and with keys of its own."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    for key in ("host", "own"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{desk.folder}/{key}"], check=True)
    for name, text in (("server", _SERVER), ("client", _CLIENT)):
        (desk.folder / name).write_text(text.format(port=port, folder=desk.folder))
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd of root insists on it
    desk.start(found("sshd"), "-D", "-f", f"{desk.folder}/server")
    until(lambda: is_open(port))
    command = ("ssh", "-tt", "-F", f"{desk.folder}/client", f"{getpass.getuser()}@127.0.0.1")
    if subprocess.run([*command, "true"], stdin=subprocess.DEVNULL, capture_output=True, timeout=WAIT_S).returncode:
        pytest.skip("sshd gives no terminal here: that of an ordinary user may not hand one over in every container")
    return command


def is_open(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


async def test_a_login_from_this_machine_is_followed_to_its_pane(desk, ssh):
    tmux = desk.server()
    tmux.session("first")
    pane = tmux.window("first", *ssh, f"echo $$ > {desk.folder}/far; exec sleep 600")
    tty = tmux.attach("first")
    far = target(desk.note("far"))
    assert [str(hop) for hop in await locate(far)] == ["ssh", f"tmux {pane.id}"]
    assert (await focus(far, desk.outside())).ok
    assert tmux.shows(tty) == pane.id


async def test_tmux_on_the_far_side_of_a_login_is_shown_through_it(desk, ssh):
    near, far = desk.server("near"), desk.server("far")
    near.session("first")
    far.session("shown")
    session = far.window("shown")
    pane = near.window("first", *ssh, f"exec tmux -S {far.socket} attach -t shown")
    tty = near.attach("first")
    (inner,) = until(far.clients)
    hops = [str(hop) for hop in await locate(session.target)]
    assert hops == [f"tmux {session.id}", "ssh", f"tmux {pane.id}"]
    assert (await focus(session.target, desk.outside())).ok
    assert (far.shows(inner), near.shows(tty)) == (session.id, pane.id)
