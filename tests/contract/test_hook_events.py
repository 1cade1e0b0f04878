"""What setup asks agents to tell is what aimon reads, and what it reads beyond that is there for a reason."""

import re
from importlib import import_module

import pytest

from aimon_desktop import setup
from aimon_desktop.setup.opencode import plugin
from receiver.hooks import HOOK_AGENTS

OFTEN = "it fires with every piece of an answer, and a hook is a process"
NOTHING = "it says nothing of where a session stands, and a hook is a process"
NOT_OURS = "a person's own hooks may send it here"

UNREGISTERED: dict[str, dict[str, str]] = {
    "claude-code": {
        **dict.fromkeys(
            """
            UserPromptExpansion PreModelSwitch PostModelSwitch Setup TeammateIdle TaskCreated
            TaskCompleted ConfigChange InstructionsLoaded CwdChanged FileChanged DirectoryAdded WorktreeCreate
            WorktreeRemove
            """.split(),
            NOTHING,
        ),
        "MessageDisplay": OFTEN,
        "StatusLine": "it is no hook: the program that draws the status line tells it",
    },
    "codex": {
        **dict.fromkeys(["PreModelRequest", "PostModelRequest"], NOTHING),
        **dict.fromkeys(["PreCompact", "PostCompact"], f"spans and rollouts tell of a compaction, too; {NOT_OURS}"),
        "agent-turn-complete": f"it comes through `notify`, which builds without hooks have; {NOT_OURS}",
    },
    "gemini-cli": {"PreCompress": NOTHING, "BeforeModel": NOTHING, "BeforeToolSelection": NOTHING, "AfterModel": OFTEN},
    "qwen-code": {
        **dict.fromkeys(
            """
            PostToolBatch UserPromptExpansion SessionDelete PreCompact PostCompact TodoCreated TodoCompleted
            InstructionsLoaded
            """.split(),
            NOTHING,
        ),
        "MessageDisplay": OFTEN,
    },
    "copilot": {"preCompact": NOTHING, "systemNotification": "a prompt that nobody typed is called so"},
    "opencode": {},
}
"""Events that are read and that setup registers nowhere, and why."""


def module(agent: str) -> str:
    return agent.replace("-", "_")


def registered(agent: str) -> set[str]:
    """The events that an agent is set up to tell."""
    if agent == "opencode":  # its plugin names them where it tells them
        told = re.findall(r'\b(?:tell|seen|ask|answer)\("([^"]+)"', plugin())
        return set(told)
    return set(import_module(f"aimon_desktop.setup.{module(agent)}").EVENTS)


def read(agent: str) -> set[str]:
    """The events that mean something to aimon, or are known to mean nothing."""
    return set(import_module(f"receiver.hooks.{module(agent)}").LANGUAGE.reads)


def test_every_agent_with_hooks_is_set_up_and_read():
    assert set(setup.TABLES) >= HOOK_AGENTS
    assert set(UNREGISTERED) == HOOK_AGENTS


@pytest.mark.parametrize("agent", sorted(HOOK_AGENTS))
def test_what_setup_registers_is_read(agent):
    assert registered(agent) - read(agent) == set()
    assert registered(agent)


@pytest.mark.parametrize("agent", sorted(HOOK_AGENTS))
def test_what_is_read_is_registered_or_left_out_for_a_reason(agent):
    assert read(agent) - registered(agent) == set(UNREGISTERED[agent])
    assert all(UNREGISTERED[agent].values())
