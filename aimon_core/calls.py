"""The model calls of one session: which reports tell of the same one."""

from collections.abc import Callable

from aimon_core.call import Call, called, fill
from aimon_core.events import LlmCalled
from aimon_core.merged import Merged


class Calls(Merged[Call, LlmCalled]):
    """The calls of one session, and who is told when one changes."""

    def __init__(self, changed: Callable[[Call | None, Call | None], None]) -> None:
        super().__init__(called, fill, changed, interchangeable=True)

    def take(self, event: LlmCalled) -> bool:
        """Take one report in; without an id calls are alike in success, model and the counts every channel tells."""
        tokens = event.tokens
        mark = (event.ok, event.model, tokens.input, tokens.cache_read, tokens.cache_write, tokens.output)
        return self.add(event, key=event.call_id, mark=mark, witness=event.channel, unit=event.unit)
