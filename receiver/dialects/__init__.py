"""The interpreter: asks the dialects in turn, counts what none of them knows, and tells what an agent says anew."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from aimon_core.events import Event
from aimon_core.masking import mask
from receiver import drift
from receiver.dialects.base import Dialect, Unread
from receiver.dialects.claude_code import ClaudeCode
from receiver.dialects.codex import Codex
from receiver.dialects.copilot import Copilot
from receiver.dialects.exported import Exported
from receiver.dialects.gemini_cli import GeminiCli
from receiver.dialects.genai import GenAI
from receiver.dialects.opencode import Opencode
from receiver.dialects.openinference import OpenInference
from receiver.dialects.openllmetry import OpenLLMetry
from receiver.dialects.qwen_code import QwenCode
from receiver.dialects.vercel import Vercel
from receiver.record import Attributes, Record, Scope, Signal
from receiver.sieve import sift
from receiver.steps import Steps

CONVENTIONS = GenAI()
DIALECTS: tuple[Dialect, ...] = (
    ClaudeCode(), Codex(), GeminiCli(), QwenCode(), Copilot(), Opencode(), Exported(), OpenInference(), OpenLLMetry(),
    Vercel(), CONVENTIONS,
)  # fmt: skip
"""In the order in which they are asked: agents first, conventions last."""

NAMES = 1_000
"""Names of records kept, for each agent the useless and for all together the unknown ones."""


NAME = 200
"""Characters kept of such a name."""


class Interpreter:
    """Records to events, with counts of what could not be read."""

    def __init__(self, dialects: Iterable[Dialect] = DIALECTS) -> None:
        self._dialects = tuple(dialects)
        self.unclaimed: Counter[str] = Counter()
        """`service/scope/name` of records in no language known here."""
        self._noise: dict[str, Counter[str]] = {one.name: Counter() for one in self._dialects}
        self.unread: Counter[str] = Counter()
        """Dialect of records that were claimed but could not be read."""

    @property
    def noise(self) -> dict[str, int]:
        """`agent/name` of records that are known to be of no use."""
        return {f"{agent}/{name}": count for agent, names in self._noise.items() for name, count in names.items()}

    def sift(self, signal: Signal, message: Any) -> Steps[int]:
        """Take known noise out of a request's log records, in place; how many went. In steps.

        Spans of no use stay: what lies in a tool's span is shown with it.
        """
        gone = 0
        for group in message.resource_logs if signal == "logs" else ():
            resource = Attributes(group.resource.attributes)
            for scoped in group.scope_logs:
                dialect = self._dialect(Scope(scoped.scope.name, resource))
                if dialect is not None and dialect.noise is not None:
                    names = yield from sift(scoped.log_records, dialect.noise.get(signal, ()))
                    self._noise[dialect.name].update(names)
                    gone += len(names)
        return gone

    def translate(self, records: Iterable[Record]) -> list[Event]:
        """All events of some records; never raises, whatever the records hold."""
        events: list[Event] = []
        scope: Scope | None = None
        dialect: Dialect | None = None
        for record in records:
            if record.scope is not scope:
                scope = record.scope
                dialect = self._dialect(scope)
            if dialect is None:
                self._miss(record)
                continue
            try:
                events.extend(self._read(record, dialect))
            except Unread:
                self.unread[dialect.name] += 1
            except Exception:  # noqa: BLE001 - a foreign record may hold anything: it is counted, the batch goes on
                self.unread[dialect.name] += 1
        return events

    def _dialect(self, scope: Scope) -> Dialect | None:
        return next((one for one in self._dialects if one.claims(scope)), None)

    def _read(self, record: Record, dialect: Dialect) -> Iterable[Event]:
        """What a dialect makes of a record; of one that it does not know, that it is new."""
        found = dialect.translate(record)
        if found is not None:
            return found
        if dialect.noise is None:
            self._miss(record)
            return (CONVENTIONS.links(record),) if dialect is CONVENTIONS and record.parent_id else ()
        if record.name not in dialect.noise.get(record.signal, ()):
            return (drift.unknown(dialect.name, record),)
        _count(self._noise[dialect.name], record.name)
        return ()

    def _miss(self, record: Record) -> None:
        _count(self.unclaimed, record.scope.label + record.name)


def _count(names: Counter[str], name: str) -> None:
    """Count a foreign name; they are without number, so the later ones are counted as one."""
    known = names.get(name)
    if known is not None:
        names[name] = known + 1
    elif len(names) < NAMES:
        names[mask(name[:NAME])] += 1
    else:
        names["…"] += 1
