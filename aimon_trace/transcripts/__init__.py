"""Agents' own transcripts to metrics, a line at a time: events as the ledger reads them, and what judges want beside.

A file of a gigabyte is read as one of a kilobyte is; only tool calls are kept. Whose transcript it is, its lines say.
"""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from aimon_core import pricing
from aimon_core.agents import label
from aimon_core.errors import Unavailable, Unreadable
from aimon_core.priced import Prices
from aimon_trace.gathering import Gathering
from aimon_trace.metrics import TraceMetrics
from aimon_trace.transcripts import claude_code, codex, copilot, gemini_cli, qwen_code
from aimon_trace.transcripts.base import UNREADABLE, Kind

_LOOKED_AT = 64
"""Lines in which a kind is looked for; the first ones may be notes of a build that nobody knows yet."""
_LINE = 64 * 1024 * 1024
"""Bytes a line may have; a longer one is passed over and counted."""
Overrides = Mapping[str, Mapping[str, float]]
"""Dollars a million tokens by model and part, as settings have them."""

KINDS: tuple[Kind, ...] = (codex.KIND, copilot.KIND, gemini_cli.KIND, qwen_code.KIND, claude_code.KIND)
"""Whose transcripts can be judged."""


def read(path: Path, *, subagents: bool = True, prices: Prices | None = None) -> TraceMetrics:
    """What a transcript and, with `subagents`, its helpers' come to. Raises Unreadable and Unavailable."""
    gathering = Gathering(prices or table())
    try:
        kind = kind_of(path)
        if kind is not None:
            for file in (path, *(kind.helpers(path) if subagents else ())):
                _gather(file, kind, gathering, subagents=subagents)
    except FileNotFoundError:
        raise Unavailable(f"There is no file {path}.") from None
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror or error}.") from None
    if not subagents:
        gathering.reported = None  # what an agent reports is of all its helpers
    return gathering.metrics()


def kind_of(path: Path) -> Kind | None:
    """Whose transcript it is; None for a file without a line. Raises Unreadable for anything else, and OSError."""
    seen = 0
    for line in _lines(path):
        if line is None:
            continue
        try:
            told = msgspec.json.decode(line)
        except UNREADABLE:
            told = None
        if isinstance(told, dict) and (found := next((kind for kind in KINDS if kind.claims(told)), None)):
            return found
        seen += 1
        if seen >= _LOOKED_AT:
            break
    if seen:
        *most, last = sorted(label(kind.language.agent) for kind in KINDS)
        raise Unreadable(f"{path} is no transcript.", f"Those of {', '.join(most)} and {last} can be read.")
    return None


def table(overrides: Overrides | None = None) -> Prices:
    """The price table with somebody's own prices (`pricing.load`), loaded once a process."""
    return _table(msgspec.json.encode(overrides or {}, order="sorted"))


@functools.cache
def _table(overrides: bytes) -> Prices:
    return pricing.load(msgspec.json.decode(overrides))


def _gather(path: Path, kind: Kind, gathering: Gathering, *, subagents: bool) -> None:
    reader, detail = kind.language.reader(path), kind.details(gathering)
    for line in _lines(path):
        try:
            if line is None:
                raise msgspec.DecodeError
            events = reader.read(line)
            gathering.take(event for event in events if subagents or event.agent_id is None)
            detail(line, subagents=subagents)
        except UNREADABLE:
            gathering.unread += 1
    if kind.closes:
        gathering.take(event for event in reader.read(kind.closes) if subagents or event.agent_id is None)


def _lines(path: Path) -> Iterator[bytes | None]:
    """Lines that are not blank; None for one that is too long."""
    with path.open("rb") as file:
        while line := file.readline(_LINE):
            if len(line) == _LINE and not line.endswith(b"\n"):
                while (rest := file.readline(_LINE)) and not rest.endswith(b"\n"):
                    pass
                yield None
            elif not line.isspace():
                yield line
