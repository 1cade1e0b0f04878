"""The interpreter: asks the dialects in turn, and counts what none of them understood."""

from collections import Counter
from collections.abc import Iterable

from aimon_core.events import Event
from aimon_core.masking import mask
from receiver.dialects.base import Dialect, Unread
from receiver.dialects.claude_code import ClaudeCode
from receiver.dialects.codex import Codex
from receiver.dialects.copilot import Copilot
from receiver.dialects.exported import Exported
from receiver.dialects.gemini_cli import GeminiCli
from receiver.dialects.genai import GenAI
from receiver.dialects.opencode import Opencode
from receiver.dialects.openinference import OpenInference
from receiver.dialects.qwen_code import QwenCode
from receiver.dialects.vercel import Vercel
from receiver.record import Record, Scope

CONVENTIONS = GenAI()
DIALECTS: tuple[Dialect, ...] = (
    ClaudeCode(), Codex(), GeminiCli(), QwenCode(), Copilot(), Opencode(), Exported(), OpenInference(), Vercel(),
    CONVENTIONS,
)  # fmt: skip
"""In the order in which they are asked: agents first, conventions last."""

UNCLAIMED = 1_000
"""Names of unknown records kept; foreign names are without number."""


NAME = 200
"""Characters kept of such a name."""


class Interpreter:
    """Records to events, with counts of what could not be read."""

    def __init__(self, dialects: Iterable[Dialect] = DIALECTS) -> None:
        self._dialects = tuple(dialects)
        self.unclaimed: Counter[str] = Counter()
        """`service/scope/name` of records in no language known here, or of no use."""
        self.unread: Counter[str] = Counter()
        """Dialect of records that were claimed but could not be read."""

    def translate(self, records: Iterable[Record]) -> list[Event]:
        """All events of some records; never raises, whatever the records hold."""
        events: list[Event] = []
        scope: Scope | None = None
        dialect: Dialect | None = None
        for record in records:
            if record.scope is not scope:
                scope = record.scope
                dialect = next((one for one in self._dialects if one.claims(record.scope)), None)
            if dialect is None:
                self._miss(record)
                continue
            try:
                found = dialect.translate(record)
                if found is None:
                    self._miss(record)
                    if dialect is CONVENTIONS and record.parent_id:
                        events.append(CONVENTIONS.links(record))
                else:
                    events.extend(found)
            except Unread:
                self.unread[dialect.name] += 1
            except Exception:  # noqa: BLE001 - a foreign record may hold anything: it is counted, the batch goes on
                self.unread[dialect.name] += 1
        return events

    def _miss(self, record: Record) -> None:
        name = record.scope.label + record.name
        known = self.unclaimed.get(name)
        if known is not None:
            self.unclaimed[name] = known + 1
        elif len(self.unclaimed) < UNCLAIMED:
            self.unclaimed[mask(name[:NAME])] += 1
        else:
            self.unclaimed["…"] += 1
