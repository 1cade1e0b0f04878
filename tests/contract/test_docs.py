"""The README says what is there: every command, key and setting, and nothing that is not."""

import re

import pytest

from aimon_core.agents import label
from aimon_core.config import NAMES
from aimon_desktop.setup import TABLES, claude_code
from aimon_tui.keys import KEYS
from tests.contract.house import ROOT
from tests.fakes.homes import home
from tests.tui.test_cli import commands

README = (ROOT / "README.md").read_text("utf-8")


def section(title: str) -> str:
    """The text below a heading, up to the next of its rank or above."""
    return re.split(r"\n##? ", README.partition(f"\n## {title}\n")[2])[0]


def first_cells(text: str) -> list[str]:
    """The first cell of each row of a section's table, its head left out."""
    return [row.split("|")[1] for row in text.splitlines() if row.startswith("| `")]


def test_every_command_is_explained_and_none_that_is_not_there():
    told = [
        re.findall(r"`aimon([^`\[]*)", cell)[0].removesuffix("DIR… ").split()
        for cell in first_cells(section("Commands"))
    ]
    assert told == [[], *(list(words) for words in commands())]


def test_every_key_is_explained_and_none_that_is_not_there():
    told = [
        word for cell in first_cells(section("Keys")) for shown in re.findall("`([^`]+)`", cell) for word in [shown]
    ]
    assert sorted(told) == sorted(key.shown for key in KEYS)


def test_every_setting_is_explained_and_none_that_is_not_there():
    told = [name for cell in first_cells(section("Settings")) for name in re.findall("`([^`]+)`", cell)]
    assert sorted(told) == sorted(NAMES)


def test_the_environment_to_be_set_by_hand_is_what_setup_writes():
    lines = re.findall(r"(?m)^export (.*)", section("Connect your agents"))
    told = dict(one.split("=") for line in lines for one in line.split())
    assert told.pop("OTEL_EXPORTER_OTLP_ENDPOINT") == "http://127.0.0.1:4318"
    assert told.items() <= (claude_code.ENVIRONMENT | claude_code.INTERVALS).items()
    assert len(told) == 6


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/service.md",
        "docs/status-bars.md",
        "docs/trace-capture.md",
    ],
)
def test_what_documents_link_to_is_there(name):
    text = (ROOT / name).read_text("utf-8")
    text = re.sub(r"(?s)```.*?```", "", text)
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    folder = (ROOT / name).parent
    assert [link for link in links if not (folder / link.partition("#")[0]).exists()] == []


def test_the_modules_that_the_architecture_names_are_there():
    rooms = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## Rooms")[2].partition("## The walk")[0]
    missing = []
    for room in re.split(r"\n\*\*", rooms)[1:]:
        floor, _, text = room.partition(".**")
        for name in re.findall(r"`([a-z_]+)`", text):
            places = [ROOT / floor, ROOT / floor / "outputs"]
            if not any((place / name).is_dir() or (place / f"{name}.py").exists() for place in places):
                missing.append(f"{floor}.{name}")
    assert [name for name in missing if name.split(".")[1] not in {"apply", "tick", "drain", "get", "record"}] == []


def test_every_agent_that_can_be_set_up_is_named_with_its_file(tmp_path, monkeypatch):
    place = home(tmp_path, monkeypatch)
    rows = [
        [cell.strip() for cell in row.split("|")[1:3]]
        for row in section("Connect your agents").splitlines()
        if "| `~/" in row
    ]
    assert [name for name, _ in rows] == [label(agent) for agent in TABLES]
    for (_, told), table in zip(rows, TABLES.values(), strict=True):
        files = re.findall("`([^`]+)`", told)
        paths = [document.path for document in table(place).documents]
        assert [f"~/{paths[0].relative_to(tmp_path)}", *(path.name for path in paths[1:])] == files


COPY = re.compile(r"\[`(packaging/[^`]+)`\]\(\.\./\1\):\n\n```\w+\n(.*?)```\n", re.DOTALL)
"""A file of `packaging/` in a document, as people copy it."""
DOCUMENTS = ("docs/service.md", "docs/status-bars.md")


def test_each_file_to_copy_is_shown_once_word_for_word():
    shown = [copy for name in DOCUMENTS for copy in COPY.findall((ROOT / name).read_text("utf-8"))]
    there = {str(file.relative_to(ROOT)): file.read_text("utf-8") for file in (ROOT / "packaging").rglob("*.*")}
    assert sorted(name for name, _ in shown) == sorted(there)
    assert dict(shown) == there


def test_the_keys_for_tmux_are_those_of_its_file():
    (shown,) = re.findall(r"```tmux\n(.*?)```", README, re.DOTALL)
    lines = (ROOT / "packaging" / "tmux" / "aimon.conf").read_text("utf-8").splitlines()
    assert shown.splitlines() == [line for line in lines if line.startswith("bind-key")]
