"""aimon as a service: the file that systemd or launchd reads, and the commands that make them read it."""

import plistlib
import socket
import sys

import pytest
from msgspec.structs import replace

from aimon_core.errors import Unavailable
from aimon_desktop.setup import State, service
from tests.fakes.homes import home, tree

STARTS = "systemctl --user enable --now aimon.service aimon.socket"


@pytest.fixture
def place(tmp_path, monkeypatch):
    return home(tmp_path / "home", monkeypatch, endpoint="http://127.0.0.1:5318")


@pytest.fixture
def called(tmp_path, monkeypatch):
    """What systemctl and launchctl were asked; `fail` beside them makes them refuse."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("systemctl", "launchctl"):
        (folder / name).write_text(
            f'#!/bin/sh\necho {name} "$@" >> {folder}/log\n[ ! -f {folder}/fail ] || {{ echo "no bus" >&2; exit 1; }}\n'
        )
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def asked(folder) -> list[str]:
    log = folder / "log"
    return log.read_text().splitlines() if log.exists() else []


def test_systemd_gets_a_unit_that_serves_at_this_port_and_starts_it(place, called):
    plan = service.plan(place, "linux")
    assert plan.state is State.NOT_CONNECTED
    service.apply(plan)
    unit = (place.home / ".config/systemd/user/aimon.service").read_text()
    assert f"ExecStart={sys.executable} -m aimon_tui.cli serve --port 5318\n" in unit
    port = (place.home / ".config/systemd/user/aimon.socket").read_text()
    assert "\nListenStream=127.0.0.1:5318\n" in port
    assert asked(called) == ["systemctl --user daemon-reload", STARTS]
    assert service.plan(place, "linux").state is State.CONNECTED
    assert not place.hook_file.exists()


def test_a_service_that_is_there_already_is_stopped_before_it_runs_at_another_port(place, called):
    service.apply(service.plan(place, "linux"))
    (called / "log").unlink()
    moved = service.plan(replace(place, endpoint="http://localhost:6318"), "linux")
    assert moved.state is State.OUTDATED
    service.apply(moved)
    stops = "systemctl --user stop aimon.service aimon.socket"
    assert asked(called) == ["systemctl --user daemon-reload", stops, STARTS]
    assert "=127.0.0.1:6318\n" in (place.home / ".config/systemd/user/aimon.socket").read_text()


def test_who_has_the_port_is_told(place, called):
    with socket.create_server(("127.0.0.1", 0)) as other:
        number = other.getsockname()[1]
        (called / "systemctl").write_text('#!/bin/sh\ntest "$2" != enable\n')
        with pytest.raises(Unavailable) as caught:
            service.apply(service.plan(replace(place, endpoint=f"http://127.0.0.1:{number}"), "linux"))
    assert caught.value.message.startswith(f"Port {number} is taken by")
    assert caught.value.hint == f"End that, then: {STARTS}"


def test_undo_stops_it_first_and_leaves_nothing(place, called):
    before = tree(place.home)
    service.apply(service.plan(place, "linux"))
    (called / "log").unlink()
    assert service.undo(service.plan(place, "linux"))
    assert asked(called) == [
        "systemctl --user disable --now aimon.service aimon.socket",
        "systemctl --user daemon-reload",
    ]
    assert {name: one for name, one in tree(place.home).items() if name != "state"} == before
    assert service.undo(service.plan(place, "linux")) == []


def test_undo_takes_away_what_an_older_setup_wrote_without_a_socket(place, called):
    service.apply(service.plan(place, "linux"))
    (place.home / ".config/systemd/user/aimon.socket").unlink()
    (called / "log").unlink()
    service.undo(service.plan(place, "linux"))
    assert asked(called)[0] == "systemctl --user disable --now aimon.service"
    assert not (place.home / ".config/systemd/user/aimon.service").exists()


def test_launchd_gets_a_property_list(place, called):
    service.apply(service.plan(place, "darwin"))
    told = plistlib.loads((place.home / "Library/LaunchAgents/io.github.aimon.plist").read_bytes())
    assert told["ProgramArguments"][-3:] == ["serve", "--port", "5318"]
    service.undo(service.plan(place, "darwin"))
    assert [line.split()[1] for line in asked(called)] == ["bootout", "bootstrap", "bootout"]
    assert not (place.home / "Library").exists()


def test_where_it_cannot_be_started_the_command_is_told(place, called):
    (called / "fail").touch()
    with pytest.raises(Unavailable, match=r"systemctl: no bus\. By hand: systemctl --user daemon-reload"):
        service.apply(service.plan(place, "linux"))
    assert service.plan(place, "linux").state is State.CONNECTED


def test_a_system_with_neither_is_told(place):
    with pytest.raises(Unavailable, match="aimon serve"):
        service.plan(place, "win32")


def test_a_unit_of_ones_own_stays(place):
    unit = place.home / ".config/systemd/user/aimon.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=mine\n")
    plan = service.plan(place, "linux")
    assert not plan.has_work
    assert plan.left
    assert "aimon.socket" not in "".join(plan.diff())
