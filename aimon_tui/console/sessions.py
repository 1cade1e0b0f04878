"""`aimon sessions`: the list once, from the running aimon, else from its journal."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from aimon_core.clean import clean
from aimon_core.config import Config, Settings
from aimon_tui import peer
from aimon_tui.console.columns import aligned
from aimon_tui.console.options import with_settings

if TYPE_CHECKING:
    from aimon_core.store import SessionStore

_HEAD = ("state", "for", "agent", "project", "model", "tokens", "cost")
_RIGHT = {"for", "tokens", "cost"}


@click.command
@click.option("--json", "as_json", is_flag=True, help="The document of GET /api/v1/sessions.")
@click.option("--all", "every", is_flag=True, help="Also sessions that ended long ago or expired.")
@with_settings
def command(config: Config, as_json: bool, every: bool) -> None:
    """List the sessions once.

    Those of the running aimon, else those in its journal.

    \b
    Example:  aimon sessions
              aimon sessions --json --all | jq '.sessions[] | [.name, .state, .cost_usd]'
    """
    document = peer.sessions(peer.address(config), every=every)
    if document is None:
        click.echo("No aimon is running: this is what its journal holds.", err=True)
        document = remembered(config.settings, every=every)
    click.echo(json.dumps(document) if as_json else table(document, datetime.now(UTC)))


def remembered(settings: Settings, *, every: bool) -> dict[str, Any]:
    """The same document from the journal."""
    from aimon_core.wire import sessions_document

    store = reread(settings)
    return sessions_document(store.sessions(every=every), store.totals())


def reread(settings: Settings) -> "SessionStore":
    """The ledger as the journal has it, read with today's dialects; empty where there is no journal."""
    from aimon_core import paths, pricing
    from aimon_core.clock import SteppedClock, SystemClock
    from aimon_core.journal import Journal
    from aimon_core.store import SessionStore
    from receiver import tape

    folder = paths.state_dir(settings.state_dir)
    clock = SteppedClock(0)  # the past happened then: a session that was silent for a day since is not fresh now
    store = SessionStore(clock)
    if (folder / "journal.db").exists():
        journal = Journal.read_only(folder / "journal.db")
        for events, arrived_ns in tape.replayed(journal.deliveries()):
            store.apply(events, arrived_ns)
        journal.close()
    clock.jump(SystemClock().now_ns())
    store.prices = pricing.load(settings.prices)
    store.tick()
    store.drain()
    return store


def table(document: dict[str, Any], now: datetime) -> str:
    """The sessions in columns, for a person."""
    if not document["sessions"]:
        return "No sessions."
    return aligned([_HEAD, *(_row(told, now) for told in document["sessions"])], _RIGHT)


def _row(told: dict[str, Any], now: datetime) -> tuple[str, ...]:
    from aimon_tui.format import NONE, clock, count, money

    since = datetime.fromisoformat(told["since"]) if told["since"] else now
    waiting_for = f" for {told['waiting_for']}" if told["waiting_for"] else ""
    tokens = told["tokens"]["total"] + told["auxiliary"]["tokens"]["total"]
    return (
        f"{told['state']}{waiting_for}",
        clock((now - since).total_seconds()),
        clean(told["agent"], 24),
        clean(told["name"], 40),
        clean(told["model"] or NONE, 32),
        count(tokens),
        money(told["cost_usd"]),
    )
