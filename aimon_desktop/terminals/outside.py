"""Asks other programs: arguments and no shell, a second at most, and a reason in words when it fails.

Apart from the terminals because each of them asks a program of its own and all of them need these limits (S15, S19).
Blocking: for threads, never for the loop.
"""

import subprocess

from aimon_core.clean import clean
from aimon_core.errors import Unavailable

LIMIT_S = 1.0
"""A program that takes longer hangs: tmux answers in 5 ms."""


def run(*command: str) -> str:
    """What a command prints. Raises Unavailable when it is missing, hangs or fails."""
    try:
        done = subprocess.run(  # noqa: S603 - arguments, each checked by who gives it
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S, check=False
        )
    except FileNotFoundError:
        raise Unavailable(f"{command[0]} is not on the PATH.") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} did not answer within a second.") from None
    except OSError as error:
        raise Unavailable(f"{command[0]} cannot be started: {error.strerror}.") from error
    if done.returncode:
        said = clean(done.stderr.decode("utf-8", "replace"), 120) or f"exit code {done.returncode}"
        raise Unavailable(f"{command[0]}: {said}.")
    return done.stdout.decode("utf-8", "replace")
