"""`aimon export`: sessions out once, to a collector, to MLflow or as JSON."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache

import click
from msgspec import Struct

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
@click.option("--mlflow", metavar="URL", help="The MLflow server to send to.")
@click.option("--experiment", metavar="NAME|ID", help="Its experiment; a name that is not there is made.")
@click.option("--run-id", metavar="ID", help="A run of it that the traces belong to.")
@click.option("--json", "as_json", is_flag=True, help="OTLP in JSON on stdout, a request a line.")
@click.option("--trace-run", is_flag=True, help="A TraceRun on stdout, a session a line.")
@with_settings
def command(
    config: Config,
    words: tuple[str, ...],
    otlp: str | None,
    mlflow: str | None,
    experiment: str | None,
    run_id: str | None,
    as_json: bool,
    trace_run: bool,
) -> None:
    """Send sessions out once.

    Those of the running aimon, else those in its journal: every turn that is over, as --export-otlp sends it. SESSION
    is a key, an id or the head of one, or a project. Sent again, a span is the same span.

    MLflow takes who asks from MLFLOW_TRACKING_USERNAME and _PASSWORD, or _TOKEN.

    \b
    Example:  aimon export shop-api --otlp http://127.0.0.1:4319
              aimon export shop-api --mlflow http://127.0.0.1:5000 --experiment agents
              aimon export shop-api --json > traces.jsonl
              aimon export shop-api --trace-run > shop-api.json
    """
    if (otlp is not None) + (mlflow is not None) + as_json + trace_run != 1:
        raise UsageError("Say where to.", "One of --otlp URL, --mlflow URL, --json and --trace-run.")
    if (mlflow is None) != (experiment is None) or (run_id and mlflow is None):
        raise UsageError("--mlflow and --experiment belong together.", "--run-id may stand with them.")
    place = peer.address(config)
    if mlflow is not None and experiment is not None:
        tell = _send(_to_mlflow(mlflow, experiment, run_id, place))
    elif otlp is not None:
        tell = _send(_to_collector(otlp, config.settings, place))
    else:
        tell = _print_run if trace_run else _print
    for told, body in _bodies(config.settings, place, words):
        tell(told, body)


class _Way(Struct, frozen=True):
    """Where to, and how."""

    url: str
    headers: Mapping[str, str]
    written: Callable[[bytes], bytes] | None = None
    """What the body becomes for whoever is there."""
    name: Callable[[str], str] | None = None
    """What the trace of a session is called there, by its key."""


def _to_collector(otlp: str, settings: Settings, place: tuple[str, int]) -> Callable[[], _Way]:
    """The way to a collector. Raises UsageError."""
    from receiver.target import traces_url

    way = _Way(traces_url(otlp, host=place[0], port=place[1]), settings.export_headers)
    return lambda: way


def _to_mlflow(uri: str, experiment: str, run_id: str | None, place: tuple[str, int]) -> Callable[[], _Way]:
    """The way to an experiment of an MLflow server, which is made if need be once there is something to send.

    Raises Unavailable where it or the run is not there.
    """
    from receiver.export.mlflow import annotated, headers, trace_name
    from receiver.export.mlflow_server import MlflowServer

    server = MlflowServer(uri, os.environ, host=place[0], port=place[1])
    known = server.experiment(experiment)
    if known is None and experiment.isdecimal():
        raise Unavailable(f"MLflow has no experiment {experiment}.", "A name makes it where there is none.")
    if run_id is not None:
        server.experiment_of(run_id)

    @cache
    def way() -> _Way:
        found = known
        if found is None:
            found = server.made_experiment(experiment)
            click.echo(f"MLflow made the experiment {clean(experiment, 80)} ({found}).", err=True)
        return _Way(server.traces_url, server.headers | headers(found, run_id), annotated, trace_name)

    return way


def _send(way: Callable[[], _Way]) -> Callable[[Told, bytes], None]:
    """Sends a session, and says so."""

    def tell(told: Told, body: bytes) -> None:
        to = way()
        spans = asyncio.run(_sent(to, body))
        name = f" as {to.name(told['key'])}" if to.name else ""
        click.echo(f"{spans:,} spans of {clean(told['name'], 80)} went to {to.url}{name}.", err=True)

    return tell


def _print(_told: Told, body: bytes) -> None:
    from receiver.export.encode import as_json, split

    for piece in split(body):
        click.echo(json.dumps(as_json(piece.body)))


def _print_run(told: Told, body: bytes) -> None:
    from aimon_tui import documents

    click.echo(documents.of_session(body, told).to_json())


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


async def _sent(way: _Way, body: bytes) -> int:
    """Send one session, a request after the other; how many spans. Raises Unavailable when some were not taken."""
    from aimon_core.clock import SystemClock
    from receiver.export.encode import Piece, split
    from receiver.export.sender import Sender

    sender = Sender(way.url, SystemClock(), headers=way.headers)
    for piece in split(body):
        sender.put(Piece(way.written(piece.body), piece.spans) if way.written else piece)
        await sender.flush(_PATIENCE_S)
        if sender.exported.dropped or sender.exported.refused:
            problem = sender.exported.problem or "no answer"
            raise Unavailable(f"{way.url} did not take all: {problem}.", "What it took may be sent again.")
    return sender.exported.sent
