"""`aimon history`: what was used by day, project, model, agent or session, from transcripts and the journal."""

import json
import re
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from aimon_core.clean import clean
from aimon_core.config import Config
from aimon_core.history import DIMENSIONS, Cell, Row, rows, total
from aimon_core.wire import VERSION, tokens_dict
from aimon_tui.console.columns import aligned
from aimon_tui.console.options import with_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aimon_tui.past import Source

_AGO = re.compile(r"(\d{1,5})d")
_RIGHT = ("sessions", "calls", "tokens", "cost")


class Since(click.ParamType):  # type: ignore[type-arg] # generic in its types only
    """A day, or how many days the history goes back, today included."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """`2026-11-01`, or `14d`."""
        if isinstance(value, date):
            return value
        try:
            if days := _AGO.fullmatch(value):
                return today() - timedelta(days=int(days[1]) - 1)
            return date.fromisoformat(value)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no day: 2026-11-01, or 14d for the last 14.", param, ctx)


@click.command
@click.option("--by", multiple=True, type=click.Choice(DIMENSIONS), help="Add up by it; may be told several times.")
@click.option("--since", type=Since(), help="The first day: 2026-11-01, or 14d for the last 14.")
@click.option("--source", type=click.Choice(["transcripts", "journal"]), help="Read one of the two only.")
@click.option("--json", "as_json", is_flag=True, help="As a document, docs/schema/history.json.")
@with_settings
def command(config: Config, by: tuple[str, ...], since: date | None, source: "Source | None", as_json: bool) -> None:
    """Say what was used: sessions, calls, tokens and dollars by day.

    From the transcripts of Claude Code, Codex, Copilot CLI, Gemini CLI and Qwen Code, as old as they are, and from the
    journal, which knows the other agents for as long as it keeps them. A call that both tell of counts once. Days are
    local.

    \b
    Example:  aimon history
              aimon history --by project --since 30d
              aimon history --by day --by model --json | jq '.rows[] | [.day, .model, .cost_usd]'
    """
    from aimon_tui import past

    known = past.cells(config.settings, (source,) if source else past.SOURCES, _say)
    _say(1)
    first = since.isoformat() if since else ""
    found, asked = [cell for cell in known if cell.day >= first], tuple(dict.fromkeys(by)) or ("day",)
    click.echo(json.dumps(document(found, asked)) if as_json else table(found, asked))


def document(cells: list[Cell], by: "Sequence[str]") -> dict[str, Any]:
    """The rows and what they come to."""
    days = [cell.day for cell in cells]
    return {
        "v": VERSION,
        "since": min(days, default=None),
        "until": max(days, default=None),
        "by": list(by),
        "rows": [row.by | _told(row) for row in rows(cells, by)],
        "totals": _told(total(cells)),
    }


def table(cells: list[Cell], by: "Sequence[str]") -> str:
    """The same in columns, for a person."""
    if not cells:
        return "Nothing was used in these days."
    found = rows(cells, by)
    lines = [(*by, *_RIGHT), *(_line(row) for row in found)]
    if len(found) > 1:
        whole = total(cells)
        lines.append(_line(Row(dict.fromkeys(by, "") | {by[0]: "all"}, whole.sessions, whole.calls, whole.tokens,
                               whole.cost_usd, whole.unpriced_models)))  # fmt: skip
    return aligned(lines, _RIGHT)


def today() -> date:
    """The local day."""
    return datetime.now(UTC).astimezone().date()


def _say(share: float) -> None:
    """Tell whoever waits at a terminal how far reading has come; at its end, nothing of that stays."""
    if sys.stderr.isatty():
        words = f"Reading the journal … {share:.0%}" if share < 1 else ""
        click.echo(f"\r{words:28}\r", nl=False, err=True)


def _told(row: Row) -> dict[str, Any]:
    return {
        "sessions": row.sessions,
        "llm_calls": row.calls,
        "tokens": tokens_dict(row.tokens),
        "cost_usd": None if row.cost_usd is None else round(row.cost_usd, 6),
        "unpriced_models": list(row.unpriced_models),
    }


def _line(row: Row) -> tuple[str, ...]:
    from aimon_tui.format import NONE, count, money

    named = (clean(value, 44) or NONE for value in row.by.values())
    return (*named, count(row.sessions), count(row.calls), count(row.tokens.total), money(row.cost_usd))
