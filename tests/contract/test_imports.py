"""What each floor loads and may import: once by looking at a fresh interpreter, once by reading every module."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.contract.house import FLOORS, ROOT, modules

LOADED = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(list(sys.modules)))
"""


def loaded(*names: str, path: Path = ROOT) -> set[str]:
    """Top-level and dotted names of everything that importing some modules loads."""
    command = [sys.executable, "-c", LOADED, *names]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COV")}  # coverage loads sqlite3
    done = subprocess.run(command, cwd=path, env=bare, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def named(floor: str) -> list[str]:
    """Dotted names of all modules of a floor."""
    parts = [path.relative_to(ROOT).with_suffix("").parts for path in modules(floor)]
    return [".".join(part[:-1] if part[-1] == "__init__" else part) for part in parts]


def test_the_core_knows_no_network_no_screen_and_no_documents():
    heavy = {"pydantic", "httpx", "aiohttp", "textual", "rich", "genai_prices", "google.protobuf", "click", "asyncio"}
    assert loaded(*named("aimon_core")) & heavy == set()


def test_the_doors_and_hands_know_no_screen():
    screen = {"textual", "rich", "click", "aimon_tui", "genai_prices"}
    doors = [name for name in named("receiver") if "shape" not in name]  # the frozen ones, for docs and tests
    assert loaded(*doors) & (screen | {"aimon_trace", "aimon_desktop", "pydantic"}) == set()
    assert loaded(*named("aimon_desktop")) & (screen | {"aimon_trace", "aiohttp", "pydantic"}) == set()


def test_a_trace_loads_pydantic_and_nothing_heavier():
    assert {name for name in loaded("aimon_trace") if "." in name and name.startswith("aimon_")} == set()
    heavy = {"aiohttp", "msgspec", "google.protobuf", "opentelemetry", "receiver", "http.client", "asyncio", "ssl"}
    instrumentors = [
        f"aimon_trace.instrument.{name}" for name in ("base", "crewai", "langchain", "pydantic_ai", "sdks")
    ]
    tracing = loaded(
        "aimon_trace.tracer", "aimon_trace.files", "aimon_trace.redaction", "aimon_trace.live", *instrumentors
    )
    assert "pydantic" in tracing
    assert tracing & heavy == set()
    everything = [name for name in named("aimon_trace") if name != "aimon_trace.callback"]  # is LangChain's, an extra
    assert loaded(*everything) & {"textual", "rich", "click", "grpc", "aimon_tui", "aimon_desktop"} == set()


def test_judging_waits_with_what_it_may_not_need():
    heavy = {"aiohttp", "textual", "rich", "click", "genai_prices", "yaml", "google.protobuf", "psutil", "mlflow"}
    names = [f"aimon_trace.{name}" for name in ("metrics", "expectations", "manifest", "scorers", "evaluate", "report")]
    assert loaded(*names) & heavy == set()


def test_the_first_paint_waits_for_nothing_heavy():
    heavy = {"aiohttp", "pydantic", "google.protobuf", "sqlite3", "genai_prices"}
    assert loaded("aimon_tui.app", "aimon_tui.runtime") & heavy == set()


def test_a_status_line_loads_the_standard_library_and_two_of_our_modules():
    ours = {name for name in loaded("aimon_tui.cli", "aimon_desktop.outputs.short") if name.startswith("aimon_")}
    assert loaded("aimon_tui.cli", "aimon_desktop.outputs.short") & {"click", "msgspec", "psutil", "pathlib"} == set()
    assert ours == {
        "aimon_tui", "aimon_tui.cli", "aimon_desktop", "aimon_desktop.outputs", "aimon_desktop.outputs.short",
        "aimon_core", "aimon_core.errors", "aimon_core.runtime_dir",
    }  # fmt: skip


def test_the_look_at_an_interpreter_can_fail(tmp_path):
    (tmp_path / "heavy.py").write_text("import sqlite3\n")
    assert "sqlite3" in loaded("heavy", path=tmp_path)


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter with the project's contracts on the floors of a folder."""
    linter = Path(sys.executable).with_name("lint-imports")
    command = [str(linter), "--no-cache", "--config", str(folder / "pyproject.toml")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_contracts_hold():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def house(tmp_path) -> Path:
    """An empty house with the project's contracts."""
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    for folder in (*FLOORS, "receiver/dialects", "receiver/hooks", "aimon_desktop/terminals"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    return tmp_path


def test_an_empty_house_keeps_every_contract(house):
    assert lint(house).returncode == 0


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("aimon_core/store.py", "import receiver", "One floor above another"),
        ("receiver/server.py", "import aimon_desktop", "One floor above another"),
        ("aimon_trace/run.py", "import aimon_desktop", "One floor above another"),
        ("aimon_desktop/focus.py", "import aimon_tui", "One floor above another"),
        ("receiver/dialects/codex.py", "import receiver.dialects.genai", "Dialects do not know each other"),
        ("aimon_desktop/terminals/niri.py", "import aimon_desktop.terminals.kitty", "Terminals and desktops"),
        ("receiver/hooks/codex.py", "import receiver.hooks.claude_code", "Hook payloads of one agent"),
        ("receiver/server.py", "import textual.app", "Only aimon_tui draws"),
        ("aimon_core/store.py", "from rich.text import Text", "Only aimon_tui draws"),
        ("receiver/codec.py", "import aiohttp", "Only the doors"),
        ("aimon_desktop/notify.py", "from grpc import aio", "Only the doors"),
        ("aimon_core/session.py", "import pydantic", "pydantic only where"),
        ("aimon_tui/rows.py", "import pydantic", "pydantic only where"),
        ("aimon_core/journal.py", "from google.protobuf import message", "What a session is"),
        ("aimon_core/journal.py", "def read():\n    import receiver", "One floor above another"),
    ],
)
def test_each_contract_can_fail(house, module, line, contract):
    for neighbour in (
        "receiver/dialects/genai.py",
        "receiver/hooks/claude_code.py",
        "aimon_desktop/terminals/kitty.py",
    ):
        (house / neighbour).touch()
    (house / module).write_text(textwrap.dedent(line) + "\n")
    done = lint(house)
    assert done.returncode == 1
    assert any(contract in row and "BROKEN" in row for row in done.stdout.splitlines()), done.stdout


@pytest.mark.parametrize(
    ("module", "line"), [("receiver/http.py", "import aiohttp"), ("receiver/shapes.py", "import pydantic")]
)
def test_who_may_may(house, module, line):
    (house / module).write_text(line + "\n")
    assert lint(house).returncode == 0
