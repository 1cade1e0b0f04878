"""An agent's program on this machine: where it is, and its version, read without starting it (Node takes a second)."""

import json
import re
import shutil
from pathlib import Path

from aimon_core.agents import traits
from aimon_desktop.setup.place import Place

_VERSION = re.compile(r"\d+\.\d+\.\d+[-+.\w]*")
_LEVELS = 4
"""Folders above a program that may be its package."""


def locate(agent: str, place: Place) -> Path | None:
    """The program on the PATH, links followed; None where there is none."""
    for name in traits(agent).process_names:
        if found := shutil.which(name, path=place.environment.get("PATH", "")):
            return Path(found).resolve()
    return None


def version(agent: str, place: Place) -> str | None:
    """As its package or its file's own name says; None where neither does."""
    program = locate(agent, place)
    if program is None:
        return None
    if _VERSION.fullmatch(program.name):  # Claude Code installs itself as versions/2.1.329
        return program.name
    for folder in list(program.parents)[:_LEVELS]:
        try:
            told = json.loads((folder / "package.json").read_bytes())
        except (OSError, ValueError):
            continue
        found = told.get("version") if isinstance(told, dict) else None
        return found if isinstance(found, str) and _VERSION.fullmatch(found) else None
    return None
