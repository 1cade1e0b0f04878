"""`aimon export`: sessions out once, to a collector or as JSON."""

import asyncio
import json
from collections.abc import Iterator

import click

from aimon_core.clean import clean
from aimon_core.config import Config, Settings
from aimon_core.errors import Unavailable, UsageError
from aimon_tui import peer
from aimon_tui.console.focus import Told, chosen
from aimon_tui.console.options import with_settings

_PATIENCE_S = 30.0
"""How long a collector may take for one session."""


@click.command
@click.argument("words", metavar="SESSION...", nargs=-1, required=True)
@click.option("--otlp", metavar="URL", help="The collector to send to.")
@click.option("--json", "as_json", is_flag=True, help="OTLP in JSON on stdout, a request a line.")
@with_settings
def command(config: Config, words: tuple[str, ...], otlp: str | None, as_json: bool) -> None:
    """Send sessions out once.

    Those of the running aimon, else those in its journal: every turn that is over, as --export-otlp sends it. SESSION
    is a key, an id or the head of one, or a project. Sent again, a span is the same span.

    \b
    Example:  aimon export shop-api --otlp http://127.0.0.1:4319
              aimon export shop-api --json > traces.jsonl
    """
    if (otlp is not None) == as_json:
        raise UsageError("Say where to.", "Either --otlp URL or --json.")
    from receiver.export.encode import as_json as told_in_json
    from receiver.export.encode import split
    from receiver.target import traces_url

    place = peer.address(config)
    url = traces_url(otlp, host=place[0], port=place[1]) if otlp is not None else None
    for told, body in _bodies(config.settings, place, words):
        if url is None:
            for piece in split(body):
                click.echo(json.dumps(told_in_json(piece.body)))
        else:
            spans = asyncio.run(_sent(url, config.settings, body))
            click.echo(f"{spans:,} spans of {clean(told['name'], 80)} went to {url}.", err=True)


def _bodies(settings: Settings, place: tuple[str, int], words: tuple[str, ...]) -> Iterator[tuple[Told, bytes]]:
    """Each session that is meant, with what is over of it. Raises Unavailable."""
    document = peer.sessions(place, every=True)
    if document is None:
        click.echo("No aimon is running: this is what its journal holds.", err=True)
        yield from _reread(settings, words)
        return
    for told in [chosen(document["sessions"], word) for word in words]:
        body = peer.otlp(place, told["key"])
        if body is None:
            raise Unavailable("The running aimon does not tell its traces.", "It may be an older one: start it anew.")
        yield told, body


def _reread(settings: Settings, words: tuple[str, ...]) -> Iterator[tuple[Told, bytes]]:
    from aimon_core.wire import session_dict
    from aimon_tui.console.sessions import reread
    from receiver.export.pieces import whole
    from receiver.steps import at_once

    store = reread(settings)
    sessions = {session.key: session for session in store.sessions(every=True)}
    for told in [chosen([session_dict(one) for one in sessions.values()], word) for word in words]:
        steps = whole(sessions[told["key"]], store.growing(told["key"]), content=settings.export_content)
        yield told, b"".join(piece.body for piece in at_once(steps))


async def _sent(url: str, settings: Settings, body: bytes) -> int:
    """Send one session, a request after the other; how many spans. Raises Unavailable when some were not taken."""
    from aimon_core.clock import SystemClock
    from receiver.export.encode import split
    from receiver.export.sender import Sender

    sender = Sender(url, SystemClock(), headers=settings.export_headers)
    for piece in split(body):
        sender.put(piece)
        await sender.flush(_PATIENCE_S)
        if sender.exported.dropped or sender.exported.refused:
            problem = sender.exported.problem or "no answer"
            raise Unavailable(f"{url} did not take all: {problem}.", "What it took may be sent again.")
    return sender.exported.sent
