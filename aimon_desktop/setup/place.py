"""Where aimon is set up: whose home, which environment, where aimon listens and keeps its own files."""

import os
import shlex
import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from msgspec import Struct

from aimon_core import paths
from aimon_desktop.setup import files

HOOK_FILE = "hook_program.py"


class Place(Struct, frozen=True, kw_only=True):
    """One person on one machine."""

    home: Path
    environment: Mapping[str, str]
    endpoint: str = "http://127.0.0.1:4318"
    """Where agents send to."""
    data_dir: Path
    """Where the hook program is installed."""
    state_dir: Path
    """Where is kept what was there before."""
    python: str
    """The interpreter that runs the hook program."""
    force: bool = False
    """Whether what a person set otherwise is written over."""

    @classmethod
    def here(cls, endpoint: str, *, state_dir: Path | None = None, force: bool = False) -> "Place":
        """Whoever runs this process."""
        return cls(
            home=Path.home(),
            environment=dict(os.environ),
            endpoint=endpoint,
            data_dir=paths.data_dir(),
            state_dir=state_dir or paths.state_dir(),
            # that of a virtual environment goes with it; the one below stays, and the program needs nothing else
            python=str(getattr(sys, "_base_executable", "") or sys.executable),
            force=force,
        )

    @property
    def hook_file(self) -> Path:
        """The installed hook program."""
        return self.data_dir / HOOK_FILE

    def hook_script(self, agent: str) -> str:
        """What a shell runs on an agent's event: nothing, and well, once the program or its interpreter is gone."""
        file, python = shlex.quote(str(self.hook_file)), shlex.quote(self.python)
        # an `exec` that fails ends the shell with 127, whatever comes after it
        return f"[ -f {file} ] && [ -x {python} ] && exec {python} -S -E {file} {agent} || exit 0"

    def hook_command(self, agent: str) -> str:
        """The same as one command, for agents that may not use a shell of their own."""
        return f"sh -c {shlex.quote(self.hook_script(agent))}"

    def folder(self, variable: str, usual: str) -> Path:
        """An agent's folder: where its variable says, else the usual one below the home."""
        told = self.environment.get(variable)
        return Path(told).expanduser() if told else self.home / usual


def endpoint(host: str, port: int) -> str:
    """Where agents send to, as a URL."""
    return f"http://[{host}]:{port}" if ":" in host and "[" not in host else f"http://{host}:{port}"


def hook_program() -> bytes:
    """The hook program as this aimon ships it."""
    return resources.files("aimon_desktop").joinpath(HOOK_FILE).read_bytes()


def is_hook(value: object) -> bool:
    """Whether a hook in an agent's settings calls the hook program, of this or another aimon."""
    return f"/aimon/{HOOK_FILE}" in str(value)


def is_installed(place: Place) -> bool:
    """Whether the hook program is where agents call it, as this aimon ships it. Raises Unavailable."""
    return files.read(place.hook_file) == hook_program()


def install_hook_program(place: Place) -> None:
    """Copy the hook program where agents call it. Raises Unavailable."""
    files.write(place.hook_file, hook_program(), 0o644)
