"""Checks of the agents: whether their settings lead here, and whether the program that their hooks call is there."""

import os
from collections.abc import Iterator

from aimon_core.agents import label
from aimon_desktop import setup
from aimon_desktop.doctor import Check, absent, broken, fine
from aimon_desktop.setup import Place, Plan, State
from aimon_desktop.setup.place import is_installed


def settings(place: Place) -> Iterator[Check]:
    """Each agent found on this machine."""
    plans = setup.plans(place)
    if not plans:
        yield absent("agents", "No agent was found on this machine.")
    for plan in plans:
        yield _agent(plan)


def hook_program(place: Place) -> Check:
    """The file that hooks call, and the interpreter that runs it."""
    if not any(setup.is_connected(agent, place) for agent in setup.TABLES):
        return absent("hooks", "No agent is set up to call them.")
    if not is_installed(place):
        hint = "Copy it again: aimon doctor --fix"
        return broken("hooks", f"{place.hook_file} is missing or of another version.", hint, lambda: _mend(place))
    if not os.access(place.python, os.X_OK):
        return broken("hooks", f"The interpreter {place.python} is gone.", "Install aimon anew, then: aimon setup")
    return fine("hooks", f"{place.hook_file} runs with {place.python}.")


def _agent(plan: Plan) -> Check:
    name, command = label(plan.agent), f"aimon setup {plan.agent}"
    match plan.state:
        case State.CONNECTED:
            says = f"{name} is connected to {plan.place.endpoint}."
            return fine(plan.agent, " ".join([says, *(f"Left as you set it, {words}." for words in plan.left)]))
        case State.NOT_CONNECTED:
            return absent(plan.agent, f"{name} is not connected.", f"Connect it: {command}")
        case State.OUTDATED:
            hint = f"Bring it up to date: {command}"
            return broken(plan.agent, f"{name} is connected to another aimon, or in part.", hint, plan.apply)
        case State.BROKEN:
            return broken(plan.agent, str(plan.problem))


def _mend(place: Place) -> None:
    for plan in setup.plans(place):
        if plan.state is State.OUTDATED:
            plan.apply()
