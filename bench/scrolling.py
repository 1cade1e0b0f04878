"""A session's page with 1,000 spans and with 100,000: `python -m bench.scrolling`, in a process of its own.

Prints five figures: CPU milliseconds a frame while jumping through the rows of the small and of the large tree, the
worst such frame of the large one, and the longest time that the loop was held, in milliseconds, while the screen was
resized and while a person pressed keys.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Iterator
from typing import Any

from textual.pilot import Pilot

from aimon_core.clock import SystemClock
from aimon_core.events import Event, LlmCalled, PromptSubmitted, ToolFinished, ToolStarted
from aimon_core.session import Tokens
from aimon_tui.app import AimonApp
from aimon_tui.replay import Recording
from aimon_tui.screens.session import SessionPage

SMALL, LARGE = 1_000, 100_000
SIZE = (160, 48)
JUMPS = 150
SECOND_NS = 10**9


class NoDoor:
    """Nothing comes in."""

    address, label, fault, problem = "127.0.0.1:0", ":0", "", None

    def rate(self) -> float:
        """No events."""
        return 0.0

    def forwards(self) -> None:
        """Nothing is passed on."""


def night(spans: int, now_ns: int) -> Iterator[Event]:
    """One turn: a model call, a tool call, and so on; each hundredth fails."""
    said: dict[str, Any] = {
        "agent": "claude-code",
        "session_id": f"night-{spans}",
        "channel": "span",
        "signal": "bench",
    }
    began_ns = now_ns - spans * SECOND_NS
    yield PromptSubmitted(at_ns=began_ns, prompt_id="p", unit="p", text="work through the night", **said)
    for number in range(spans // 2):
        at_ns = began_ns + number * 2 * SECOND_NS
        tokens = Tokens(input=number, cache_read=9_000, output=300)
        yield LlmCalled(
            at_ns=at_ns + SECOND_NS, call_id=f"req_{number}", unit=f"l{number}", model="claude-opus-5-5", tokens=tokens,
            duration_ms=900, ok=number % 100 != 0, **said,
        )  # fmt: skip
        tool: dict[str, Any] = {"call_id": f"toolu_{number}", "name": "Bash", "subject": f"make part-{number}"}
        yield ToolStarted(at_ns=at_ns + SECOND_NS, unit=f"t{number}", **tool, **said)
        yield ToolFinished(at_ns=at_ns + 2 * SECOND_NS, unit=f"f{number}", duration_ms=900, **tool, **said)


async def held(work: Awaitable[None]) -> float:
    """For how long at most nobody else had the loop while something was done, in milliseconds."""
    longest, done = 0.0, asyncio.ensure_future(work)
    while not done.done():
        asked = time.perf_counter()
        await asyncio.sleep(0)
        longest = max(longest, time.perf_counter() - asked)
    return longest * 1e3


async def frames(app: AimonApp, pilot: Pilot[None], spans: int) -> list[float]:
    """CPU milliseconds of each of many jumps with everything that they paint."""
    await pilot.press("enter")
    await pilot.pause(0.2)
    page, rng, spent = app.screen, random.Random(1), []
    assert isinstance(page, SessionPage)
    while page.waterfall.virtual_size.height < spans:  # a tree that large is read in steps
        await pilot.pause(0.1)
    for _ in range(JUMPS):
        began = time.process_time()
        page.waterfall.scroll_to(y=rng.randrange(spans), animate=False)
        page.waterfall.refresh()
        page._compositor.render_update(full=True)  # noqa: SLF001 - what Textual does at the end of a frame
        spent.append((time.process_time() - began) * 1e3)
        await asyncio.sleep(0)
    return spent


async def measured(spans: int) -> tuple[list[float], float, float]:
    """Frames, then the longest hold while resizing and while pressing keys."""
    clock = SystemClock()
    store = Recording(clock)
    store.apply(night(spans, clock.now_ns()))
    app = AimonApp(store, door=NoDoor(), clock=clock)
    async with app.run_test(size=SIZE) as pilot:
        spent = await frames(app, pilot, spans)

        async def resize() -> None:
            for width in (80, 160, 60, 120, 200, 100):
                await pilot.resize_terminal(width, 40)

        async def press() -> None:
            await pilot.press("g", "e", "m", "plus", "greater_than_sign", "minus", "left", "right", "G", "k", "a")

        return spent, await held(resize()), await held(press())


async def main() -> None:
    """Measure and print."""
    small, _, _ = await measured(SMALL)
    large, resizing, pressing = await measured(LARGE)
    print(sum(small) / JUMPS, sum(large) / JUMPS, max(large), resizing, pressing)


if __name__ == "__main__":
    asyncio.run(main())
