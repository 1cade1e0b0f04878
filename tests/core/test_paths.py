"""Where files lie, and whom the runtime folder refuses."""

import os
import stat
from pathlib import Path

import pytest

from aimon_core import paths, runtime_dir
from aimon_core.errors import Unsafe


def test_every_folder_honours_its_xdg_variable(monkeypatch, tmp_path):
    for kind in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    assert paths.config_file() == tmp_path / "config/aimon/config.toml"
    assert paths.state_dir() == tmp_path / "state/aimon"
    assert paths.data_dir() == tmp_path / "data/aimon"
    assert paths.cache_dir() == tmp_path / "cache/aimon"
    assert not list(tmp_path.iterdir())


def test_an_owned_folder_is_closed_to_others(tmp_path):
    folder = paths.owned(tmp_path / "a" / "b")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert paths.owned(folder) == folder


def test_an_owned_folder_below_a_file_is_refused_in_words(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Unsafe, match="--state-dir"):
        paths.owned(tmp_path / "file" / "b")


def test_the_runtime_folder_is_found_by_the_first_variable_that_stands(monkeypatch, tmp_path):
    monkeypatch.delenv("AIMON_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert runtime_dir.locate() == str(tmp_path / "aimon")
    monkeypatch.setenv("AIMON_RUNTIME_DIR", "/elsewhere")
    assert runtime_dir.locate() == "/elsewhere"


def test_without_a_session_the_runtime_folder_is_one_per_user(monkeypatch, tmp_path):
    monkeypatch.delenv("AIMON_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "gone"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(os.path, "isdir", lambda path: False)
    assert runtime_dir.locate() == str(tmp_path / f"aimon-{os.getuid()}")


def test_the_runtime_folder_is_made_for_its_user_alone(tmp_path):
    made = runtime_dir.secure(str(tmp_path / "aimon"))
    assert stat.S_IMODE(Path(made).stat().st_mode) == 0o700
    assert runtime_dir.secure(made) == made


def _link(path: Path) -> None:
    (path.parent / "target").mkdir(mode=0o700)
    path.symlink_to(path.parent / "target")


def _open_to_the_group(path: Path) -> None:
    path.mkdir()
    path.chmod(0o750)


@pytest.mark.parametrize(
    ("prepare", "words"),
    [(_link, "a link"), (Path.touch, "File exists"), (_open_to_the_group, "chmod 700")],
)
def test_s20_a_runtime_folder_that_others_could_use_is_refused(tmp_path, prepare, words):
    prepare(tmp_path / "aimon")
    with pytest.raises(Unsafe, match=words):
        runtime_dir.secure(str(tmp_path / "aimon"))


def test_s20_a_runtime_folder_of_another_user_is_refused(monkeypatch, tmp_path):
    folder = runtime_dir.secure(str(tmp_path / "aimon"))
    monkeypatch.setattr(os, "getuid", lambda: 4242)
    with pytest.raises(Unsafe, match="another user"):
        runtime_dir.secure(folder)
