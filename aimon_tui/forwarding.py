"""What a running aimon passes on to other collectors, where that is asked for: what it needs is loaded then."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimon_core.clock import Clock
from aimon_core.config import Settings

if TYPE_CHECKING:
    from receiver.forward import Relay


Forwards = tuple[int, bool] | None
"""Requests that were passed on and False, or that wait because a collector does not take them and True."""


class Forwarding:
    """Passes every OTLP request on to the collectors that the settings name."""

    def __init__(self, settings: Settings, state_dir: Path, clock: Clock) -> None:
        """Raises UsageError for an address that is none, or aimon's own."""
        self._clock = clock
        self._folder = state_dir / "forward" if settings.persist else None
        self._headers: dict[str, dict[str, str]] = {}
        """By address."""
        self._relays: list[Relay] = []
        if settings.forward:
            from receiver.target import collector_url

            def address(told: str) -> str:
                return collector_url(told, host=settings.host, port=settings.port)

            headers = {address(told): of_it for told, of_it in settings.forward_headers.items()}
            self._headers = {url: headers.get(url, {}) for url in map(address, settings.forward)}

    async def ears(self) -> "Sequence[Relay]":
        """Who has to hear of each request; none where nothing is asked for."""
        if self._headers and not self._relays:
            forward = await asyncio.to_thread(_load)
            mark = forward.new_mark()
            for url, headers in self._headers.items():
                relay = forward.Relay(url, self._clock, folder=self._folder, mark=mark, headers=headers)
                self._relays.append(relay)
        return self._relays

    async def run(self) -> None:
        """Send until cancelled; nothing where nothing is asked for."""
        relays = await self.ears()
        async with asyncio.TaskGroup() as tasks:
            for relay in relays:
                tasks.create_task(relay.run())

    async def finish(self) -> None:
        """Go on for a few seconds; what is left waits for the next start."""
        if self._relays:
            await asyncio.gather(*(relay.finish() for relay in self._relays))
            self._relays.clear()

    def figures(self) -> list[dict[str, Any]]:
        """What became of requests so far, by collector."""
        return [relay.figures() for relay in self._relays]

    def told(self) -> Forwards:
        """The same for the header; None where nothing is asked for."""
        figures = self.figures()
        stuck = any(one["problem"] and one["queued"] for one in figures)
        return (sum(one["queued" if stuck else "sent"] for one in figures), stuck) if figures else None


def _load() -> Any:
    from receiver import forward

    return forward
