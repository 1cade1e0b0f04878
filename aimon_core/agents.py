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
    vendors: tuple[str, ...] = ()
    """Provider ids of genai-prices that serve its models, likeliest first."""
    several: bool = False
    """Whether one of its processes holds several sessions at once."""
    own_window: bool = False
    """Whether it fills less of a model's window than there is, to a limit that nobody but itself tells."""
    lent_ids: bool = False
    """Whether its calls bear the ids that a model's server gave them: some servers give one id to many."""
    two_ids: bool = False
    """Whether telemetry calls its subagents by their spans, and not as hooks and files do."""
    waits_written: bool = False
    """Whether a file of its own tells of a wait while it lasts."""
    package: str = ""
    """The folder by which its script is known where that is called otherwise, e.g. `cli.js`."""


AGENTS: dict[str, Agent] = {
    agent.id: agent
    for agent in (
        Agent(
            "claude-code",
            "Claude Code",
            "claude",
            ("claude",),
            ("anthropic", "aws", "google"),
            package="@anthropic-ai/claude-code",
        ),
        Agent("codex", "Codex", "codex", ("codex",), ("openai",), own_window=True, package="@openai/codex"),
        Agent("gemini-cli", "Gemini CLI", "gemini", ("gemini",), ("google",), package="@google/gemini-cli"),
        Agent("qwen-code", "Qwen Code", "qwen", ("qwen",), lent_ids=True, package="@qwen-code/qwen-code"),
        Agent(
            "copilot",
            "Copilot CLI",
            "copilot",
            ("copilot",),
            own_window=True,
            lent_ids=True,
            two_ids=True,
            waits_written=True,
            package="@github/copilot",
        ),
        Agent("opencode", "opencode", "opencode", ("opencode",), package="opencode-ai", several=True),
        Agent("goose", "goose", "goose", ("goose",)),
    )
}
"""By id."""

CONNECTABLE = frozenset(AGENTS) - {"goose"}
"""Those whose settings `aimon setup` knows."""


def traits(agent: str) -> Agent:
    """What is known of an agent; of one that is not in the table, its name."""
    return AGENTS.get(agent) or Agent(agent, agent, agent)


def short(agent: str) -> str:
    """The agent's name for a narrow column; an unknown agent keeps its own."""
    return traits(agent).short


def label(agent: str) -> str:
    """The agent's name for a sentence; an unknown agent keeps its own."""
    return traits(agent).label
