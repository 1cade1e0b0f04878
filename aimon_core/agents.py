"""The table of known agents: what they are called, how they look, which processes are theirs."""

from msgspec import Struct


class Agent(Struct, frozen=True):
    """One known agent."""

    id: str
    """What rows, keys and filters call it."""
    label: str
    """What sentences call it."""
    short: str
    """At most 8 cells, for narrow tables."""
    process_names: tuple[str, ...] = ()
    """What its program is called, with or without an interpreter before it."""
    packages: tuple[str, ...] = ()
    """Folders by which its script is known where it is called otherwise, e.g. `cli.js`."""
    vendors: tuple[str, ...] = ()
    """Provider ids of genai-prices that serve its models, likeliest first."""


AGENTS: dict[str, Agent] = {
    agent.id: agent
    for agent in (
        Agent(
            "claude-code",
            "Claude Code",
            "claude",
            ("claude",),
            ("@anthropic-ai/claude-code",),
            ("anthropic", "aws", "google"),
        ),
        Agent("codex", "Codex", "codex", ("codex",), ("@openai/codex",), ("openai",)),
        Agent("gemini-cli", "Gemini CLI", "gemini", ("gemini",), ("@google/gemini-cli",), ("google",)),
        Agent("qwen-code", "Qwen Code", "qwen", ("qwen",), ("@qwen-code/qwen-code",)),
        Agent("copilot", "Copilot CLI", "copilot", ("copilot",), ("@github/copilot",)),
        Agent("opencode", "opencode", "opencode", ("opencode",), ("opencode-ai",)),
        Agent("goose", "goose", "goose", ("goose",)),
    )
}
"""By id."""


def short(agent: str) -> str:
    """The agent's name for a narrow column; an unknown agent keeps its own."""
    known = AGENTS.get(agent)
    return known.short if known else agent


def label(agent: str) -> str:
    """The agent's name for a sentence; an unknown agent keeps its own."""
    known = AGENTS.get(agent)
    return known.label if known else agent
