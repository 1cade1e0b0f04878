"""Asks other programs: arguments and no shell, a second at most, and a reason in words when it fails.

Apart from the terminals because each of them asks a program of its own and all of them need these limits (S15, S19).
Blocking: for threads, never for the loop.
"""

import os
import socket
import stat
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedRWPair

from aimon_core.clean import clean
from aimon_core.errors import Unavailable

LIMIT_S = 1.0
"""A program that takes longer hangs: tmux answers in 5 ms."""


def run(*command: str, environ: Mapping[str, str] | None = None) -> str:
    """What a command prints, with more in its environment. Raises Unavailable when it is missing, hangs or fails."""
    try:
        done = subprocess.run(  # noqa: S603 - arguments, each checked by who gives it
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
            env={**os.environ, **environ} if environ else None,
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


@contextmanager
def connect(name: str, path: str) -> Iterator[BufferedRWPair]:
    """A Unix socket of ours to ask a program through; `@` begins an abstract one. Raises Unavailable."""
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(LIMIT_S)
        try:
            if not path.startswith("@") and not is_ours(path):
                raise Unavailable(f"The socket of {name} is gone.")
            one.connect(f"\0{path[1:]}" if path.startswith("@") else path)
            with one.makefile("rwb") as stream:
                yield stream
        except TimeoutError:
            raise Unavailable(f"{name} did not answer within a second.") from None
        except (OSError, ValueError) as error:
            raise Unavailable(f"{name} cannot be asked: {clean(str(error), 80)}.") from error


def is_ours(path: str) -> bool:
    """Whether a path is a socket that belongs to us."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISSOCK(found.st_mode) and found.st_uid == os.getuid()
