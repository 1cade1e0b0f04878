"""Codex in a pane, at the scripted model; its questions about trust are answered before it starts."""

from pathlib import Path

from tests.real.stage import Stage
from tests.real.terminal import Terminal

CONFIG = """
model = "gpt-5.5"
model_provider = "scripted"
check_for_update_on_startup = false

[model_providers.scripted]
name = "scripted"
base_url = "{url}/v1"
env_key = "OPENAI_API_KEY"
wire_api = "responses"

[notice.model_migrations]
"gpt-5.5" = "gpt-6-sol"

[analytics]
enabled = false

[projects."{project}"]
trust_level = "trusted"
"""


def settled(stage: Stage) -> None:
    """Write what a person has in `config.toml` before aimon is set up."""
    (stage.home / ".codex" / "config.toml").write_text(CONFIG.format(url=stage.api.url, project=stage.project))


def started(stage: Stage, program: Path, arguments: str) -> Terminal:
    """Codex with some arguments; a person would have trusted aimon's hooks by `/hooks`."""
    command = f"{program} --dangerously-bypass-hook-trust {arguments}"
    return stage.open(command, OPENAI_API_KEY="dummy-key")
