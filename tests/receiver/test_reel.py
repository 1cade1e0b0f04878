"""The file of a recording: what is written is read again, whatever ended the writing."""

import gzip
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from aimon_core import events
from aimon_core.errors import Unreadable, UsageError
from aimon_core.events import Drifted, PermissionAsked, SessionSeen
from receiver import reel, tape

HEAD = reel.Head(at_ns=1, aimon="0.1.0")
HOOK = reel.Hooked(at_ns=2, agent="codex", moment_ns=1, process=(7, 1.5), above=((6, 1.0),), text='{"a": "é\\n"}')
SENT = reel.Sent(
    at_ns=3, signal="logs", content_type="application/x-protobuf", content_encoding="gzip", body=b"\x1f\xff"
)
KEPT = reel.Kept(at_ns=4, kind="seen", arrived_ns=3, text="codex:1")
WRITTEN = reel.Written(
    at_ns=5, agent="codex", file="a/b.jsonl", written_ns=4, anew=True, lines=("{}",), beside={"a/.project_root": "/x"}
)
SEEN = SessionSeen(agent="a", session_id="s", at_ns=1, channel="process", signal="p", above=((1, 2.0),))
LEARNED = reel.Learned(at_ns=6, arrived_ns=5, events=reel.told([SEEN]))
ALL = [HEAD, HOOK, SENT, KEPT, WRITTEN, LEARNED, reel.End(at_ns=7)]


def written(folder: Path, *entries, limit: int = 2**20) -> Path:
    with reel.Writer(folder, limit) as writer:
        for entry in entries:
            assert writer.write(reel.encode(entry) + b"\n")
    return folder / reel.NAME


def as_read(entries):
    """Entries as JSON leaves them: lists for tuples inside of events."""
    return [msgspec.json.decode(reel.encode(entry), type=reel.Line) for entry in entries]


def test_what_is_written_is_read_and_any_tool_can(tmp_path):
    path = written(tmp_path / "new" / "folder", *ALL)
    assert list(reel.read(path)) == as_read(ALL)
    assert list(tape.entries(path)) == list(tape.entries(path.parent)) == as_read(ALL)
    assert reel.understood(as_read(ALL)[5]) == [SEEN]
    lines = gzip.decompress(path.read_bytes()).splitlines()
    types = [json.loads(line)["type"] for line in lines]
    assert types == ["tape", "hook", "sent", "kept", "transcript", "events", "end"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_bytes_are_told_as_text_where_a_person_can_read_them():
    assert (HOOK.whole, SENT.whole) == ('{"a": "é\\n"}'.encode(), b"\x1f\xff")
    assert reel.bytes_as(b"{}") == {"text": "{}"}
    assert reel.bytes_as(b"\xff") == {"body": b"\xff"}


@pytest.mark.parametrize(
    "name", [name for name in events.__all__ if name not in {"Channel", "Ending", "Event", "Drifted"}]
)
def test_every_event_comes_back_as_it_was(name):
    kind = getattr(events, name)
    samples = {"str": "x", "int": 7, "float": 1.5, "bool": True, "bytes": b"\x01\xff"}
    given = {}
    for field in msgspec.structs.fields(kind):
        if field.required:
            types = [one for one in samples if str(field.type) in {f"<class '{one}'>", f"{one} | None"}]
            literal = getattr(field.type, "__args__", ("x",))[0]
            given[field.name] = samples[types[0]] if types else literal
    if "tokens" in given:
        given["tokens"] = events.work.Tokens(1, 2, 3)
    event = kind(**given)
    (back,) = reel.understood(
        reel.Learned(at_ns=1, events=msgspec.json.decode(msgspec.json.encode(reel.told([event]))))
    )
    assert back == event


def test_an_event_that_nobody_knows_is_none():
    with pytest.raises(msgspec.ValidationError, match="no event 'Channel'"):
        reel.understood(reel.Learned(at_ns=1, events=(("Channel", {}),)))
    asked = PermissionAsked(agent="a", session_id="s", at_ns=1, channel="file", signal="p", kind="permission")
    drifted = Drifted(agent="a", session_id="s", at_ns=1, channel="log", signal="p", version=None, sample=dict)
    assert [name for name, _ in reel.told([asked, drifted])] == ["PermissionAsked"]


def test_nothing_is_written_over(tmp_path):
    written(tmp_path, HEAD)
    with pytest.raises(UsageError, match="is there already"):
        reel.Writer(tmp_path, 10)


def test_a_recording_does_not_become_larger_than_it_may(tmp_path):
    def line() -> bytes:
        return reel.encode(reel.Kept(at_ns=1, kind="logs", arrived_ns=1, body=os.urandom(3000))) + b"\n"

    with reel.Writer(tmp_path, 10_000) as writer:
        times = 0
        while writer.write(line()):
            writer.flush()
            times += 1
    assert 2 <= times <= 5
    assert (tmp_path / reel.NAME).stat().st_size < 10_000 + len(line())


def test_whoever_is_killed_leaves_what_was_flushed(tmp_path):
    program = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom receiver import reel\n"
        "writer = reel.Writer(Path(sys.argv[1]), 2**20)\n"
        "writer.write(reel.encode(reel.Head(at_ns=1, aimon='0')) + b'\\n')\n"
        "for at in range(2, 1002):\n"
        "    writer.write(reel.encode(reel.Kept(at_ns=at, kind='seen', arrived_ns=at)) + b'\\n')\n"
        "writer.flush()\nwriter.write(reel.encode(reel.End(at_ns=9)) + b'\\n')\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)])
    assert done.returncode == -signal.SIGKILL
    assert [entry.at_ns for entry in reel.read(tmp_path / reel.NAME)] == list(range(1, 1002))


def test_wherever_it_is_cut_off_the_lines_before_are_read(tmp_path):
    whole = written(tmp_path / "whole", *ALL).read_bytes()
    cut = tmp_path / reel.NAME
    for length in range(2, len(whole)):
        cut.write_bytes(whole[:length])
        read = list(reel.read(cut))
        assert read == as_read(ALL)[: len(read)]
    assert len(read) >= len(ALL) - 1


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([b"{}"], "line 1, cannot be read"),
        ([b'{"type": "end", "at_ns": 1}'], "is no recording that this aimon reads"),
        ([b'{"type": "tape", "v": 2, "at_ns": 1, "aimon": "9"}'], "A newer one may have made it"),
        ([reel.encode(HEAD), b"{"], "line 2, cannot be read"),
        ([reel.encode(HEAD), b'{"type": "kept", "at_ns": "x"}'], "line 2, cannot be read"),
        ([reel.encode(HEAD), b'{"type": "pigeon", "at_ns": 1}'], "line 2, cannot be read"),
    ],
)
def test_what_is_no_recording_is_named_by_its_line(tmp_path, lines, words):
    path = tmp_path / reel.NAME
    path.write_bytes(gzip.compress(b"".join(line + b"\n" for line in lines)))
    with pytest.raises(Unreadable, match=words):
        list(reel.read(path))


def test_damage_in_the_middle_is_named(tmp_path):
    bodies = [reel.Kept(at_ns=number, kind="logs", arrived_ns=1, body=os.urandom(99)) for number in range(99)]
    path = written(tmp_path, HEAD, *bodies)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(Unreadable, match="cannot be read"):
        list(reel.read(path))


def test_a_line_without_end_is_no_reason_to_run_out_of_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(reel, "LINE", 1000)
    path = tmp_path / reel.NAME
    path.write_bytes(gzip.compress(reel.encode(HEAD) + b"\n" + b" " * 10**6))
    with pytest.raises(Unreadable, match="line 2, is too long"):
        list(reel.read(path))
