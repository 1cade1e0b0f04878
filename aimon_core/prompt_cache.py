"""When a session's prompt cache goes cold: so long after its last use, by its calls or by the agent's own word.

Only the own thread counts: helpers and subagents read other prompts. Of the vendors only Anthropic promises a time.
"""

from aimon_core.events import Gauged, LlmCalled
from aimon_core.session import CacheTtl

TTL_NS: dict[CacheTtl, int] = {"5m": 300_000_000_000, "1h": 3_600_000_000_000}
"""https://docs.claude.com/en/docs/build-with-claude/prompt-caching"""


class PromptCache:
    """What is known of one session's cache, in whatever order it is told."""

    __slots__ = ("_told", "_ttl", "_used_ns")

    def __init__(self) -> None:
        self._used_ns = 0
        self._ttl: tuple[int, CacheTtl] = (0, "5m")  # what a write is whose time to live nobody tells
        self._told: tuple[int, int] = (0, 0)

    def called(self, call: LlmCalled) -> None:
        """A call of the own thread came back: reading a cache renews it, as writing does."""
        tokens = call.tokens
        if "claude" not in call.model or not tokens.cache_read + tokens.cache_write:
            return
        self._used_ns = max(self._used_ns, call.at_ns)
        if tokens.cache_write_1h or tokens.cache_write_5m:
            self._learn(call.at_ns, "1h" if tokens.cache_write_1h else "5m")

    def told(self, event: Gauged) -> None:
        """The agent says how long its cache lives, and until when it does as things stand."""
        if event.cache_ttl is not None:
            self._learn(event.at_ns, event.cache_ttl)
        if event.cache_expires_at_ns is not None:
            self._told = max(self._told, (event.at_ns, event.cache_expires_at_ns))

    @property
    def expires_at_ns(self) -> int | None:
        """When it goes cold, or went; None where nobody has told of one."""
        told_ns, expires_at_ns = self._told
        if told_ns and told_ns >= self._used_ns:
            return expires_at_ns
        return self._used_ns + TTL_NS[self._ttl[1]] if self._used_ns else None

    def _learn(self, at_ns: int, ttl: CacheTtl) -> None:
        self._ttl = max(self._ttl, (at_ns, ttl))
