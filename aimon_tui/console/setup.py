"""`aimon setup`: agents are connected, shown, and taken back."""

import sys

import click

from aimon_core import paths
from aimon_core.config import Config, Settings
from aimon_core.errors import AimonError, Unavailable
from aimon_desktop import setup
from aimon_desktop.setup import Place, Plan, State, service, words
from aimon_desktop.setup.connection import SERVICE
from aimon_desktop.setup.place import endpoint
from aimon_tui import peer
from aimon_tui.console.options import drawn, with_settings


@click.command
@click.argument("names", metavar="[AGENT...] | service", nargs=-1)
@click.option("--show", is_flag=True, help="Print what to put in elsewhere; write nothing.")
@click.option("--undo", is_flag=True, help="Bring back what was there before.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--force", is_flag=True, help="Write over what you set otherwise, too; --undo knows it.")
@with_settings
@click.pass_context
def command(
    ctx: click.Context, config: Config, names: tuple[str, ...], show: bool, undo: bool, yes: bool, force: bool
) -> None:
    """Connect agents: telemetry and hooks.

    Without names, all agents found on this machine. The change is shown first; what was there before is kept, and
    comes back with --undo. `service` is aimon itself as a user service, which watches while no screen is open.

    \b
    Example:  aimon setup
              aimon setup claude-code --show
              aimon setup --undo
              aimon setup service
    """
    host, port = peer.address(config)
    place = Place.here(endpoint(host, port), state_dir=paths.state_dir(config.settings.state_dir), force=force)
    if names == (SERVICE,):
        plans = [service.plan(place)]
    else:
        chosen = names or (_connected(place) if undo else ())
        plans = setup.plans(place, chosen) if chosen or not undo else []
    if undo:
        done = _undo(plans)
    elif not plans:
        raise Unavailable("No agent was found on this machine.", f"Name one: {' '.join(setup.TABLES)}")
    elif show:
        done = _show(plans)
    else:
        done = _connect(plans, config.settings, yes=yes)
    ctx.exit(0 if done else 1)


def _connected(place: Place) -> tuple[str, ...]:
    """Who is set up, agents that are not found any more among them."""
    return tuple(agent for agent in setup.TABLES if setup.is_connected(agent, place))


def _show(plans: list[Plan]) -> bool:
    for plan in plans:
        for file, text in plan.snippets():
            click.echo(click.style(f"# {file}", fg="cyan"))
            click.echo(text)
        if plan.connection.remark:
            click.echo(plan.connection.remark, err=True)
    return True


def _undo(plans: list[Plan]) -> bool:
    if not plans:
        click.echo("Nothing is set up.", err=True)
    failed = False
    for plan in plans:
        try:
            said = service.undo(plan) if plan.agent == SERVICE else plan.undo()
        except AimonError as error:
            failed, said = True, [str(error)]
        for line in words.undone(plan, said):
            click.echo(line, err=True)
    return not failed


def _connect(plans: list[Plan], settings: Settings, *, yes: bool) -> bool:
    """Show all, ask once, write. Whether every plan is done."""
    for plan in plans:
        click.echo(drawn(setup.told(plan), settings), err=True)
        _tell(plan)
    wanted = [plan for plan in plans if plan.has_work]
    if wanted and not (yes or _agreed()):
        return False
    done = {plan.agent for plan in wanted if _written(plan)}
    return all(plan.agent in done or plan.state is State.CONNECTED for plan in plans)


def _tell(plan: Plan) -> None:
    for sentence in words.before(plan):
        click.echo(f"  {sentence}", err=True)
    for line in plan.diff():
        click.echo(_coloured(line))


def _coloured(line: str) -> str:
    if line.startswith(("+++", "---")):
        return click.style(line, bold=True)
    colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
    return click.style(line, fg=colour) if colour else line


def _agreed() -> bool:
    if not sys.stdin.isatty():
        click.echo("Nothing was written. --yes writes it.", err=True)
        return False
    return click.confirm("Write this?", default=False, err=True)


def _written(plan: Plan) -> bool:
    try:
        if plan.agent == SERVICE:
            service.apply(plan)
        else:
            plan.apply()
    except AimonError as error:
        click.echo(f"{plan.connection.label}: {error}", err=True)
        return False
    for sentence in words.done(plan):
        click.echo(sentence, err=True)
    return True
