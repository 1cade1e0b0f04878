"""The doctor: each check on a machine that is well, and on one that is not."""

import os
import shutil
import socket
import sys
from uuid import UUID

import pytest

from aimon_core import process
from aimon_core.errors import UsageError
from aimon_core.journal import Delivery, Journal
from aimon_core.probe import PROBE
from aimon_desktop import setup
from aimon_desktop.doctor import Mark, agents, chain, drift, machine
from tests.fakes.homes import PROGRAM, home
from tests.fakes.program import Program

SENDER = b"""
import http.client, sys
door = http.client.HTTPConnection("127.0.0.1", %d)
door.request("POST", "/hooks/" + sys.argv[1], sys.stdin.buffer.read(), {"Content-Type": "application/json"})
door.getresponse().read()
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    return home(tmp_path, monkeypatch, python=sys.executable)


def marks(checks) -> dict[str, Mark]:
    return {check.name: check.mark for check in checks}


# ---------------------------------------------------------------- the chain, through a running aimon


def test_the_chain_is_proved_and_leaves_no_trace(tmp_path, monkeypatch):
    place = home(tmp_path, monkeypatch, python=sys.executable)
    with Program(tmp_path).serving() as serving:
        door = chain.Door("127.0.0.1", serving.port)
        assert marks(chain.checks(door, place)) == dict.fromkeys(("telemetry", "hook", "memory", "unknown"), Mark.FINE)
        place.hook_file.parent.mkdir(parents=True)
        place.hook_file.write_bytes(SENDER % serving.port)
        hook = list(chain.checks(door, place))[1]
        assert (hook.mark, "through the hook program" in hook.says) == (Mark.FINE, True)
        told = serving.ask("/api/v1/sessions?all=1")
        assert told["sessions"] == []
        assert (told["totals"]["sessions"], told["totals"]["llm_calls"], told["totals"]["tokens"]["total"]) == (0, 0, 0)
        assert list(Journal.read_only(tmp_path / "state/aimon/journal.db").deliveries()) == []


def test_a_hook_that_does_not_arrive_is_broken(tmp_path, monkeypatch):
    monkeypatch.setattr(chain, "_WAIT_S", 0.3)
    place = home(tmp_path, monkeypatch, python=sys.executable)
    place.hook_file.parent.mkdir(parents=True)
    place.hook_file.write_bytes(b"pass\n")
    with Program(tmp_path).serving() as serving:
        assert marks(chain.checks(chain.Door("127.0.0.1", serving.port), place))["hook"] is Mark.BROKEN


class Scripted:
    """A door that says what it is told to say."""

    def __init__(self, **told) -> None:
        self.told = told

    def post(self, path, document):
        return self.told.get("takes", True)

    def get(self, path):
        return self.told.get("stats" if path.endswith("stats") else "session")


def test_a_door_that_takes_nothing_or_gives_nothing_back_is_broken(place, monkeypatch):
    monkeypatch.setattr(chain, "_WAIT_S", 0.0)
    for door in (Scripted(takes=False), Scripted(), Scripted(session={"session": {"tokens": {"input": 1}}})):
        assert marks(chain.checks(door, place))["telemetry"] is Mark.BROKEN


def test_a_probe_that_is_counted_is_broken(place, monkeypatch):
    monkeypatch.setattr(chain.uuid, "uuid4", lambda: UUID(int=1))
    told = {"session_id": f"{PROBE}{UUID(int=1).hex}", "tokens": {"input": 11}}
    older = Scripted(session={"session": told, "sessions": [told]})
    (telemetry, *_) = chain.checks(older, place)
    assert (telemetry.mark, "listed" in telemetry.says) == (Mark.BROKEN, True)


def test_nobody_behind_the_port_answers_nothing():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert chain.Door("127.0.0.1", port).get("/health") is None
    assert not chain.Door("127.0.0.1", port).post("/v1/traces", {})


def test_what_no_dialect_knows_is_named_and_cleaned(place):
    names = {"a\x1b[31m/b/c": 5, "d/e/f": 1_000, "g/h/i": 2, "j/k/l": 1}
    unknown = list(chain.checks(Scripted(stats={"unclaimed": names}), place))[-1]
    assert unknown.mark is Mark.ABSENT
    assert unknown.says == "1,008 records are of no use here: d/e/f, a/b/c, g/h/i and 1 more."


def test_noise_is_not_unknown(place):
    unknown = list(chain.checks(Scripted(stats={"unclaimed": {}, "noise": {"a/b": 1_000, "a/c": 2}}), place))[-1]
    assert unknown.mark is Mark.FINE
    assert unknown.says == "Every record that came in was understood; 1,002 are known to be of no use."


def test_s11_what_the_ledger_let_go_is_told(place):
    said = {"sessions_evicted": 251, "calls_folded": 1_204, "events": 5}
    told = [
        next(check for check in chain.checks(Scripted(stats={"ledger": ledger}), place) if check.name == "memory")
        for ledger in (said, {"events": 5})
    ]
    assert [check.mark for check in told] == [Mark.ABSENT, Mark.FINE]
    assert "251 sessions and 1,204 calls are only in the totals" in told[0].says


def heard(agent: str = "claude-code", version: str | None = "2.2.0", names: int = 1) -> dict[str, object]:
    """What stats tell of a version that is not understood."""
    told = [{"name": f"new\x1b[31m_{number}", "count": 1_000, "sample": {}} for number in range(names)]
    return {"agent": agent, "version": version, "first_at": "2026-11-21T02:16:04.123Z", "names": told}


def test_drift_is_broken_and_says_what_to_do():
    first, second = drift.checks(Scripted(stats={"drift": [heard(), heard("codex", None, 5)]}))
    assert (first.name, first.mark) == ("drift", Mark.BROKEN)
    assert first.says == ("Claude Code 2.2.0 says what aimon cannot read, since 2026-11-21 02:16 UTC: new_0 (1,000).")
    assert first.hint.endswith("aimon doctor --sample claude-code")
    assert second.says.startswith("Codex says what aimon cannot read")
    assert second.says.endswith("new_2 (1,000) and 2 more.")


def test_no_drift_is_fine_and_so_is_an_aimon_that_does_not_tell():
    for stats in ({"drift": []}, {}, None):
        assert marks(drift.checks(Scripted(stats=stats))) == {"drift": Mark.FINE}


def test_a_sample_is_of_one_agent_or_of_all():
    stats = {"drift": [heard(), heard("codex")]}
    assert [[one["agent"] for one in drift.sample(stats, agent)["drift"]] for agent in ("", "codex")] == [
        ["claude-code", "codex"],
        ["codex"],
    ]
    assert drift.sample(stats, "gemini-cli") is None
    assert drift.sample({}, "") is None
    with pytest.raises(UsageError, match="no agent"):
        drift.sample(stats, "cloud-code")


# ---------------------------------------------------------------- the machine


def test_the_port_belongs_to_aimon_to_nobody_or_to_another(monkeypatch):
    owners = [process.Owner(7, "aimon serve", True), None, process.Owner(8, "/usr/bin/otelcol --x", False)]
    monkeypatch.setattr(machine.process, "port_owner", lambda port, host: owners.pop(0))
    checks = [machine.port("127.0.0.1", 4318) for _ in range(3)]
    assert [check.mark for check in checks] == [Mark.FINE, Mark.ABSENT, Mark.BROKEN]
    assert checks[2].says == "127.0.0.1:4318 belongs to otelcol (pid 8)."


def test_a_runtime_folder_open_to_others_is_closed_again(tmp_path, monkeypatch):
    monkeypatch.setenv("AIMON_RUNTIME_DIR", str(tmp_path / "run"))
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o755)
    runtime, state = machine.folders(tmp_path / "state" / "aimon")
    assert (runtime.mark, state.mark) == (Mark.BROKEN, Mark.FINE)
    runtime.mend()
    assert next(machine.folders(tmp_path)).mark is Mark.FINE


def test_a_state_folder_that_is_a_file_is_broken(tmp_path, monkeypatch):
    monkeypatch.setenv("AIMON_RUNTIME_DIR", str(tmp_path / "run"))
    (tmp_path / "state").touch()
    assert list(machine.folders(tmp_path / "state" / "aimon"))[1].mark is Mark.BROKEN


def test_the_journal_is_told_with_its_size(tmp_path):
    path = tmp_path / "journal.db"
    assert machine.journal(tmp_path, persist=True).mark is Mark.ABSENT
    assert machine.journal(tmp_path, persist=False).mark is Mark.ABSENT
    book = Journal(path)
    book.append(Delivery("logs", b"x", 1), Delivery("logs", b"y", 2))
    book.close()
    assert machine.journal(tmp_path, persist=True).says.startswith("2 deliveries in 0.")
    path.write_bytes(b"no database at all, and long enough to be looked at" * 10)
    assert machine.journal(tmp_path, persist=True).mark is Mark.BROKEN
    Journal(path).close()
    assert machine.journal(tmp_path, persist=True).says.endswith("journal.db.aside-1.")


def test_a_full_disk_is_told_with_what_it_means(tmp_path, monkeypatch):
    Journal(tmp_path / "journal.db").close()
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    told = machine.journal(tmp_path, persist=True)
    assert (told.mark, "refused" in told.says) == (Mark.BROKEN, True)


def test_old_prices_are_said_to_be_old():
    assert machine.prices().mark is Mark.FINE
    assert machine.prices(4_000_000_000.0).mark is Mark.ABSENT


def test_the_terminal_needs_tmux(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.terminal().mark is Mark.ABSENT
    (tmp_path / "tmux").write_text("#!/bin/sh\necho tmux 3.4\n")
    (tmp_path / "tmux").chmod(0o755)
    monkeypatch.setenv("TMUX", str(tmp_path / "x,1,0"))
    assert machine.terminal().says == "tmux 3.4; this terminal is in it."
    (tmp_path / "tmux").write_text("#!/bin/sh\n[ $1 = -V ] && echo tmux 3.4\n")
    assert machine.terminal().mark is Mark.BROKEN


# ---------------------------------------------------------------- agents


def test_agents_are_told_one_by_one_and_what_is_outdated_is_mended(tmp_path, monkeypatch):
    place = home(tmp_path, monkeypatch)
    assert marks(agents.settings(place)) == {"agents": Mark.ABSENT}
    for name in (".claude", ".gemini", ".codex"):
        (tmp_path / name).mkdir()
    (tmp_path / ".gemini/settings.json").write_text("{")
    assert agents.hook_program(place).mark is Mark.ABSENT
    setup.plans(place, ["claude-code"])[0].apply()
    assert marks(agents.settings(place)) == {
        "claude-code": Mark.FINE,
        "codex": Mark.ABSENT,
        "gemini-cli": Mark.BROKEN,
    }
    moved = home(tmp_path, monkeypatch, endpoint="http://127.0.0.1:5318")
    outdated = next(agents.settings(moved))
    assert outdated.mark is Mark.BROKEN
    outdated.mend()
    assert next(agents.settings(moved)).mark is Mark.FINE


def test_a_hook_program_that_is_gone_is_copied_again_and_its_interpreter_missed(tmp_path, monkeypatch):
    place = home(tmp_path, monkeypatch, python=sys.executable)
    (tmp_path / ".claude").mkdir()
    setup.plans(place)[0].apply()
    assert agents.hook_program(place).mark is Mark.FINE
    place.hook_file.unlink()
    gone = agents.hook_program(place)
    assert gone.mark is Mark.BROKEN
    gone.mend()
    assert place.hook_file.read_bytes() == PROGRAM
    assert agents.hook_program(home(tmp_path, monkeypatch, python=str(tmp_path / "no"))).mark is Mark.BROKEN
    assert not os.access(tmp_path / "no", os.X_OK)
