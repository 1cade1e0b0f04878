"""What clients sent, delivered through the real intake into whatever keeps deliveries."""

from collections.abc import Iterable

from aimon_core.clock import SteppedClock
from aimon_core.events import Event
from aimon_core.journal import Delivery
from aimon_core.store import SessionStore
from receiver.dialects import Interpreter
from receiver.intake import Intake
from receiver.told import Kept
from tests.fakes.captures import Sent

RECORDS = 20_000


class KeepingSink:
    """Ledger and keeper, as behind the real doors."""

    wants_deliveries = True

    def __init__(self, kept: Kept) -> None:
        self.kept, self.clock = kept, SteppedClock(0)
        self.store = SessionStore(self.clock)

    def accept(self, delivery: Delivery | None, events: list[Event]) -> None:
        self.store.apply(events)
        if delivery is not None:
            self.kept.append(delivery)


async def delivered(requests: Iterable[Sent], kept: Kept) -> SessionStore:
    """The ledger after some requests, each of which `kept` got at its time."""
    sink = KeepingSink(kept)
    intake = Intake(sink, Interpreter(), sink.clock, records_limit=RECORDS)
    for one in requests:
        sink.clock.jump(round(one.unix * 1e9))
        if one.signal == "hooks":
            await intake.hook(one.path.rpartition("/")[2], one.body)
        else:
            encoding = "json" if "json" in one.content_type else "protobuf"
            await intake.export(one.signal, one.body, encoding)  # type: ignore[arg-type]
    return sink.store
