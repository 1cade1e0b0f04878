"""aimon as a service of its user, under systemd or launchd: sessions are watched while no screen is open."""

import os
import plistlib
import shlex
import subprocess
import sys

from aimon_core.clean import clean
from aimon_core.errors import Unavailable
from aimon_desktop.setup.connection import SERVICE, Connection, Document, Part, Setting
from aimon_desktop.setup.place import Place
from aimon_desktop.setup.plain_text import TEXT, PlainText
from aimon_desktop.setup.plan import Plan, State, plan_for

_UNIT = """\
[Unit]
Description=aimon watches AI coding sessions

[Service]
ExecStart={command}
StandardOutput=null
Restart=on-failure
RestartSec=5

[Install]
WantedBy=default.target
"""
_LABEL = "io.github.aimon"
_LIMIT_S = 20.0


def plan(place: Place, platform: str = sys.platform) -> Plan:
    """What the service takes. Raises Unavailable where the system has neither of the two."""
    if platform == "darwin":
        file, text = place.home / f"Library/LaunchAgents/{_LABEL}.plist", _property_list(place)
    elif platform.startswith("linux"):
        folder = place.folder("XDG_CONFIG_HOME", ".config") / "systemd" / "user"
        file, text = folder / "aimon.service", _UNIT.format(command=shlex.join(_command(place)).replace("%", "%%"))
    else:
        raise Unavailable(f"There is no service for {platform} yet.", "Run `aimon serve` at login.")
    document = Document(file, PlainText(), (Part(SERVICE, (Setting(TEXT, text),)),))
    return plan_for(
        Connection(SERVICE, file.parent, (document,), "sessions are watched while no screen is open"), place
    )


def apply(plan: Plan) -> None:
    """Write it and start it. Raises Unavailable when it was written and could not be started."""
    plan.apply()
    file = plan.connection.documents[0].path
    if file.suffix == ".plist":
        _run("launchctl", "bootstrap", f"gui/{os.getuid()}", str(file))
    else:
        _run("systemctl", "--user", "daemon-reload")
        _run("systemctl", "--user", "enable", "--now", file.name)


def undo(plan: Plan) -> list[str]:
    """Stop it and take it away. Raises Unavailable; a service that does not run is none to stop."""
    file = plan.connection.documents[0].path
    if plan.state is State.NOT_CONNECTED:
        return []
    if file.suffix == ".plist":
        _run("launchctl", "bootout", f"gui/{os.getuid()}/{_LABEL}")
        return plan.undo()
    _run("systemctl", "--user", "disable", "--now", file.name)
    said = plan.undo()
    _run("systemctl", "--user", "daemon-reload")
    return said


def _command(place: Place) -> list[str]:
    port = place.endpoint.rpartition(":")[2]
    return [sys.executable, "-m", "aimon_tui.cli", "serve", "--port", port]


def _property_list(place: Place) -> str:
    told = {
        "Label": _LABEL,
        "ProgramArguments": _command(place),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "StandardOutPath": "/dev/null",
    }
    return plistlib.dumps(told, sort_keys=False).decode()


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)  # noqa: S603 - ours
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]} cannot be run: {error}.", f"By hand: {shlex.join(command)}") from error
    if done.returncode:
        why = clean(done.stderr) or f"exit code {done.returncode}"
        raise Unavailable(f"{command[0]}: {why}.", f"By hand: {shlex.join(command)}")
