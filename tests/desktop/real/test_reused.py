"""A pid that the system really gave to another program: the old pane is nobody's, the new program has its own."""

import os
import signal
import time

import pytest

from aimon_core import process
from aimon_desktop.terminals import focus
from tests.desktop.real.programs import needs
from tests.fakes.tmux import target, until

LAST = "/proc/sys/kernel/ns_last_pid"

pytestmark = [
    pytest.mark.desktop,
    needs("tmux"),
    pytest.mark.skipif(not os.access(LAST, os.W_OK), reason=f"who may not write {LAST} cannot choose a pid"),
]

OLD = "sleep 600 & echo $! > {folder}/old; wait; exec sleep 600"
NEW = """while echo {before} > {last}; do
    sleep 600 & [ $! = {pid} ] && break
    kill $!
done
echo $! > {folder}/new
wait"""


async def test_a_reused_pid_leads_to_no_pane_of_the_old_program_and_to_the_right_one_of_the_new(desk):
    tmux = desk.server()
    aimon = tmux.session("aimon")
    tty = tmux.attach("aimon")
    tmux.session("old", "sh", "-c", OLD.format(folder=desk.folder))
    old, seen_s = target(desk.note("old")), time.monotonic()
    os.kill(old.pid, signal.SIGTERM)
    until(lambda: process.facts(old.pid) is None)
    until(lambda: time.monotonic() > seen_s + 1.1)  # the system goes round all pids first, which takes longer
    script = NEW.format(before=old.pid - 1, pid=old.pid, last=LAST, folder=desk.folder)
    pane = tmux.session("new", "sh", "-c", script)
    assert desk.note("new") == old.pid
    outcome = await focus(old, aimon.pid)
    assert (outcome.ok, outcome.line) == (False, f"Its process has ended; {old.pid} is another program now.")
    assert tmux.shows(tty) == aimon.id
    assert (await focus(target(old.pid), aimon.pid)).ok
    assert tmux.shows(tty) == pane.id
