"""What was told about a span reaches the screen, from the journal, from memory, and from a recording."""

import json

import aiohttp
import pytest

from aimon_core.clock import SteppedClock
from aimon_core.config import Settings
from aimon_tui.replay import Player
from aimon_tui.runtime import Runtime
from receiver.tape import Request
from tests.fakes.captures import Sent, sent

CAPTURE = "tui_permission"


async def post(runtime: Runtime, clock: SteppedClock, one: Sent) -> None:
    clock.jump(round(one.unix * 1e9))
    url, headers = f"http://{runtime.door.address}{one.path}", {"Content-Type": one.content_type}
    async with aiohttp.ClientSession() as client, client.post(url, data=one.body, headers=headers) as answer:
        assert answer.status == 200


def tools(turns):
    return [span for turn in turns for span in turn.spans if span.kind == "tool"]


@pytest.mark.parametrize("persist", [True, False])
async def test_a_screen_is_told_with_and_without_a_journal(tmp_path, persist):
    clock = SteppedClock(0)
    runtime = Runtime(
        Settings(port=0, state_dir=str(tmp_path / "state"), persist=persist),
        clock,
        runtime_folder=str(tmp_path / "run"),
    )
    runtime.remembers = True
    await runtime.start(frame_s=3600)
    await runtime.restored.wait()
    for one in sent(CAPTURE):
        await post(runtime, clock, one)
    (session,) = runtime.sessions(every=True)
    for tool in tools(runtime.store.turns(session.key)):
        told = await runtime.told(session.key, tool)
        assert {telling.channel for telling in told.tellings} == {"hook", "log", "span"}
        assert told.attributes[0] == ("tool_name", tool.name)
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://{runtime.door.address}/api/v1/sessions/{session.key}/spans/{tool.key}") as answer,
        ):
            assert len((await answer.json())["span"]["told"]) == len(told.tellings)
    await runtime.stop()
    assert (tmp_path / "state" / "journal.db").exists() == persist


async def test_whoever_wants_nothing_kept_and_has_no_screen_is_told_so(tmp_path):
    runtime = Runtime(Settings(port=0, persist=False), SteppedClock(), runtime_folder=str(tmp_path / "run"))
    await runtime.start(frame_s=3600)
    await runtime.restored.wait()
    payload = {"hook_event_name": "PreToolUse", "session_id": "s1", "tool_name": "Bash", "tool_use_id": "t1"}
    await post(
        runtime, SteppedClock(), Sent(1.0, "/hooks/claude-code", "application/json", json.dumps(payload).encode())
    )
    (tool,) = tools(runtime.store.turns("claude-code:s1"))
    told = await runtime.told("claude-code:s1", tool)
    assert (told.tellings, "not kept" in told.notice) == ((), True)
    await runtime.stop()


@pytest.mark.parametrize("remembers", [True, False])
async def test_a_recording_is_told_of_while_it_is_shown(remembers):
    clock = SteppedClock(0)
    player = Player(clock, Settings(), remembers=remembers)
    for one in sent(CAPTURE):
        clock.jump(round(one.unix * 1e9))
        kind = "hooks/claude-code" if one.signal == "hooks" else one.signal
        await player.take(
            Request(round(one.unix * 1e9), kind, "json" if "json" in one.content_type else "protobuf", one.body)
        )
    (session,) = player.store.sessions(every=True)
    found = [await player.told(session.key, tool) for tool in tools(player.store.turns(session.key))]
    assert [bool(told.tellings) for told in found] == [remembers] * len(found)
