"""The long measurements: what they send is what the books say, what they draw is what was measured."""

import csv
import re
from xml.etree import ElementTree as ET

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.store import SessionStore
from bench import __main__ as bench
from bench import peers
from bench.plotting import PANELS, drawn
from bench.soaking import PER_ROUND, Look, Work
from receiver import codec, otlp
from receiver.dialects import Interpreter
from tests.contract.house import ROOT

LOOKS = [Look(float(at), 70 + at, at / 10, 5, 1, 2, 9, at * 200, at * 200, 20) for at in range(4)]


def rows() -> list[dict[str, str]]:
    return [{name: str(getattr(look, name)) for name in Look.__struct_fields__} for look in LOOKS]


def lines(svg: str) -> list[str]:
    """The points of every line in a picture."""
    tree = ET.fromstring(svg)  # noqa: S314 - drawn by us
    return [one.attrib["points"] for one in tree.iter() if one.tag.endswith("polyline")]


def test_a_round_sends_what_it_says_and_never_the_same_twice():
    work = Work()
    bodies = [body for _ in range(3) for body in work.round()]
    assert len({body for _, body in bodies}) == len(bodies)
    assert work.sent == 3 * PER_ROUND
    assert sum(path.startswith("/hooks") for path, _ in bodies) == 15


def test_every_line_has_a_point_for_every_look():
    drawing = drawn(rows(), "how\nit was <made>")
    assert [len(points.split()) for points in lines(drawing)] == [len(LOOKS)] * sum(len(one.lines) for one in PANELS)
    assert "it was &lt;made&gt;" in drawing


def test_the_picture_in_the_documents_shows_what_was_measured():
    with (ROOT / "docs" / "soak.csv").open(encoding="utf-8", newline="") as file:
        measured = list(csv.DictReader(file))
    picture = (ROOT / "docs" / "soak.svg").read_text("utf-8")
    assert lines(drawn(measured, "")) == lines(picture)
    assert all(row["sent"] == row["taken"] for row in measured)
    assert re.search(r"\d+ events a second", picture)


def test_a_payload_for_others_is_new_work_each_time():
    clock = SteppedClock()
    store, interpreter = SessionStore(clock), Interpreter()
    for number in range(3):
        message = codec.decode("traces", peers.payload(number), "protobuf")
        store.apply(interpreter.translate(otlp.records("traces", message, clock.now_ns())))
    totals = store.totals()
    assert (totals.llm_calls, totals.tool_calls) == (3 * peers.SPANS * 4 // 10, 3 * peers.SPANS // 2)
    assert not interpreter.unclaimed
    assert not interpreter.unread


def test_what_is_not_installed_is_skipped_with_a_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(peers, "HOME", tmp_path)
    monkeypatch.setattr(peers, "_per_cpu_second", lambda *_: 1_000.0)
    assert len(list(peers.p9())) == 2
    said = capsys.readouterr().out
    for peer in peers.PEERS:
        assert f"skipped: {peer.package} is not installed; python -m bench P9 --install" in said


def test_what_takes_long_is_measured_when_it_is_named(monkeypatch, capsys):
    monkeypatch.setattr(bench, "GOALS", {"P1": lambda: iter(()), "S11": lambda: iter([bench.Result("x", 3, "MB", 2)])})
    assert bench.main([]) == 0
    assert bench.main(["S11"]) == 1
    assert "MISSED" in capsys.readouterr().out


@pytest.mark.parametrize("goal", ["P8", "P9", "S11"])
def test_the_goals_of_the_documents_are_there(goal):
    assert goal in bench.GOALS
