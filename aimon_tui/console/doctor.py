"""`aimon doctor`: is everything well, and what to do where it is not."""

import json
from collections.abc import Iterator

import click

from aimon_core import paths
from aimon_core.config import Config
from aimon_core.errors import AimonError
from aimon_desktop.doctor import Check, Mark, agents, chain, drift, machine
from aimon_desktop.setup import Place
from aimon_desktop.setup.place import endpoint
from aimon_tui import peer
from aimon_tui.console.options import drawn, with_settings

_GLYPHS = {Mark.FINE: "✓", Mark.BROKEN: "×", Mark.ABSENT: "○"}
_COLOURS = {Mark.FINE: "green", Mark.BROKEN: "red", Mark.ABSENT: None}


@click.command
@click.option("--fix", is_flag=True, help="Mend what aimon can mend itself.")
@click.option("--json", "as_json", is_flag=True, help="The checks as JSON.")
@click.option(
    "--sample", is_flag=False, flag_value="", metavar="[AGENT]", help="Shapes of what cannot be read, for an issue."
)
@with_settings
@click.pass_context
def command(ctx: click.Context, config: Config, fix: bool, as_json: bool, sample: str | None) -> None:
    """Check all that aimon stands on.

    Port, folders, agents' settings, hooks, terminal, prices and journal. With a running aimon it proves the chain: a
    made-up session goes in through its doors, comes out of its API, and is listed and counted nowhere. Exits with 1
    when something is broken.

    \b
    Example:  aimon doctor
              aimon doctor --fix
              aimon doctor --json | jq '.checks[] | select(.mark == "broken")'
              aimon doctor --sample claude-code > sample.json
    """
    if sample is not None:
        ctx.exit(_sampled(config, sample))
    checks = list(_examined(config))
    if fix and _mended(checks):
        checks = list(_examined(config))
    broken = any(check.mark is Mark.BROKEN for check in checks)
    if as_json:
        told = [{"name": one.name, "mark": one.mark, "says": one.says, "hint": one.hint} for one in checks]
        click.echo(json.dumps({"ok": not broken, "checks": told}, indent=2))
    else:
        for check in checks:
            _tell(check, drawn(_GLYPHS[check.mark], config.settings))
    ctx.exit(1 if broken else 0)


def _examined(config: Config) -> Iterator[Check]:
    host, port = peer.address(config)
    state_dir = paths.state_dir(config.settings.state_dir)
    place = Place.here(endpoint(host, port), state_dir=state_dir)
    yield (owned := machine.port(host, port))
    yield from machine.folders(state_dir)
    yield machine.journal(state_dir, persist=config.settings.persist)
    yield machine.prices()
    yield machine.terminal()
    yield from agents.settings(place)
    yield agents.hook_program(place)
    if owned.mark is Mark.FINE:
        door = chain.Door(host, port)
        yield from chain.checks(door, place)
        yield from drift.checks(door)


def _sampled(config: Config, agent: str) -> int:
    """Print what cannot be read; the exit code."""
    place = peer.address(config)
    stats = chain.Door(*place).get("/api/v1/stats")
    if stats is None:
        raise peer.nobody(place)
    found = drift.sample(stats, agent)
    if found is None:
        click.echo("Nothing came in that aimon cannot read.", err=True)
        return 1
    click.echo(json.dumps(found, indent=2))
    click.echo("It holds names, kinds and lengths, no texts, paths or ids. Attach it to an issue.", err=True)
    return 0


def _mended(checks: list[Check]) -> bool:
    """Whether anything was done about what is broken."""
    done = False
    for check in checks:
        if check.mark is Mark.BROKEN and check.mend is not None:
            try:
                check.mend()
                done = True
            except (AimonError, OSError) as error:
                click.echo(f"{check.name}: {error}", err=True)
    return done


def _tell(check: Check, glyph: str) -> None:
    click.echo(f"{click.style(glyph, fg=_COLOURS[check.mark])} {check.name:<12} {check.says}")
    if check.hint:
        click.echo(f"{'':<15}{check.hint}")
