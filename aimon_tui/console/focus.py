"""`aimon focus`: to the terminal of a session, or back to aimon's own.

It asks the running aimon which process a session is, and goes there itself: whoever calls it, from a shell or from a
key of tmux, is who looks.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import click

from aimon_core import process
from aimon_core.clean import clean
from aimon_core.config import Config
from aimon_core.errors import Unavailable, UsageError
from aimon_desktop import terminals
from aimon_desktop.terminals import Outcome, Target
from aimon_tui import peer
from aimon_tui.console.options import with_settings

Told = dict[str, Any]
"""A session of `/api/v1/sessions`."""


@click.command
@click.argument("session", required=False)
@click.option("--next-waiting", is_flag=True, help="The session that waits longest; once there, the next one.")
@click.option("--self", "own", is_flag=True, help="The running aimon.")
@with_settings
@click.pass_context
def command(ctx: click.Context, config: Config, session: str | None, next_waiting: bool, own: bool) -> None:
    """Go to a session's terminal.

    SESSION is a key, an id or the head of one, or a project. When it cannot go there it says why, with a command to
    copy where one helps, and exits with 1.

    \b
    Example:  aimon focus shop-api
              tmux bind-key A run-shell -b 'aimon focus --next-waiting 2>&1 >/dev/null || true'
    """
    if (session is not None) + next_waiting + own != 1:
        raise UsageError("Name one session, or say --next-waiting or --self.", "Try: aimon focus --help")
    place = peer.address(config)
    go = partial(terminals.focus_now, beacon=config.settings.title_beacon)
    if own:
        outcome = go(itself(place))
    elif session is not None:
        told = chosen(_sessions(place), session)
        outcome = go(target(told))
        if outcome.ok:
            peer.acknowledge(place, told["key"])
    else:
        outcome = to_next([told for told in _sessions(place) if told["state"] == "waiting"], go)
    click.echo(f"{outcome.line} {outcome.command}".rstrip(), err=not outcome.ok)
    ctx.exit(0 if outcome.ok else 1)


def itself(place: tuple[str, int]) -> Target:
    """The running aimon's own process. Raises Unavailable."""
    owner = process.port_owner(place[1], place[0])
    found = process.facts(owner.pid) if owner and owner.is_aimon and owner.pid else None
    if found is None:
        raise _nobody(place)
    return Target(found.pid, found.started_at)


def chosen(sessions: list[Told], word: str) -> Told:
    """The one session that a word means: a key or id, the head of an id, or a project. Raises Unavailable."""
    for fits in (
        lambda told: word in {told["key"], told["session_id"]},
        lambda told: told["session_id"].startswith(word),
        lambda told: told["name"] == word,
    ):
        found = [told for told in sessions if fits(told)]
        if len(found) == 1:
            return found[0]
        if found:
            keys = " ".join(clean(told["key"], 80) for told in found[:5])
            raise Unavailable(f"{len(found)} sessions are called {clean(word, 80)}.", f"Name one by its key: {keys}")
    raise Unavailable(f"There is no session {clean(word, 80)}.", "`aimon sessions --all` lists them.")


def target(told: Told) -> Target:
    """The process of a session. Raises Unavailable where it is not known for certain."""
    pid, started_at = told.get("pid"), told.get("pid_started_at")
    if not isinstance(pid, int) or not isinstance(started_at, str):
        raise Unavailable(f"The process of {clean(told['name'], 80)} is not known, so neither is its terminal.")
    return Target(pid, datetime.fromisoformat(started_at).timestamp())


def to_next(waiting: list[Told], go: Callable[[Target], Outcome]) -> Outcome:
    """Focus who waits longest and can be reached; if one is before us already, whoever comes after it."""
    line = sorted(waiting, key=lambda told: str(told["since"]))
    here = next((place for place, told in enumerate(line) if _is_in_front(told)), None)
    if here is not None:
        line = line[here + 1 :] + line[:here]
    outcomes = []
    for told in line:
        outcomes.append(_focused(told, go))
        if outcomes[-1].ok:
            return outcomes[-1]
    if here is not None:
        return Outcome(ok=True, line="Nobody else waits.")
    return outcomes[0] if outcomes else Outcome(ok=False, line="Nobody waits.")


def _is_in_front(told: Told) -> bool:
    try:
        return terminals.in_front(target(told))
    except Unavailable:
        return False


def _focused(told: Told, go: Callable[[Target], Outcome]) -> Outcome:
    try:
        return go(target(told))
    except Unavailable as error:
        return Outcome(ok=False, line=str(error))


def _sessions(place: tuple[str, int]) -> list[Told]:
    document = peer.sessions(place, every=True)
    if document is None:
        raise _nobody(place)
    return list(document["sessions"])


def _nobody(place: tuple[str, int]) -> Unavailable:
    return Unavailable(f"No aimon answers at {place[0]}:{place[1]}.", "Start one: aimon, or aimon serve.")
