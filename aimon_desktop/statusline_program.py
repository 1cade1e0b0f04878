"""The status line program: what Claude Code tells its status line goes to aimon, and a line of text to Claude Code.

Like the hook program, which lies beside it and does the sending, it is a copy that outlives its aimon. A status line
that a person had before gets the same bytes, is what Claude Code shows, and never waits for aimon.

    python -S -E statusline_program.py [COMMAND]
"""

import os
import sys
import time
from _json import make_scanner  # `json` itself takes longer to load than Python to start
from _signal import SIG_DFL, SIGPIPE, signal  # type: ignore[import-not-found] # as above
from collections.abc import Iterator

FEED = 256 << 10
"""Bytes of a payload that aimon is told: a hundred times the usual."""
ANSWER_S = 0.2
"""What an aimon that hangs may cost; what it misses comes again with the next status line."""
WINDOWS = {"five_hour": "5 h", "seven_day": "7 d", "spend_limit": "spend"}
"""The allowances of an account, as Claude Code calls them and as we do."""
LOUD = 90
"""Percent from which a figure stands out."""


def main(command: str) -> None:
    """Show a status line, that of `command` where there is one, and tell aimon."""
    payload = b"".join(iter(lambda: os.read(0, 1 << 16), b""))
    if command:
        chain(command, payload)
    if shown := line(loads(payload)):
        os.write(1, f"{shown}\n".encode("utf-8", "replace"))
    feed(payload)


def chain(command: str, payload: bytes) -> None:
    """Become the person's own status line: its words and its exit code are those of this process.

    A child hands it the payload and tells aimon, so that neither waits for the other.
    """
    reading, writing = os.pipe()
    if os.fork():
        os.dup2(reading, 0)
        signal(SIGPIPE, SIG_DFL)  # Python ignores it, and what comes next would, too
        os.execv("/bin/sh", ["sh", "-c", command])  # as Claude Code does
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2, reading):
        os.dup2(nowhere, stream)  # Claude Code reads until nobody is left to write
    try:
        with open(writing, "wb") as own:
            own.write(payload)
    except BrokenPipeError:
        pass  # it does not want to know
    feed(payload)
    os._exit(0)


def feed(payload: bytes) -> None:
    """Tell aimon; where there is none, nobody misses an old status line."""
    if payload and len(payload) <= FEED:
        import hook_program  # type: ignore[import-not-found] # it lies beside this file

        until = time.monotonic() + ANSWER_S
        hook_program.taken(hook_program.request("claude-code", time.time_ns(), payload), until)


# ------------------------------------------------------------------------------------------ a line of our own


class Plainly:
    """How `json.loads` has its scanner read."""

    strict, object_hook, object_pairs_hook, parse_float, parse_int = True, None, None, float, int

    @staticmethod
    def parse_constant(_name: str) -> None:
        """NaN and its like are no figures."""


def loads(payload: bytes) -> object:
    """What the bytes say; None where that is no JSON."""
    try:
        return make_scanner(Plainly)(payload.decode().lstrip(), 0)[0]  # type: ignore[arg-type] # it asks for attributes
    except (ValueError, StopIteration, RecursionError, SystemError):  # without `json` the scanner cannot say what
        return None


def line(told: object) -> str:
    """Model, context, dollars and limits, as far as they are told: `Opus 5.5 · 64% ctx · $4.12 · 5 h 41%`."""
    model = member(told, "model", "display_name")
    parts = [
        "".join(filter(str.isprintable, model))[:40] if isinstance(model, str) else "",
        share(member(told, "context_window", "used_percentage"), "{} ctx"),
        money(member(told, "cost", "total_cost_usd")),
        *limits(member(told, "rate_limits")),
    ]
    return " · ".join(filter(None, parts))


def limits(told: object) -> Iterator[str]:
    """Each allowance that is not over yet: `5 h 41% resets 14:20`, `7 d 12% resets Tu 24`."""
    now = time.time()
    for name, words in WINDOWS.items():
        resets_at = number(member(told, name, "resets_at"), 1 << 32)
        used = share(member(told, name, "used_percentage"), f"{words} {{}}")
        if used and resets_at is None:
            yield used
        elif used and resets_at is not None and resets_at > now:
            yield f"{used} resets {moment(resets_at, now)}"


def moment(at: float, now: float) -> str:
    """The time of a day, or another day: `14:20`, `Tu 24`."""
    then = time.localtime(at)
    if then[:3] == time.localtime(now)[:3]:
        return time.strftime("%H:%M", then)
    return time.strftime("%a", then)[:2] + time.strftime(" %d", then)


def share(percent: object, words: str) -> str:
    """A percentage in its words."""
    found = number(percent, 1000)
    if found is None:
        return ""
    told = words.format(f"{found:.0f}%")
    return f"\033[1;33m{told}\033[0m" if found >= LOUD and not os.environ.get("NO_COLOR") else told


def money(usd: object) -> str:
    """Dollars, four places below a cent."""
    found = number(usd, 1e6)
    if found is None:
        return ""
    return f"${found:.4f}" if 0 < found < 0.01 else f"${found:,.2f}"


def number(value: object, most: float) -> float | None:
    """A figure from 0 to what is credible; None for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if 0 <= value <= most else None


def member(told: object, *names: str) -> object:
    """What stands under some names, one within the other; None where nothing does."""
    for name in names:
        told = told.get(name) if isinstance(told, dict) else None
    return told


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "")
    finally:
        os._exit(0)  # whatever it was, Claude Code must not notice
