"""The runtime: what `start` opens, what survives when a part cannot be had, and whom it tells."""

import asyncio
import json
import socket

import aiohttp
import pytest

from aimon_core.clock import SteppedClock
from aimon_core.config import Settings
from aimon_core.errors import PortTaken, Unsafe
from aimon_core.journal import Delivery, Journal
from aimon_desktop.outputs import short
from aimon_tui.runtime import Runtime
from tests.fakes.captures import sent
from tests.fakes.events import answered, prompted, turn_ended
from tests.fakes.told import NOW_NS

KEY = "claude-code:s1"
WAIT_S = 10.0


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(port=0, state_dir=str(tmp_path / "state"))


@pytest.fixture
async def runtime(settings, tmp_path):
    runtime = Runtime(settings, SteppedClock(NOW_NS), runtime_folder=str(tmp_path / "run"))
    yield runtime
    await runtime.stop()


class Witness:
    """A hand that remembers."""

    def __init__(self) -> None:
        self.moves, self.frames, self.closed = [], [], False

    def moved(self, transitions):
        self.moves += [(transition.key, transition.after) for transition in transitions]

    def frame(self, changed):
        self.frames.append(set(changed))

    async def close(self):
        self.closed = True


async def until_restored(runtime: Runtime) -> None:
    await asyncio.wait_for(runtime.restored.wait(), WAIT_S)


async def post(runtime: Runtime, number: int = 0) -> int:
    request = sent("tui_default_intervals")[number]
    url, headers = f"http://{runtime.door.address}{request.path}", {"Content-Type": request.content_type}
    async with aiohttp.ClientSession() as client, client.post(url, data=request.body, headers=headers) as answer:
        return answer.status


async def test_what_a_door_takes_is_in_the_ledger_the_journal_and_the_status_file(runtime):
    await runtime.start(frame_s=3600)
    await until_restored(runtime)
    assert await post(runtime) == 200
    assert runtime.drain() == {session.key for session in runtime.sessions()}
    assert runtime.drain() == set()
    assert runtime.door.rate() > 0
    journal = Journal.read_only(runtime.state_dir / "journal.db")
    assert [delivery.kind for delivery in journal.deliveries()] == ["hooks/claude-code"]
    journal.close()
    assert short.read(short_folder(runtime))["sessions"][0]["name"] == "shop-api"


def short_folder(runtime: Runtime) -> str:
    return str(runtime.state_dir.parent / "run")


async def test_hands_hear_of_a_state_at_once_and_of_changes_once_a_frame(runtime):
    witness = Witness()
    runtime.hands.append(witness)
    runtime.tell(runtime.store.apply([prompted(1)]))
    assert (witness.moves, witness.frames) == ([(KEY, "working")], [])
    runtime.frame()
    assert witness.frames == [{KEY}]
    assert runtime.drain() == {KEY}  # the screen asks later, and hears of it all the same
    await runtime.stop()
    await runtime.stop()  # harmless
    assert witness.closed


async def test_acknowledging_is_a_change_of_state_like_any_other(runtime):
    witness = Witness()
    runtime.hands.append(witness)
    runtime.store.apply([prompted(1), answered(2, "r1"), turn_ended(3)])
    assert runtime.get(KEY).state == "completed"
    runtime.acknowledge(KEY)
    assert witness.moves == [(KEY, "idle")]


async def test_what_was_seen_is_known_after_a_restart(runtime, settings, tmp_path):
    runtime.state_dir.mkdir()
    payload = {"session_id": "s1", "hook_event_name": "UserPromptSubmit", "prompt": "", "cwd": "/home/dev/shop"}
    stop = payload | {"hook_event_name": "Stop", "stop_hook_active": False}
    hooks = [json.dumps(one).encode() for one in (payload, stop)]
    journal = Journal(runtime.state_dir / "journal.db")
    journal.append(*(Delivery("hooks/claude-code", body, NOW_NS - 10**9) for body in hooks))
    journal.close()
    await runtime.start(frame_s=3600)
    await until_restored(runtime)
    (session,) = runtime.sessions()
    assert session.state == "completed"
    runtime.acknowledge(session.key)
    await runtime.stop()
    again = Runtime(settings, SteppedClock(NOW_NS + 10**9), runtime_folder=str(tmp_path / "run"))
    await again.start(frame_s=3600)
    await until_restored(again)
    assert [one.state for one in again.sessions()] == ["idle"]
    await again.stop()


async def test_a_hand_that_fails_is_let_go_and_the_others_go_on(runtime, caplog):
    class Broken(Witness):
        def frame(self, changed):
            raise OSError("disk full")

    witness = Witness()
    runtime.hands += [Broken(), witness]
    runtime.frame()
    runtime.frame()
    assert (runtime.hands, len(witness.frames)) == ([witness], 2)
    assert runtime.notices == ["An output failed and was switched off: disk full"]
    assert "an output failed" in caplog.text


async def test_the_journal_is_read_again_with_its_own_times_and_nobody_is_told_of_states_long_past(runtime, settings):
    hook = sent("tui_default_intervals")[0]
    runtime.state_dir.mkdir()
    journal = Journal(runtime.state_dir / "journal.db")
    prompt = json.dumps(json.loads(hook.body) | {"hook_event_name": "UserPromptSubmit", "prompt": ""}).encode()
    arrived_ns = NOW_NS - 60 * 10**9
    journal.append(Delivery("hooks/claude-code", prompt, arrived_ns))
    journal.append(Delivery("hooks/claude-code", b"{", arrived_ns), Delivery("hooks/nobody", b"{}", arrived_ns))
    journal.append(Delivery("traces", b"\xff\xff", arrived_ns), Delivery("carrier pigeon", b"", arrived_ns))
    journal.close()
    witness = Witness()
    runtime.hands.append(witness)
    await runtime.start(frame_s=3600)
    await until_restored(runtime)
    (session,) = runtime.sessions()
    assert (session.state, session.since_ns) == ("working", arrived_ns)
    assert witness.moves == []
    runtime.frame()
    assert witness.frames == [{session.key}]


async def test_a_taken_port_is_a_problem_and_everything_else_goes_on(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as owner:
        settings = Settings(port=owner.getsockname()[1], state_dir=str(tmp_path / "state"))
        runtime = Runtime(settings, SteppedClock(NOW_NS), runtime_folder=str(tmp_path / "run"))
        with pytest.raises(PortTaken, match=r"taken by .* \(pid "):
            await runtime.start(frame_s=3600)
    assert runtime.door.problem.startswith(f"Port {settings.port} is taken by ")
    assert (runtime.door.rate(), runtime.door.address) == (0.0, f"127.0.0.1:{settings.port}")
    await until_restored(runtime)
    await runtime.stop()


async def test_without_a_usable_state_folder_sessions_go_on_and_it_is_said(tmp_path):
    (tmp_path / "state").touch()
    settings = Settings(port=0, state_dir=str(tmp_path / "state"))
    runtime = Runtime(settings, SteppedClock(NOW_NS), runtime_folder=str(tmp_path / "run"))
    await runtime.start(frame_s=3600)
    await until_restored(runtime)
    assert await post(runtime) == 200
    assert len(runtime.notices) == 1
    assert "--state-dir" in runtime.notices[0]
    await runtime.stop()


async def test_a_journal_that_cannot_keep_refuses_the_request_and_a_retry_adds_nothing(runtime, monkeypatch):
    from aimon_core import journal

    def full(self, *deliveries):
        raise journal.JournalFailed("The journal cannot be written: disk full.")

    await runtime.start(frame_s=3600)
    await until_restored(runtime)
    monkeypatch.setattr(journal.Journal, "append", full)
    assert await post(runtime, 8) == 503
    monkeypatch.undo()
    before = [session.llm_calls for session in runtime.sessions()]
    assert await post(runtime, 8) == 200
    assert [session.llm_calls for session in runtime.sessions()] == before


async def test_prices_of_the_settings_win_and_wrong_ones_are_said(tmp_path):
    async def loaded(prices) -> Runtime:
        runtime = Runtime(
            Settings(port=0, persist=False, prices=prices), SteppedClock(NOW_NS), runtime_folder=str(tmp_path / "run")
        )
        await runtime.start(frame_s=3600)
        await asyncio.gather(runtime._tasks[0])
        await runtime.stop()
        return runtime

    priced = await loaded({"in-house": {"input": 2.0, "output": 1.0}})
    from aimon_core.session import Tokens

    assert priced.store.prices.price("x", "in-house").picodollars(Tokens(input=1_000_000)) == 2 * 10**12
    assert "inptu" in (await loaded({"in-house": {"inptu": 2.0}})).notices[0]


async def test_a_runtime_folder_that_others_could_use_stops_the_start(tmp_path):
    (tmp_path / "run").mkdir(mode=0o755)
    runtime = Runtime(Settings(port=0, persist=False), SteppedClock(NOW_NS), runtime_folder=str(tmp_path / "run"))
    with pytest.raises(Unsafe, match="chmod 700"):
        await runtime.start(frame_s=3600)
    await runtime.stop()


async def test_time_passes_for_the_hands_though_nobody_asks(runtime):
    witness = Witness()
    runtime.hands.append(witness)
    told = asyncio.Event()
    witness.frame = lambda changed: told.set()
    await runtime.start(frame_s=0.001)
    await asyncio.wait_for(told.wait(), WAIT_S)
