"""Where aimon keeps its files and agents keep theirs: one function for each kind, XDG variables honoured.

Nothing is created by asking; `owned` makes a folder that only its user may enter.
"""

import os
from pathlib import Path

from platformdirs import user_cache_path, user_config_path, user_data_path, user_state_path

from aimon_core.errors import Unsafe

_APP = "aimon"


def config_file() -> Path:
    """The settings a person writes, `~/.config/aimon/config.toml` on Linux."""
    return user_config_path(_APP) / "config.toml"


def state_dir(told: str | None = None) -> Path:
    """The journal, the log and what setup found: where the settings say, else `~/.local/state/aimon` on Linux."""
    return Path(told).expanduser() if told else user_state_path(_APP)


def spool_dir() -> Path:
    """What hooks leave while no aimon runs. They know the environment, and neither the settings nor the options."""
    told = os.environ.get("AIMON_STATE_DIR")
    return (Path(told) if told else state_dir()) / "spool"


def data_dir() -> Path:
    """What aimon installs for agents to call, `~/.local/share/aimon` on Linux."""
    return user_data_path(_APP)


def cache_dir() -> Path:
    """What can be computed again, `~/.cache/aimon` on Linux."""
    return user_cache_path(_APP)


def claude_dirs() -> tuple[Path, ...]:
    """Where Claude Code keeps transcripts and session files: `$CLAUDE_CONFIG_DIR`, else both of its own places."""
    if named := os.environ.get("CLAUDE_CONFIG_DIR"):
        return tuple(Path(part).expanduser() for part in named.split(",") if part)
    return (Path.home() / ".claude", Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "claude")


def codex_dir() -> Path:
    """Where Codex keeps its sessions, `~/.codex`."""
    return Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex").expanduser()


def gemini_dir() -> Path:
    """Where Gemini CLI keeps its chats, `~/.gemini`."""
    return Path(os.environ.get("GEMINI_CLI_HOME") or Path.home()).expanduser() / ".gemini"


def copilot_dir() -> Path:
    """Where Copilot CLI keeps its sessions and hooks, `~/.copilot`."""
    return Path(os.environ.get("COPILOT_HOME") or Path.home() / ".copilot").expanduser()


def qwen_dir() -> Path:
    """Where Qwen Code keeps its chats, `~/.qwen`."""
    return Path.home() / ".qwen"


def owned(folder: Path) -> Path:
    """The folder, made with mode 0700 where it is missing; Unsafe where it cannot be made."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unsafe(
            f"The folder {folder} cannot be used: {error.strerror}.", "Name another one with --state-dir."
        ) from error
    return folder
