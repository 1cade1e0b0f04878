"""The status line program as Claude Code starts it: aimon hears the bytes, a person sees a line, neither waits."""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from aimon_desktop import statusline_program
from tests.desktop.test_hook_program import BLOCKED_S, PYTHON, Home, closed_port, headers, listening, unix
from tests.fakes.captures import ROOT

PROGRAM = Path(statusline_program.__file__)
LINES = (ROOT / "claude-code-statusline.jsonl").read_bytes().splitlines()
GOLDEN = "Sonnet 5.5 · 0% ctx · $0.0028 · 5 h 41% resets {} · 7 d 12% resets {}\n"
OWN = "cat; printf '\\033[31mred\\033[0m\\n  second  \\n'; echo words >&2; exit 3"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, closed_port())


def run(home: Home, payload: bytes, own: str | None = None, **more: str) -> subprocess.CompletedProcess[bytes]:
    command = [PYTHON, "-S", "-E", str(PROGRAM), *([own] if own is not None else [])]
    environment = {"PATH": os.environ["PATH"], "TZ": "UTC"} | home.environment | more
    return subprocess.run(command, input=payload, env=environment, capture_output=True, timeout=20)


# ------------------------------------------------------------------ what aimon hears


@pytest.mark.parametrize("own", [None, "", OWN])
def test_aimon_hears_the_very_bytes_whoever_draws_the_line(home, own):
    payload = LINES[3] + b"\n"
    with listening(unix(home)) as heard:
        run(home, payload, own)
    assert heard[0].startswith(b"POST /hooks/claude-code HTTP/1.1\r\n")
    assert heard[0].endswith(b"\r\n\r\n" + payload)
    assert abs(int(headers(heard[0])["X-Aimon-At"]) - time.time_ns()) < 60e9


def test_without_a_socket_the_port_hears_it(home):
    door = socket.create_server(("127.0.0.1", 0))
    with listening(door) as heard:
        run(home, LINES[0], AIMON_PORT=str(door.getsockname()[1]))
    assert heard[0].endswith(LINES[0])


@pytest.mark.parametrize("own", [None, "true"])
def test_with_nobody_there_nothing_is_left_for_later(home, own):
    assert run(home, LINES[3], own).returncode == 0
    assert home.spooled() == []


def test_what_is_no_status_line_by_its_size_stays_away_from_aimon(home):
    with closing(unix(home)) as door:
        door.settimeout(0)
        huge = b'{"a": "' + b"x" * (300 << 10) + b'"}'
        assert run(home, huge, "wc -c").stdout.split() == [str(len(huge)).encode()]
        assert run(home, b"").stdout == b""
        with pytest.raises(BlockingIOError):
            door.accept()


# ------------------------------------------------------------------ a person's own line


def test_its_words_and_its_exit_code_are_those_of_ones_own(home):
    done = run(home, b'{"a": 1}\n', OWN)
    assert done.stdout == b'{"a": 1}\n\x1b[31mred\x1b[0m\n  second  \n'
    assert (done.stderr, done.returncode) == (b"words\n", 3)


@pytest.mark.parametrize(
    ("own", "code"), [("no-such-program-here", 127), ("kill -9 $$", -9), ("((", 2), ("exec >&-", 0)]
)
def test_one_that_is_broken_is_broken_as_it_would_be_without_aimon(home, own, code):
    alone = subprocess.run(["sh", "-c", own], input=b"{}", capture_output=True)
    done = run(home, b"{}", own)
    assert (done.returncode, done.stdout, done.stderr) == (code, alone.stdout, alone.stderr)


def test_one_that_reads_nothing_and_one_that_pipes_live_as_ever(home):
    huge = b" " * (1 << 20)
    assert run(home, huge, "echo done").stdout == b"done\n"
    piped = run(home, b"{}", "yes | head -1")  # `yes` dies of the pipe, as it does in any shell
    assert (piped.stdout, piped.stderr) == (b"y\n", b"")


@pytest.mark.parametrize("own", [None, "echo mine"])
def test_an_aimon_that_hangs_costs_a_fifth_of_a_second_and_ones_own_line_nothing(home, own):
    with listening(unix(home), answer=None):
        began = time.monotonic()
        done = run(home, LINES[3], own)
        took = time.monotonic() - began
    assert done.stdout.startswith(b"mine" if own else b"Sonnet")
    assert took < BLOCKED_S


@pytest.mark.parametrize(("own", "line"), [([], b"Opus 5.5"), (["cat; echo"], LINES[0])])
def test_the_line_is_shown_while_aimon_still_thinks(home, tmp_path, own, line):
    """With all the time in the world for its answer, which never comes."""
    patient = tmp_path / "patient.py"
    patient.write_text(PROGRAM.read_text().replace("ANSWER_S = 0.2", "ANSWER_S = 60"))
    (tmp_path / "hook_program.py").write_bytes((PROGRAM.parent / "hook_program.py").read_bytes())
    command = [PYTHON, "-S", "-E", str(patient), *own]
    with (
        unix(home) as door,
        subprocess.Popen(command, env=home.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process,
    ):
        process.stdin.write(LINES[0])
        process.stdin.close()
        process.stdin = None
        connection, _ = door.accept()
        with connection:
            assert process.stdout.readline().startswith(line)
            if own:  # Claude Code waits until nobody is left to write
                assert process.communicate(timeout=20) == (b"", None)


def test_without_the_hook_program_beside_it_the_line_is_shown_all_the_same(home, tmp_path):
    alone = tmp_path / "alone.py"
    alone.write_bytes(PROGRAM.read_bytes())
    for own, told in (([], b"Opus 5.5 \xc2\xb7 $0.00\n"), (["echo mine"], b"mine\n")):
        command = [PYTHON, "-S", "-E", str(alone), *own]
        done = subprocess.run(command, input=LINES[0], env=home.environment, capture_output=True, timeout=20)
        assert (done.returncode, done.stdout) == (0, told)


# ------------------------------------------------------------------ our own line


def test_the_line_of_a_real_client(home):
    told, now = json.loads(LINES[3]), time.time()
    moments = [now + 60, now + 4 * 86_400]
    for name, at in zip(("five_hour", "seven_day"), moments, strict=True):
        told["rate_limits"][name]["resets_at"] = at
    shown = run(home, json.dumps(told).encode()).stdout.decode()
    days = [time.strftime("%a", time.gmtime(at))[:2] + time.strftime(" %d", time.gmtime(at)) for at in moments]
    hour = time.strftime("%H:%M", time.gmtime(moments[0]))
    assert shown in {GOLDEN.format(first, days[1]) for first in (hour, days[0])}  # a minute from now may be tomorrow


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (LINES[0], "Opus 5.5 · $0.00"),
        (b'{"cost": {"total_cost_usd": 1234.5}}', "$1,234.50"),
        (b'{"context_window": {"used_percentage": 63.6}}', "64% ctx"),
        (b'{"rate_limits": {"five_hour": {"used_percentage": 7}}}', "5 h 7%"),
        (b'{"rate_limits": {"five_hour": {"used_percentage": 7, "resets_at": 5}}}', ""),  # it began anew since
        (b'{"rate_limits": {"spend_limit": {"used_percentage": 104}}}', "\x1b[1;33mspend 104%\x1b[0m"),
        (b'{"context_window": {"used_percentage": 90}}', "\x1b[1;33m90% ctx\x1b[0m"),
        ('{"model": {"display_name": "\\u001b]0;x\\u0007Größe\u202e\\u0000"}}'.encode(), "]0;xGröße"),
        (b'{"model": {"display_name": "\\u001b[31m' + b"x" * 90 + b'"}}', "[31m" + "x" * 36),
    ],
)
def test_what_is_told_is_shown_and_what_is_not_is_absent(home, told, line):
    assert run(home, told).stdout.decode() == (f"{line}\n" if line else "")


def test_no_color_has_none(home):
    told = b'{"context_window": {"used_percentage": 99}}'
    assert run(home, told, NO_COLOR="1").stdout == b"99% ctx\n"


NOTHING = [b"", b"{", b"nul", b"[1", b"3", b'"x"', b"[]", b"\xff\xfe", b"{}", b"[" * 100_000, b"1" * 10_000]
ODD = [b"NaN", b"-1", b"true", b"1e999", b'"9"', b"[]", b"{}", b"null", b"9" * 400]


@pytest.mark.parametrize("payload", NOTHING, ids=range(len(NOTHING)))
def test_what_is_no_status_line_shows_nothing_and_fails_nowhere(home, payload):
    done = run(home, payload)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_odd_figures_are_none(odd):
    payload = (
        b'{"model": {"display_name": %s}, "context_window": {"used_percentage": %s}, "cost": {"total_cost_usd": %s},'
        b'"rate_limits": {"five_hour": {"used_percentage": %s, "resets_at": 99999999999}, "seven_day": %s}}'
    )
    told = statusline_program.line(statusline_program.loads(payload % ((odd,) * 5)))
    assert told == ("9" if odd == b'"9"' else "")


def test_the_command_is_the_same_program(home):
    aimon = str(Path(sys.executable).with_name("aimon"))
    with listening(unix(home)) as heard:
        done = subprocess.run(
            [aimon, "statusline", "cat; exit 4"], input=LINES[0], env=home.environment, capture_output=True, timeout=20
        )
    assert (done.returncode, done.stdout) == (4, LINES[0])
    assert heard[0].endswith(LINES[0])
