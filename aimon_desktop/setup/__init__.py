"""Connects agents: writes, shows and takes back what their settings need, so that aimon hears of them.

`plans` says for each agent what would change; nothing is written before `Plan.apply`. What a person set otherwise
stays, what was there before comes back to the byte.
"""

import os.path
from collections.abc import Iterable

from aimon_core.agents import CONNECTABLE
from aimon_core.errors import UsageError
from aimon_desktop.setup import claude_code, codex, copilot, executables, gemini_cli, opencode, qwen_code
from aimon_desktop.setup.connection import Table
from aimon_desktop.setup.place import Place
from aimon_desktop.setup.plan import Plan, State, plan_for
from aimon_desktop.setup.records import Records
from aimon_desktop.setup.words import told

__all__ = ["TABLES", "Place", "Plan", "State", "is_connected", "is_found", "plans", "told"]

TABLES: dict[str, Table] = {
    module.AGENT: module.connection for module in (claude_code, codex, gemini_cli, qwen_code, copilot, opencode)
}
"""By agent, in the order in which they are listed."""


def plans(place: Place, agents: Iterable[str] = ()) -> list[Plan]:
    """What connecting some agents takes; without names, those found on this machine. Raises UsageError for others."""
    named = tuple(agents)
    for agent in named:
        if agent not in TABLES:
            known = " ".join(TABLES)
            raise UsageError(f"There is no agent {agent!r} to set up.", f"There are: {known} service")
    chosen = [TABLES[agent](place) for agent in named or TABLES]
    return [plan_for(one, place) for one in chosen if named or is_found(one.agent, place)]


def is_found(agent: str, place: Place) -> bool:
    """Whether an agent is used on this machine: its folder is there, or its program."""
    folder = TABLES[agent](place).folder
    # Path.is_dir raises for a folder in one that may not be entered
    return os.path.isdir(folder) or executables.locate(agent, place) is not None  # noqa: PTH112 - as above


def is_connected(agent: str, place: Place) -> bool:
    """Whether setup wrote something for an agent that is still there to undo."""
    return agent in Records(place.state_dir).agents()


assert TABLES.keys() == CONNECTABLE  # noqa: S101 - who has no need of this package asks there
