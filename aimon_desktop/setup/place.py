"""Where aimon is set up: whose home, which environment, where aimon listens and keeps its own files."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from msgspec import Struct

from aimon_core import paths
from aimon_desktop.setup import files

HOOK_FILE, STATUSLINE_FILE = "hook_program.py", "statusline_program.py"
_OWN, _BARE = "own=", "[ -f "
"""How a command of ours begins, with a person's own status line in it and without."""


class Place(Struct, frozen=True, kw_only=True):
    """One person on one machine."""

    home: Path
    environment: Mapping[str, str]
    endpoint: str = "http://127.0.0.1:4318"
    """Where agents send to."""
    data_dir: Path
    """Where the hook program and the status line's are installed."""
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

    @property
    def statusline_file(self) -> Path:
        """The installed status line program; it needs the hook program beside it."""
        return self.data_dir / STATUSLINE_FILE

    def hook_script(self, agent: str) -> str:
        """What a shell runs on an agent's event: nothing, and well, once the program or its interpreter is gone."""
        return f"{self._started(self.hook_file)} {agent} || exit 0"

    def hook_command(self, agent: str) -> str:
        """The same as one command, for agents that may not use a shell of their own."""
        return f"sh -c {shlex.quote(self.hook_script(agent))}"

    def statusline_command(self, there: object) -> str:
        """What Claude Code's status line is to be, given what it is: a person's own goes on within ours, or without it.

        It stands in our command as it was, so that no record of it can be lost. One that calls aimon itself has all.
        """
        if isinstance(there, str) and _calls_aimon(there):
            return there
        own = own_statusline(there)
        ours = self._started(self.statusline_file)
        return f'{_OWN}{shlex.quote(own)}; {ours} "$own"; exec sh -c "$own"' if own else f"{ours} || exit 0"

    def _started(self, program: Path) -> str:
        """A program in place of the shell, if it and its interpreter are there.

        An `exec` that fails ends the shell with 127, whatever comes after it.
        """
        file, python = shlex.quote(str(program)), shlex.quote(self.python)
        return f"[ -f {file} ] && [ -x {python} ] && exec {python} -S -E {file}"

    def folder(self, variable: str, usual: str) -> Path:
        """An agent's folder: where its variable says, else the usual one below the home."""
        told = self.environment.get(variable)
        return Path(told).expanduser() if told else self.home / usual


def endpoint(host: str, port: int) -> str:
    """Where agents send to, as a URL."""
    return f"http://[{host}]:{port}" if ":" in host and "[" not in host else f"http://{host}:{port}"


def hook_program() -> bytes:
    """The hook program as this aimon ships it."""
    return _shipped(HOOK_FILE)


def is_hook(value: object) -> bool:
    """Whether a command in an agent's settings calls one of our programs, of this or another aimon."""
    return any(f"/aimon/{file}" in str(value) for file in (HOOK_FILE, STATUSLINE_FILE))


def own_statusline(command: object) -> str | None:
    """A person's own status line: the command itself, or what stands in ours; None where there is none."""
    if not is_hook(command):
        return command if isinstance(command, str) else None
    try:
        first = shlex.split(str(command))[0]
    except ValueError:  # somebody wrote into it
        return None
    return first.removeprefix(_OWN).removesuffix(";") if first.startswith(_OWN) else None


def _calls_aimon(own: str) -> bool:
    """Whether a status line that setup did not write tells aimon all the same."""
    by_hand = own.split()[:2] == ["aimon", "statusline"]
    return by_hand or (is_hook(own) and not own.startswith((_OWN, _BARE)))


def is_installed(place: Place) -> bool:
    """Whether the programs are where agents call them, as this aimon ships them. Raises Unavailable."""
    return all(files.read(file) == content for file, content in _programs(place).items())


def install_programs(place: Place) -> None:
    """Copy the programs where agents call them. Raises Unavailable."""
    for file, content in _programs(place).items():
        files.write(file, content, 0o644)


def remove_programs(place: Place) -> None:
    """Take the programs away, with what Python made of them. Raises Unavailable."""
    shutil.rmtree(place.data_dir / "__pycache__", ignore_errors=True)
    for file in _programs(place):
        files.remove(file, [place.data_dir])


def _programs(place: Place) -> dict[Path, bytes]:
    return {place.hook_file: hook_program(), place.statusline_file: _shipped(STATUSLINE_FILE)}


def _shipped(file: str) -> bytes:
    return resources.files("aimon_desktop").joinpath(file).read_bytes()
