"""The files of `packaging/`: what they name is there, and the programs that read them do, where they can be had."""

import json
import plistlib
import re
import shutil
import subprocess
import tomllib
from importlib import resources
from pathlib import Path

import click
import pytest

from aimon_desktop.outputs import short
from aimon_desktop.outputs.bars import FORMATS, OFF
from aimon_tui.console import program
from tests.contract.house import ROOT
from tests.desktop.test_bars import CONTENT
from tests.fakes.homes import home
from tests.fakes.tmux import desk as desk_of_its_own
from tests.fakes.tmux import needs_tmux

PACKAGING = ROOT / "packaging"
FILES = sorted(str(file.relative_to(PACKAGING)) for file in PACKAGING.rglob("*") if file.is_file())
COMMANDS = re.compile(r"""(?:["(' ]|bin/)aimon((?: (?:--)?[a-z][a-z0-9-]*)+)(?=["')<]| &|;| 2>|$)""", re.MULTILINE)
EWW = {"eventbox", "box", "image", "label", "button", "for", "geometry"}
"""Its own widgets among those used: https://elkowar.github.io/eww/widgets.html."""


def text(name: str) -> str:
    return (PACKAGING / name).read_text("utf-8")


def without_comments(name: str) -> str:
    return "".join(line for line in text(name).splitlines(keepends=True) if not line.lstrip().startswith(("//", ";")))


def called(name: str) -> list[list[str]]:
    """The words behind each `aimon` that is a command in a file."""
    return [words.split() for words in COMMANDS.findall(text(name))]


@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith((".css", ".scss", ".socket"))])
def test_every_command_in_it_is_one(name):
    assert called(name)
    for words in called(name):
        with click.Context(program) as context:
            first = program.get_command(context, words[0])
        if first is None:
            program.make_context("aimon", [*words, "status"])  # options of the bare command
        else:
            first.make_context(words[0], words[1:])


def test_a_command_that_is_none_would_be_seen():
    with pytest.raises(click.NoSuchOption):
        program.get_command(click.Context(program), "focus").make_context("focus", ["--nxt-waiting"])


# ------------------------------------------------------------------ services


def test_the_units_that_setup_reads_are_these_files():
    units = Path(str(resources.files("aimon_desktop.setup"))) / "units"
    assert {file.name for file in units.iterdir()} == {"aimon.service", "aimon.socket", "io.github.aimon.plist"}
    for file in units.iterdir():
        assert file.resolve().is_relative_to(PACKAGING)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_reads_the_units(tmp_path):
    command = tmp_path / ".local" / "bin" / "aimon"
    command.parent.mkdir(parents=True)
    command.symlink_to("/bin/true")
    told = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    units = [str(PACKAGING / "systemd" / name) for name in ("aimon.service", "aimon.socket")]
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", *units], env=told, capture_output=True, text=True, timeout=20
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_launchd_gets_what_it_knows():
    told = plistlib.loads(text("launchd/io.github.aimon.plist").encode())
    assert told.pop("ProgramArguments") == ["/bin/sh", "-lc", "exec aimon serve"]
    assert told == {
        "Label": "io.github.aimon", "RunAtLoad": True, "KeepAlive": {"SuccessfulExit": False},
        "StandardOutPath": "/dev/null",
    }  # fmt: skip


# ------------------------------------------------------------------ bars


def parsed(source: str) -> list:
    """yuck as nested lists; strings and expressions keep their quotes and braces."""
    stack: list[list] = [[]]
    for token in re.findall(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|\{[^}]*\}|[()\[\]]|[^\s()\[\]]+', source):
        if token in "([":
            stack.append([])
        elif token in ")]":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token)
    (whole,) = stack
    return whole


def forms(tree: list) -> list[list]:
    return [form for form in tree if isinstance(form, list)]


def widgets(tree: list) -> list[str]:
    return [name for form in forms(tree) for name in ([form[0]] if form else []) + widgets(form)]


def test_eww_is_told_nothing_that_its_line_does_not_hold():
    source = without_comments("eww/aimon.yuck")
    line = json.loads(FORMATS["eww"](CONTENT))
    assert set(re.findall(r"\baimon\.([a-z_]+)", source)) <= set(line)
    assert set(re.findall(r"\bsession\.([a-z_]+)", source)) <= set(line["sessions"][0])
    assert f"'{FORMATS['eww'](OFF)}'" in source


def test_eww_knows_every_widget_and_waits_for_no_click():
    tree = parsed(without_comments("eww/aimon.yuck"))
    assert [form[0] for form in tree] == ["deflisten", "defwidget", "defwidget", "defwindow"]
    ours = {form[1] for form in tree if form[0] == "defwidget"}
    assert set(widgets([form for one in tree for form in forms(one)])) == EWW | {"aimon-sessions"}
    assert ours == {"aimon-indicator", "aimon-sessions"}
    clicks = re.findall(r':on\w+ "([^"]*)"', text("eww/aimon.yuck"))
    assert len(clicks) == 3
    assert all(click.endswith(" &") for click in clicks)


@pytest.mark.parametrize(
    ("name", "of"),
    [("waybar/aimon.css", "#custom-aimon"), ("eww/aimon.scss", ".aimon"), ("eww/aimon.scss", ".aimon-session")],
)
def test_every_state_has_its_colour(name, of):
    assert set(re.findall(rf"{re.escape(of)}\.([a-z]+)", text(name))) == set(short.STATES)


def test_every_class_that_eww_is_given_has_a_style():
    given = {word for names in re.findall(r':class "([^"]*)"', text("eww/aimon.yuck")) for word in names.split()}
    plain = {word for word in given if "$" not in word} - {"aimon-glyph", "aimon-word"}  # for whoever wants them else
    assert plain <= set(re.findall(r"\.([a-z][a-z-]*)", text("eww/aimon.scss")))


GTK = """
import sys, gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
if len(sys.argv) > 1:
    Gtk.CssProvider().load_from_path(sys.argv[1])
"""


def gtk(*arguments: str) -> bool:
    """Whether the system's own Python has GTK 3, and it reads a style sheet."""
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    return bool(python) and subprocess.run([python, "-c", GTK, *arguments], capture_output=True).returncode == 0


@pytest.mark.parametrize("name", ["waybar/aimon.css", "eww/aimon.scss"])
def test_gtk_reads_the_styles(name, tmp_path):
    if not gtk():
        pytest.skip("needs GTK 3 for Python (Debian: python3-gi gir1.2-gtk-3.0)")
    assert gtk(str(PACKAGING / name))
    broken = tmp_path / "broken.css"
    broken.write_text(text(name).replace("color", "colour", 1))
    assert not gtk(str(broken))


def test_waybar_reads_an_object_with_one_module():
    (module,) = json.loads(without_comments("waybar/aimon.jsonc")).items()
    assert module[0] == "custom/aimon"
    assert module[1]["return-type"] == "json"
    assert module[1]["exec"].endswith("--format waybar")


def test_the_tables_of_toml_name_their_own_format():
    (block,) = tomllib.loads(text("i3status-rust/aimon.toml"))["block"]
    assert (block["block"], block["json"], block["persistent"]) == ("custom", True, True)
    assert " --format i3status-rust; " in block["command"]
    told = tomllib.loads(text("starship/aimon.toml"))["custom"]["aimon"]
    assert told["command"].endswith("--format starship")


@pytest.mark.tmux
@needs_tmux
def test_tmux_takes_its_file_and_has_the_keys():
    with desk_of_its_own() as desk:
        server = desk.server()
        server.session("shell")
        server("source-file", str(PACKAGING / "tmux" / "aimon.conf"))
        assert server("show-options", "-gv", "status-right").endswith(" #{@aimon}")
        assert server("show-options", "-gv", "focus-events") == "on"
        for key, command in (("A", "aimon focus --next-waiting"), ("S", "aimon focus --self"), ("a", "aimon --popup")):
            assert command in server("list-keys", "-T", "prefix", key)


def test_setup_leaves_a_status_line_by_hand_as_it_is(tmp_path, monkeypatch):
    (told,) = json.loads(text("statusline/settings.json")).values()
    assert told["type"] == "command"
    assert home(tmp_path, monkeypatch).statusline_command(told["command"]) == told["command"]
