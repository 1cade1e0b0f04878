"""`aimon list-traces`: what there is to judge, the newest first."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import click

from aimon_core.clean import clean
from aimon_core.errors import UsageError
from aimon_tui.console import trace_sources


@click.command
@click.option("--limit", type=click.IntRange(1), default=10, help="How many.  [10]")
@click.option("--local", is_flag=True, help="Only of the project here.")
@click.option("--experiment", metavar="NAME", help="Of an experiment of MLflow instead.")
@click.option("--json", "as_json", is_flag=True, help="A list of objects.")
def command(limit: int, local: bool, experiment: str | None, as_json: bool) -> None:
    """List traces that can be judged.

    Transcripts of agents on this machine, or what MLflow has.

    \b
    Example:  aimon list-traces --local
              aimon list-traces --json --limit 1 | jq -r '.[0].path'
    """
    if local and experiment:
        raise UsageError("Say --local or --experiment, not both.")
    rows = _of_mlflow(limit, experiment) if experiment else _of_agents(limit, Path.cwd() if local else None)
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        click.echo(
            "\n".join("  ".join(clean(str(value), 300) for value in row.values()) for row in rows) or "No traces."
        )


def _of_agents(limit: int, cwd: Path | None) -> list[dict[str, Any]]:
    from aimon_trace import local

    return [
        {
            "written_at": f"{found.written_at:%Y-%m-%dT%H:%M:%SZ}",
            "agent": found.agent,
            "bytes": found.bytes,
            "project": found.cwd,
            "path": str(found.path),
        }
        for found in islice(local.newest(cwd), limit)
    ]


def _of_mlflow(limit: int, experiment: str) -> list[dict[str, Any]]:
    return [
        {
            "started_at": f"{one.started_at:%Y-%m-%dT%H:%M:%SZ}",
            "state": one.state,
            "name": one.name,
            "tokens": one.tokens,
            "trace_id": one.trace_id,
        }
        for one in trace_sources.listed(limit, experiment)
    ]
