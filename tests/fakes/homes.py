"""A person's home that nobody else has, with agents' settings in it, and a hook program that writes down its calls."""

from pathlib import Path

from aimon_desktop.setup import Place, opencode
from aimon_desktop.setup import place as places

PROGRAM = b"import sys; print('called', sys.argv[1:], file=open(__file__ + '.log', 'a'))\n"
PLUGIN = 'const COMMAND = "@COMMAND@"\n'


def home(folder: Path, monkeypatch, **given) -> Place:
    """The place where setup works in a test."""
    monkeypatch.setattr(places, "hook_program", lambda: PROGRAM)
    monkeypatch.setattr(opencode, "plugin", lambda: PLUGIN)
    usual = {
        "home": folder,
        "data_dir": folder / "aimon",
        "state_dir": folder / "state",
        "python": "/usr/bin/python3",
    }
    return Place(**usual | {"environment": {"PATH": ""}} | given)


def tree(folder: Path) -> dict[str, bytes | str]:
    """Every file below a folder with its bytes, every link with its end, every folder as such."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        else:
            found[name] = "folder" if path.is_dir() else path.read_bytes()
    return found
