"""The home-manager module, parsed and evaluated by Nix itself: its options, its settings, and units like ours."""

import configparser
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import tomlkit

from aimon_core import config
from tests.contract.house import ROOT

pytestmark = pytest.mark.skipif(not shutil.which("nix-instantiate"), reason="needs nix-instantiate (Debian: nix-bin)")

MODULE = ROOT / "packaging" / "nix" / "home-manager.nix"
EVALUATE = Path(__file__).parent / "nix" / "evaluate.nix"
GIVEN = {"enable": True, "package": "/nix/store/aimon"}


@pytest.fixture
def nix(tmp_path):
    """`nix-instantiate` without a store, a daemon or a network."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["nix-instantiate", "--store", "dummy://", *arguments]
        told = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NIX_STATE_DIR": str(tmp_path), "LANG": "C.UTF-8"}
        return subprocess.run(command, env=told, capture_output=True, text=True, timeout=20)

    return call


@pytest.fixture
def evaluated(nix):
    """What the module makes of options."""

    def evaluate(**given) -> dict:
        done = nix("--eval", "--strict", "--json", str(EVALUATE), "--arg", "module", f"import {MODULE}",
                   "--argstr", "given", json.dumps(given))  # fmt: skip
        if done.returncode:
            raise ValueError(done.stderr)
        return json.loads(done.stdout)

    return evaluate


def unit(name: str) -> dict[str, dict[str, str]]:
    """A unit of packaging/systemd, as systemd reads it."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str
    parser.read(ROOT / "packaging" / "systemd" / name, "utf-8")
    return {section: dict(parser[section]) for section in parser.sections()}


def said(sections: dict) -> dict[str, dict[str, str]]:
    """The same of what home-manager would write."""
    return {
        section: {key: " ".join(value) if isinstance(value, list) else str(value) for key, value in keys.items()}
        for section, keys in sections.items()
    }


def test_it_parses(nix):
    assert nix("--parse", str(MODULE)).returncode == 0


def test_it_has_the_options_of_otel_ai_monitor_and_does_nothing_until_enabled(evaluated):
    read = evaluated()
    assert read["config"] == {}
    assert read["options"].keys() >= {
        "enable", "port", "completionQuietPeriodSec", "sessionTimeoutSec", "enableNotifications",
    }  # fmt: skip
    assert all(read["options"].values())


def test_its_units_are_those_of_packaging(evaluated):
    made = evaluated(**GIVEN)["config"]
    service, socket = unit("aimon.service"), unit("aimon.socket")
    assert service["Service"].pop("ExecStart") == "%h/.local/bin/aimon serve"
    told = said(made["systemd"]["user"]["services"]["aimon"])
    assert told["Service"].pop("ExecStart") == "/nix/store/aimon/bin/aimon serve"
    assert told == service
    assert said(made["systemd"]["user"]["sockets"]["aimon"]) == socket
    assert made["home"]["packages"] == ["/nix/store/aimon"]


def test_its_options_are_settings_that_aimon_reads(evaluated, tmp_path):
    given = GIVEN | {
        "port": 5318, "completionQuietPeriodSec": 3, "sessionTimeoutSec": 300, "enableNotifications": False,
        "settings": {"theme": "aimon-light", "port": 1},
    }  # fmt: skip
    made = evaluated(**given)["config"]
    file = tmp_path / "config.toml"
    file.write_text(tomlkit.dumps(made["xdg"]["configFile"]["aimon/config.toml"]["source"]["value"]))
    settings = config.load(file, {}, {}).settings
    assert (settings.port, settings.notify, settings.theme) == (5318, False, "aimon-light")
    assert (settings.stream_quiet_period, settings.stream_session_timeout) == (3, 300)
    assert made["systemd"]["user"]["sockets"]["aimon"]["Socket"]["ListenStream"] == "127.0.0.1:5318"


def test_what_is_not_said_is_left_to_aimon(evaluated):
    source = evaluated(**GIVEN)["config"]["xdg"]["configFile"]["aimon/config.toml"]["source"]
    assert source["value"] == {"port": config.PORT, "notify": True}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"port": 70_000}, "port is of another type"),
        ({"sessionTimeoutSec": 0}, "sessionTimeoutSec is of another type"),
        ({"quietPeriod": 3}, "has no quietPeriod"),
        ({"package": None}, "package is of another type"),
    ],
)
def test_what_does_not_fit_is_refused(evaluated, given, why):
    with pytest.raises(ValueError, match=why):
        evaluated(**GIVEN | given)
