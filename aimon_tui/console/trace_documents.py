"""The rest of `aimon trace-eval`: what a trace comes to, how two differ, and the manifest that a good one makes."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aimon_core.clean import clean
from aimon_core.config import Config
from aimon_core.errors import UsageError
from aimon_tui.console import trace_sources
from aimon_tui.console.columns import aligned
from aimon_tui.console.options import with_settings

if TYPE_CHECKING:
    from aimon_trace.comparison import Line

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command
@click.argument("trace", required=False)
@click.option("--name", metavar="NAME", help="Of the skill.  [the folder's]")
@click.option("--room", type=click.FloatRange(1), default=1.5, help="How much more the next one may take.  [1.5]")
@click.option("--output", type=_FILE, default=Path("manifest.yaml"), help="Where to; - is stdout.  [manifest.yaml]")
@with_settings
def init(config: Config, trace: str | None, name: str | None, room: float, output: Path) -> None:
    """Draft a manifest from a good trace.

    Its limits are what that took, and room.

    TRACE is a file, or a session of aimon's; without one, a template.

    \b
    Example:  aimon trace-eval init session.jsonl
              aimon trace-eval init shop-api --room 2 --output skills/shop/manifest.yaml
    """
    from aimon_trace import draft

    expected = draft.expected(trace_sources.anything(config, trace), room) if trace else draft.TEMPLATE
    text = draft.manifest(name or output.absolute().parent.name, expected)
    if str(output) == "-":
        click.echo(text, nl=False)
        return
    if output.exists():
        raise UsageError(f"{output} is there already.", "Name another: --output FILE, or - for stdout.")
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, "utf-8")
    click.echo(f"{output} expects {', '.join(expected)}. Read it: what it leaves out is not looked at.", err=True)


@click.command
@click.argument("trace")
@click.option("--full", is_flag=True, help="Every tool call with its input, in the shape that Python reads back.")
@with_settings
def show(config: Config, trace: str, full: bool) -> None:
    """Say in JSON what a trace comes to.

    TRACE is a file, or a session of aimon's.

    \b
    Example:  aimon trace-eval show session.jsonl | jq .tokens
              aimon trace-eval show shop-api --full | jq '.tool_calls[] | select(.success == false)'
    """
    metrics = trace_sources.anything(config, trace)
    click.echo(metrics.model_dump_json(indent=2) if full else json.dumps(metrics.to_dict(), indent=2))


@click.command
@click.argument("first")
@click.argument("second")
@click.option("--json", "as_json", is_flag=True, help="Both and the change, by name.")
@click.option("--all", "every", is_flag=True, help="Also figures that are the same.")
@with_settings
def diff(config: Config, first: str, second: str, as_json: bool, every: bool) -> None:
    """Say how two traces differ.

    In tokens, dollars, tools, files, time. Each is a file, or a session of aimon's.

    \b
    Example:  aimon trace-eval diff before.jsonl after.jsonl
              aimon trace-eval diff before.jsonl shop-api --json
    """
    from aimon_trace.comparison import compare

    lines = compare(*(trace_sources.anything(config, word) for word in (first, second)))
    lines = [line for line in lines if every or line.first != line.second]
    if as_json:
        told = {line.name: {"first": line.first, "second": line.second, "change": line.change} for line in lines}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    elif not lines:
        click.echo("They do not differ.")
    else:
        click.echo(_table(lines))


def _table(lines: "list[Line]") -> str:
    """The figures of two traces and the change, in columns."""
    head = ("", "first", "second", "change")
    rows = [(line.name, *map(_cell, (line.first, line.second)), _change(line)) for line in lines]
    return aligned([head, *rows], head[1:])


def _cell(value: object) -> str:
    match value:
        case None:
            return "?"
        case list():
            return clean(", ".join(Path(str(one)).name for one in value), 40) or "none"
        case float():
            return f"{value:,.6g}"
        case int():
            return f"{value:,}"
        case _:
            return clean(str(value), 40)


def _change(line: "Line") -> str:
    if line.change is None:
        return ""
    share = f" ({line.change / line.first:+.0%})" if line.first else ""
    return f"{line.change:+,.6g}{share}"
