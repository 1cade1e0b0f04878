"""The export of a running aimon, where one is asked for: what it needs is loaded then, beside the loop."""

import asyncio
from typing import TYPE_CHECKING, Any

from aimon_core.clock import Clock
from aimon_core.config import Settings, local
from aimon_core.store import SessionStore
from aimon_tui.hands import Hand

if TYPE_CHECKING:
    from receiver.export.exporter import Exporter


class Exporting:
    """Sends every finished tree to the collector that the settings name."""

    def __init__(self, settings: Settings, store: SessionStore, clock: Clock) -> None:
        """Raises UsageError for an address that is none, or aimon's own."""
        self._settings, self._store, self._clock = settings, store, clock
        self._url: str | None = None
        self._exporter: Exporter | None = None
        if settings.export_otlp is not None:
            from receiver.target import traces_url

            self._url = traces_url(settings.export_otlp, host=local(settings.host), port=settings.port)

    async def run(self, hands: list[Hand]) -> None:
        """Join the hands and send until cancelled; nothing where nothing is asked for."""
        if self._url is None:
            return
        since_ns = self._clock.now_ns()
        exporter, sender = await asyncio.to_thread(_load)
        settings = self._settings
        self._exporter = exporter.Exporter(
            self._store,
            self._clock,
            sender.Sender(self._url, self._clock, headers=settings.export_headers),
            content=settings.export_content,
            since_ns=since_ns,
        )
        hands.append(self._exporter)
        await self._exporter.run()

    def figures(self) -> dict[str, Any] | None:
        """What became of spans so far; None where nothing is exported."""
        return self._exporter.figures() if self._exporter is not None else None


def _load() -> Any:
    from receiver.export import exporter, sender

    return exporter, sender
