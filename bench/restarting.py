"""What a restart with 10,000 sessions takes: `python -m bench.restarting`, in a process of its own.

A journal is written as an aimon would have left it: a prompt, a model call and the end of a turn for each session, and
how each looked last. Prints the seconds until all of them are listed, the seconds until the ledger has read everything,
and in milliseconds how late the loop was at worst meanwhile.
"""

import asyncio
import gc
import time
from pathlib import Path

from aimon_core.clock import SystemClock
from aimon_core.config import Settings
from aimon_core.journal import Delivery, Journal
from aimon_core.paths import owned, state_dir
from aimon_core.session import Tokens
from aimon_core.store import SessionStore
from aimon_tui.demo.actors.claude_code import Claude
from aimon_tui.runtime import Runtime
from receiver import tape

SESSIONS = 10_000
AGO_S = 3_600.0
"""How long ago all of it was."""


def main() -> None:
    """Write, restart, print."""
    settings = Settings(port=0, grpc_port=0, sources=("otlp", "hooks"), notify=False)
    leave(owned(state_dir(settings.state_dir)) / "journal.db")
    gc.collect()  # what that left is no part of a restart
    print(*asyncio.run(restarted(settings)))


def leave(path: Path) -> None:
    """The journal of an aimon that was killed."""
    clock, journal = SystemClock(), Journal(path)
    epoch_ns = clock.now_ns() - round(AGO_S * 1e9)
    deliveries = [one for number in range(SESSIONS) for one in session(number, epoch_ns)]
    journal.append(*deliveries)
    store = SessionStore(clock)
    for events, arrived_ns in tape.replayed(iter(deliveries)):
        store.apply(events, arrived_ns)
    journal.keep(clock.now_ns(), {key: store.get(key) for key in store.drain()}, store.totals())
    journal.close()


def session(number: int, epoch_ns: int) -> list[Delivery]:
    """One turn of one session, as the journal keeps it."""
    actor = Claude(f"/home/dev/projects/part-{number}", 0.0, epoch_ns + number * 1_000_000, "claude-opus-5-5")
    told = [*actor.open(), *actor.prompt("build it"), *actor.think(4, Tokens(900, 58_000, output=320)), *actor.stop("")]
    return [Delivery(one.path.strip("/").removeprefix("v1/"), one.body, actor.ns(one.at_s)) for one in told]


async def restarted(settings: Settings) -> tuple[float, float, float]:
    """Seconds until the screen is as it was, seconds until the ledger is, the worst lag in milliseconds."""
    runtime, late = Runtime(settings, SystemClock()), [0.0]
    watching = asyncio.create_task(watch(late))
    began = time.perf_counter()
    await runtime.start()
    while len(runtime.sessions()) < SESSIONS:  # noqa: ASYNC110 - as a screen looks, ten times a second and more
        await asyncio.sleep(0.01)
    shown = time.perf_counter() - began
    await runtime.restored.wait()
    whole = time.perf_counter() - began
    watching.cancel()
    await runtime.stop()
    return shown, whole, max(late) * 1e3


async def watch(late: list[float]) -> None:
    """Note how late the loop wakes us."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0.005)
        late.append(time.perf_counter() - before - 0.005)


if __name__ == "__main__":
    main()
