"""A real MLflow server on a free port, its database and artifacts in a folder of the test; or why there is none."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.contract.house import ROOT

CACHE = ROOT / ".cache" / "mlflow"
"""The whole of MLflow in an environment of its own, where ours has only the extra: 600 MB, made once."""
READY_S = 120.0
"""The first start makes the tables."""
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


class Missing(Exception):
    """What is not there."""


def program() -> Path:
    """The `mlflow` command, installed first if need be. Raises Missing."""
    if find_spec("mlflow") is None:
        raise Missing("without the extra: pip install 'aimon-tui[mlflow]'")
    for folder in (Path(sys.executable).parent, CACHE / "bin"):
        if (folder / "mlflow").exists():
            return folder / "mlflow"
    subprocess.run([sys.executable, "-m", "venv", CACHE], check=True)
    pip = [CACHE / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "mlflow"]
    if subprocess.run(pip).returncode:
        raise Missing("without the whole of mlflow: it cannot be installed")
    return CACHE / "bin" / "mlflow"


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The address of a server that ends with the test. Raises Missing."""
    port, home = _free_port(), folder / "home"
    home.mkdir()
    command = [
        program(), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--default-artifact-root", f"{folder}/artifacts",
    ]  # fmt: skip
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), **QUIET}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    until_s = time.monotonic() + READY_S
    while time.monotonic() < until_s and process.poll() is None:
        try:
            with urllib.request.urlopen(url) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.2)  # nothing tells when it is there but its door
    raise Missing(f"without a server: it ended with {process.poll()}")
