"""`aimon why`: what speaks for the state of a session, how old that is, and what was not believed."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from aimon_core.clean import clean
from aimon_core.config import Config
from aimon_core.session import Evidence, Session
from aimon_core.wire import VERSION
from aimon_tui import peer
from aimon_tui.console.focus import chosen
from aimon_tui.console.options import with_settings


@click.command
@click.argument("session")
@click.option("--json", "as_json", is_flag=True, help="As a document, docs/schema/why.json.")
@with_settings
def command(config: Config, session: str, as_json: bool) -> None:
    """Say why a session is in its state.

    Each line is a signal: the state it speaks for, how old it is, and whether it decides, agrees, or was not believed.
    SESSION is a key, an id or the head of one, or a project; of the running aimon, else of its journal.

    \b
    Example:  aimon why shop-api
              aimon why shop-api --json | jq '.evidence[] | select(.verdict == "decides")'
    """
    document = peer.sessions(peer.address(config), every=True)
    if document is None:
        from aimon_tui.console.sessions import remembered

        click.echo("No aimon is running: this is what its journal holds.", err=True)
        document = remembered(config.settings, every=True)
    told = chosen(document["sessions"], session)
    click.echo(json.dumps(answer(told)) if as_json else text(told, datetime.now(UTC)))


def answer(told: dict[str, Any]) -> dict[str, Any]:
    """Of a session of `/api/v1/sessions`, what its state follows from."""
    from aimon_tui.reasons import since, verdict, weighed

    session = _session(told)
    return {
        "v": VERSION,
        **{name: told[name] for name in ("key", "agent", "name", "state", "waiting_for", "since")},
        "says": [since(session), weighed(session)],
        "evidence": [
            one | {"verdict": verdict(signal, session)}
            for one, signal in zip(told["evidence"], session.evidence, strict=True)
        ],
        "blind_spots": told["blind_spots"],
    }


def text(told: dict[str, Any], now: datetime) -> str:
    """The same for a person."""
    why = answer(told)
    head = f"{clean(why['name'], 80)} · {clean(why['agent'], 40)} · {clean(why['key'], 120)}"
    blind = [f"Blind: {clean(spot)}." for spot in why["blind_spots"]]
    return "\n".join([head, "", *_table(why["evidence"], now), *why["says"], *blind])


def _table(evidence: list[dict[str, Any]], now: datetime) -> list[str]:
    """A line for each signal below a head, and a blank one; nothing where there is none."""
    from aimon_tui.format import NONE, clock

    rows = [("says", "signal", "age", "")]
    for one in evidence:
        age = clock((now - datetime.fromisoformat(one["at"])).total_seconds()) if one["at"] else NONE
        rows.append((clean(one["says"], 24), clean(one["signal"], 60), age, one["verdict"]))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip() for row in rows]
    return [*lines, ""] if evidence else []


def _session(told: dict[str, Any]) -> Session:
    """As much of the picture as its reasons want."""
    return Session(
        key=told["key"],
        agent=told["agent"],
        session_id=told["session_id"],
        name=told["name"],
        state=told["state"],
        waiting_for=told["waiting_for"],
        since_ns=_moment(told["since"]),
        last_error_type=told["last_error_type"],
        evidence=tuple(
            Evidence(one["signal"], _moment(one["at"]), one["says"], decides=one["decides"]) for one in told["evidence"]
        ),
    )


def _moment(at: str | None) -> int:
    return round(datetime.fromisoformat(at).timestamp() * 1e3) * 1_000_000 if at else 0
