"""Konsole: its tabs, over D-Bus."""

from functools import partial

from aimon_desktop.terminals.outside import run
from aimon_desktop.terminals.step import Boundary, Step

NAMES = ("konsole",)


def step(boundary: Boundary) -> Step:
    """The tab of Konsole in which a process runs."""
    service = boundary.checked("KONSOLE_DBUS_SERVICE", r":\d+\.\d+|org\.kde\.konsole(?:-\d+)?")
    session, window = (
        boundary.checked("KONSOLE_DBUS_SESSION", r"/Sessions/\d+"),
        boundary.checked("KONSOLE_DBUS_WINDOW", r"/Windows/\d+"),
    )
    if not (service and session and window):
        return Step("konsole", why_not="Which tab of Konsole it runs in is not known.", has_window=True)
    number = session.rpartition("/")[2]
    bus = {"DBUS_SESSION_BUS_ADDRESS": boundary.environ.get("DBUS_SESSION_BUS_ADDRESS", "")}
    show = partial(
        run, "dbus-send", "--session", "--print-reply", f"--dest={service}", window,
        "org.kde.konsole.Window.setCurrentSession", f"int32:{number}", environ=bus if all(bus.values()) else {},
    )  # fmt: skip
    return Step(f"konsole {number}", show, has_window=True)
