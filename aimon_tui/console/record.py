"""`aimon record`: what comes in at the running aimon, into a file that `aimon replay` plays."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aimon_core.config import Config
from aimon_core.errors import Unavailable
from aimon_tui.console.options import with_settings

if TYPE_CHECKING:
    from receiver.reel import Writer

_FLUSH_S = 1.0
"""What a `kill -9` may cost."""
_LOOK_S = 0.1
"""How often the clock is looked at while nothing comes in."""
_MIB = 1 << 20


@click.command
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), metavar="N", help="End after so long.")
@click.option("--max-mib", type=click.IntRange(min=1), default=256, metavar="N", help="End when it is so large.  [256]")
@click.option("--raw", is_flag=True, help="Everything as it comes in, prompts, outputs and secrets, too.")
@with_settings
def command(config: Config, folder: Path, seconds: float | None, max_mib: int, raw: bool) -> None:
    """Record what comes in at the running aimon.

    Into DIR/tape.gz, until ctrl+c: telemetry, hooks, transcripts, processes, each with its time. What anybody wrote and
    secrets are left out; with --raw nothing is, and the file is for your eyes only. Whatever ends it, what was
    recorded up to a second before can be played.

    \b
    Example:  aimon record monday --seconds 60
              aimon replay monday
    """
    from aimon_tui import peer
    from receiver.reel import Writer

    lines = peer.tape(peer.address(config), _LOOK_S, raw=raw)
    first = next(lines, b"")  # where nobody answers there shall be no file
    with Writer(folder, max_mib * _MIB) as reel, _until_told() as told:
        click.echo(f"recording {reel.path}; ctrl+c ends it", err=True)
        try:
            done, why = _recorded(chain([first], lines), reel, told, seconds)
        except OSError as error:
            raise Unavailable(f"{reel.path} cannot be written: {error.strerror}.") from error
    click.echo(f"{why} {reel.path} has {reel.path.stat().st_size:,} bytes.", err=True)
    if not done:
        raise SystemExit(1)


def _recorded(lines: Iterator[bytes], reel: "Writer", told: list[int], seconds: float | None) -> tuple[bool, str]:
    """Write lines until told to end, until time or room is used up, or until none come.

    Whether that was meant to be, and why it ended, in a sentence.
    """
    from receiver.reel import End, encode

    began_s = flushed_s = time.monotonic()
    last, fresh = b"", False
    for line in lines:
        now_s = time.monotonic()
        if line and not reel.write(line):
            return True, "It is as large as it may become."
        last, fresh = line or last, fresh or bool(line)
        if fresh and (not line or now_s - flushed_s >= _FLUSH_S):
            reel.flush()
            flushed_s, fresh = now_s, False
        if told or (seconds is not None and now_s - began_s >= seconds):
            reel.write(encode(End(at_ns=time.time_ns())) + b"\n")
            return True, "Done."
    if last.startswith(b'{"type":"end"'):
        return True, "That aimon has ended."
    return False, "It broke off: that aimon is gone, or told more than could be written."


@contextmanager
def _until_told() -> Iterator[list[int]]:
    """A list that ctrl+c, SIGTERM and SIGHUP put themselves into, in place of what they do."""
    told: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, lambda number, _: told.append(number)) for number in numbers]
    try:
        yield told
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
