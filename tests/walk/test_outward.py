"""Nothing leaves the machine: the real program, with every connection it tries looked at by the interpreter itself."""

import sys

import pytest

from tests.fakes.captures import sent
from tests.fakes.program import Program

WATCHED = """
import os, sys
def look(event, told):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        place = told[1] if event != "socket.getaddrinfo" else told[:1]
        host = place[0] if isinstance(place, tuple) else None
        if isinstance(host, str) and not (host in ("localhost", "::1") or host.startswith("127.")):
            os.write(2, f"outward {event} {host}\\n".encode())
            os._exit(99)
sys.addaudithook(look)
from aimon_tui.cli import main
sys.argv[0] = "aimon"
sys.exit(main())
"""


@pytest.fixture
def program(tmp_path) -> Program:
    program = Program(tmp_path)
    program.command = (sys.executable, "-c", WATCHED)
    return program


def test_nothing_is_sent_anywhere(program):
    program.environment["AIMON_SOURCES"] = "otlp,hooks,transcripts"
    with program.serving() as serving:
        assert set(serving.send(*sent("tui_permission"))) == {200}
        assert serving.ask("/api/v1/sessions?all=1")["sessions"]
        assert program.run("prices").returncode == 0
        assert program.run("doctor").returncode in {0, 1}
        assert serving.end() == 0


def test_what_goes_outward_is_seen(program):
    with program.serving("--export-otlp", "http://192.0.2.1:4318") as serving:  # of a network that is in books alone
        serving.send(*sent("tui_permission"))
        serving.process.stderr.read()
        assert serving.process.wait(30) == 99
