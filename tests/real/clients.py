"""The real clients, from npm into a cache of the project's own; or the reason why they cannot be had."""

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "clients"
INSTALL_S = 300


class Missing(Exception):
    """Why there is no real client here."""


def found(name: str) -> Path | None:
    """A client's program that is there already: what `make test-real` installed, else what the person uses."""
    own = CACHE / "node_modules" / ".bin" / name
    used = shutil.which(name)
    return own if own.exists() else Path(used) if used else None


def installed(name: str) -> Path:
    """A client's program, at the version that `package.json` names. Raises Missing."""
    wanted = (HERE / "package.json").read_bytes()
    program, told = CACHE / "node_modules" / ".bin" / name, CACHE / "package.json"
    if not (program.exists() and told.exists() and told.read_bytes() == wanted):
        _install(wanted)
    if not program.exists():
        raise Missing(f"npm installed no {name} for this machine")
    return program


def _install(wanted: bytes) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("no npm: the real clients cannot be installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    (CACHE / "package.json").write_bytes(wanted)
    command = [
        npm,
        "install",
        "--prefix",
        str(CACHE),
        "--no-package-lock",
        "--fetch-retries=1",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, cwd=CACHE)
    except subprocess.TimeoutExpired as error:
        raise Missing(f"npm did not install the real clients within {INSTALL_S} s") from error
    if done.returncode:
        (CACHE / "package.json").unlink()
        why = next(reversed(done.stderr.strip().splitlines()), "it did not say why")
        raise Missing(f"npm could not install the real clients: {why}")
