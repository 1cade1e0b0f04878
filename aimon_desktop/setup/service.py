"""aimon as a service of its user, under systemd or launchd: sessions are watched while no screen is open.

The texts are those of `packaging/`, which people may put there by hand: `units` links to them, and a wheel holds them.
"""

import os
import plistlib
import shlex
import subprocess
import sys
from contextlib import suppress
from importlib import resources

from msgspec.structs import replace

from aimon_core import process
from aimon_core.clean import clean
from aimon_core.errors import Unavailable
from aimon_desktop.setup.connection import SERVICE, Connection, Document, Part, Setting
from aimon_desktop.setup.place import Place
from aimon_desktop.setup.plain_text import TEXT, PlainText
from aimon_desktop.setup.plan import Plan, State, plan_for

_LABEL = "io.github.aimon"
_COMMAND, _ADDRESS = "%h/.local/bin/aimon serve", "127.0.0.1:4318"
"""What the texts say for everybody, and setup for this place."""
_LIMIT_S = 20.0


def plan(place: Place, platform: str = sys.platform) -> Plan:
    """What the service takes. Raises Unavailable where the system has neither of the two."""
    if platform == "darwin":
        texts = {place.home / "Library" / "LaunchAgents" / f"{_LABEL}.plist": _property_list(place)}
    elif platform.startswith("linux"):
        folder = place.folder("XDG_CONFIG_HOME", ".config") / "systemd" / "user"
        texts = {folder / "aimon.service": _service(place), folder / "aimon.socket": _socket(place)}
    else:
        raise Unavailable(f"There is no service for {platform} yet.", "Run `aimon serve` at login.")
    documents = tuple(
        Document(file, PlainText(), (Part(SERVICE, (Setting(TEXT, text),)),)) for file, text in texts.items()
    )
    gives = "sessions are watched while no screen is open"
    planned = plan_for(Connection(SERVICE, next(iter(texts)).parent, documents, gives), place)
    if planned.left:  # a unit of a person's own: beside it a socket of ours would start it in a way it does not know
        unwritten = tuple(replace(one, after=one.before, written=None) for one in planned.changes)
        return replace(planned, changes=unwritten)
    return planned


def apply(plan: Plan) -> None:
    """Write it and start it. Raises Unavailable when it was written and could not be started."""
    plan.apply()
    files = [document.path for document in plan.connection.documents]
    if files[0].suffix == ".plist":
        with suppress(Unavailable):  # what is not loaded cannot be taken out
            _run("launchctl", "bootout", f"gui/{os.getuid()}/{_LABEL}")
        _run("launchctl", "bootstrap", f"gui/{os.getuid()}", str(files[0]))
        return
    _run("systemctl", "--user", "daemon-reload")
    names = [file.name for file in files]
    if plan.state is State.OUTDATED:  # an older one runs, perhaps at another port, and would go on as it is
        _run("systemctl", "--user", "stop", *names)
    starts = ("systemctl", "--user", "enable", "--now", *names)
    try:
        _run(*starts)
    except Unavailable as error:
        port = int(_port(plan.place))
        if (owner := process.port_owner(port)) is None:
            raise
        raise Unavailable(f"Port {port} is taken by {owner}.", f"End that, then: {shlex.join(starts)}") from error


def undo(plan: Plan) -> list[str]:
    """Stop it and take it away. Raises Unavailable; a service that does not run is none to stop."""
    files = [document.path for document in plan.connection.documents]
    if plan.state is State.NOT_CONNECTED:
        return []
    if files[0].suffix == ".plist":
        _run("launchctl", "bootout", f"gui/{os.getuid()}/{_LABEL}")
        return plan.undo()
    _run("systemctl", "--user", "disable", "--now", *(file.name for file in files if file.exists()))
    said = plan.undo()
    _run("systemctl", "--user", "daemon-reload")
    return said


def _service(place: Place) -> str:
    return _text("aimon.service").replace(_COMMAND, shlex.join(_command(place)).replace("%", "%%"))


def _socket(place: Place) -> str:
    return _text("aimon.socket").replace(_ADDRESS, place.endpoint.partition("//")[2].replace("localhost", "127.0.0.1"))


def _property_list(place: Place) -> str:
    told = plistlib.loads(_text(f"{_LABEL}.plist").encode())
    return plistlib.dumps(told | {"ProgramArguments": _command(place)}, sort_keys=False).decode()


def _text(name: str) -> str:
    return resources.files("aimon_desktop.setup").joinpath("units", name).read_text("utf-8")


def _command(place: Place) -> list[str]:
    return [sys.executable, "-m", "aimon_tui.cli", "serve", "--port", _port(place)]


def _port(place: Place) -> str:
    return place.endpoint.rpartition(":")[2]


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)  # noqa: S603 - ours
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]} cannot be run: {error}.", f"By hand: {shlex.join(command)}") from error
    if done.returncode:
        why = clean(done.stderr) or f"exit code {done.returncode}"
        raise Unavailable(f"{command[0]}: {why}.", f"By hand: {shlex.join(command)}")
