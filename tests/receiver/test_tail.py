"""A file is read from where it was left, whatever its writer does to it."""

import os

import pytest

from receiver import tail
from receiver.tail import Tail


@pytest.fixture
def file(tmp_path):
    return tmp_path / "s1.jsonl"


def append(file, data: bytes) -> None:
    with file.open("ab") as out:
        out.write(data)


def test_only_what_is_new_is_read(file):
    file.write_bytes(b"one\ntwo\n")
    reader = Tail(file)
    first = reader.read()
    assert (first.lines, first.anew, first.more) == ([b"one", b"two"], True, False)
    assert not reader.changed()
    append(file, b"three\n\n  \nfour\n")
    assert reader.changed()
    second = reader.read()
    assert (second.lines, second.anew) == ([b"three", b"four"], False)
    assert reader.read().lines == []


def test_half_a_line_waits_for_its_end(file):
    file.write_bytes(b'{"a":')
    reader = Tail(file)
    assert reader.read().lines == []
    append(file, b"1}")
    assert reader.read().lines == []
    append(file, b"\nnext")
    assert reader.read().lines == [b'{"a":1}']


def test_a_long_file_comes_in_pieces(file, monkeypatch):
    monkeypatch.setattr(tail, "CHUNK", 10)
    lines = [str(number).encode() * 7 for number in range(9)]
    file.write_bytes(b"\n".join(lines) + b"\n")
    reader, read = Tail(file), []
    while True:
        piece = reader.read()
        read += piece.lines
        if not piece.more:
            break
    assert read == lines


def test_a_line_without_measure_is_passed_over_and_counted(file, monkeypatch):
    monkeypatch.setattr(tail, "CHUNK", 64)
    monkeypatch.setattr(tail, "LINE", 100)
    file.write_bytes(b"before\n" + b"x" * 1000 + b"\nafter\n")
    reader, read = Tail(file), []
    for _ in range(30):
        read += reader.read().lines
    assert (read, reader.oversized) == ([b"before", b"after"], 1)


def shorten(file):
    file.write_bytes(b"new\n")


def replace(file):
    other = file.with_suffix(".new")
    other.write_bytes(b"new\nand more of it than before\n")
    other.rename(file)


def overwrite(file):
    with file.open("r+b") as out:
        out.write(b"new\nand more of it than before\n")


def create_again(file):
    file.unlink()
    file.write_bytes(b"new\nand more of it than before\n")


@pytest.mark.parametrize("change", [shorten, replace, overwrite, create_again])
def test_another_file_under_the_same_name_is_read_anew(file, change):
    file.write_bytes(b"old one\nold two\nhalf")
    reader = Tail(file)
    reader.read()
    change(file)
    piece = reader.read()
    assert (piece.anew, piece.lines[0]) == (True, b"new")


def test_its_time_is_when_it_was_written(file):
    file.write_bytes(b"one\n")
    os.utime(file, ns=(5, 1_795_226_400_000_000_000))
    assert Tail(file).read().written_ns == 1_795_226_400_000_000_000


def test_what_cannot_be_read_is_said(file):
    with pytest.raises(FileNotFoundError):
        Tail(file).read()
    os.mkfifo(file)
    with pytest.raises(OSError, match="no regular file"):
        Tail(file).read()


def test_a_file_cut_off_behind_its_beginning_is_read_anew(file):
    lines = [b"x" * 99] * 6
    file.write_bytes(b"\n".join(lines) + b"\n")
    reader = Tail(file)
    reader.read()
    os.truncate(file, 400)
    append(file, b"new\n")
    assert reader.read().lines == [*lines[:4], b"new"]
