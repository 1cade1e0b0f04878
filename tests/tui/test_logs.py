"""The log: a file, clean lines, nothing anywhere else."""

import logging
import stat
import warnings

from aimon_tui import logs


def test_s12_lines_of_the_log_are_clean_and_one_each(tmp_path, capsys):
    with logs.to_file(tmp_path / "state"):
        logging.getLogger("aimon").warning("two\nlines \x1b]0;x\x07 and %s", "\u202eback")
    file = tmp_path / "state" / logs.NAME
    (line,) = file.read_text().splitlines()
    assert "two | lines" in line
    assert not set(line) & {"\x1b", "\x07", "\u202e"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert capsys.readouterr() == ("", "")


def test_after_the_end_nothing_is_written(tmp_path, caplog):
    with logs.to_file(tmp_path):
        pass
    logging.getLogger("aimon").warning("late")
    assert (tmp_path / logs.NAME).read_text() == ""


def test_a_large_log_is_kept_once(tmp_path):
    (tmp_path / logs.NAME).write_bytes(b"x" * (logs._LIMIT + 1))
    with logs.to_file(tmp_path):
        pass
    assert (tmp_path / logs.NAME).stat().st_size == 0
    assert (tmp_path / f"{logs.NAME}.1").stat().st_size == logs._LIMIT + 1


def test_warnings_of_libraries_go_there_too(tmp_path):
    with logs.to_file(tmp_path), warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old ways", stacklevel=1)
    assert "old ways" in (tmp_path / logs.NAME).read_text()


def test_without_a_folder_the_program_goes_on(tmp_path, capsys):
    (tmp_path / "file").touch()
    with logs.to_file(tmp_path / "file"):
        logging.getLogger("aimon").warning("lost")
    assert capsys.readouterr() == ("", "")
