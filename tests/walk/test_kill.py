"""kill -9 after an answered post: everything is there after the restart, and a second delivery adds nothing."""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.captures import Sent, expected, sent


@contextmanager
def served(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`aimon serve` with a home of its own, once it says that it listens; killed at the end, however it ends."""
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "AIMON_RUNTIME_DIR": str(home / "run")}
    command = [sys.executable, "-m", "aimon_tui.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            line = process.stderr.readline().decode()
            found = re.search(r"listening (http://127\.0\.0\.1:\d+)", line)
            assert found, line
            yield process, found[1]
        finally:
            process.kill()


def post(address: str, one: Sent) -> None:
    request = urllib.request.Request(address + one.path, one.body, {"Content-Type": one.content_type}, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def read(address: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{address}/api/v1/sessions?all=1", timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


@pytest.mark.parametrize("until", [5, 12, None])
def test_what_was_answered_survives_a_kill(until: int | None, tmp_path: Path) -> None:
    name = "print_tools"
    requests = sent(name)[:until]
    with served(tmp_path) as (process, address):
        for one in requests:
            post(address, one)
        before = read(address)
        process.kill()
        process.wait()
    with served(tmp_path) as (_, address):
        restored = read(address)
        for one in requests:
            post(address, one)
        again = read(address)
    for document in (restored, again):
        assert document["totals"]["tokens"] == before["totals"]["tokens"]
        assert document["totals"]["llm_calls"] == before["totals"]["llm_calls"]
        assert [one["tool_calls"] for one in document["sessions"]] == [one["tool_calls"] for one in before["sessions"]]
    if until is None:
        assert again["totals"]["llm_calls"] == expected(name)["totals"]["llm_calls"]
