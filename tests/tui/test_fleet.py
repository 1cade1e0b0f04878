"""The demo's fleet speaks as its clients do: every agent is a row with its figures, and nothing of it goes unread."""

import pytest
from aiohttp import ClientSession

from aimon_core.config import Settings
from aimon_tui.demo import DemoClock, play_morning
from aimon_tui.runtime import Runtime

CURTAIN_NS = 1_795_252_500 * 10**9


@pytest.fixture
async def morning(tmp_path):
    clock = DemoClock(CURTAIN_NS)
    runtime = Runtime(Settings(port=0, grpc_port=0, persist=False), clock, runtime_folder=str(tmp_path))
    await runtime.start()
    await runtime.priced.wait()
    async with ClientSession(f"http://{runtime.door.address}") as client:

        async def send(request):
            kind = {"Content-Type": request.content_type}
            async with client.post(request.path, data=request.body, headers=kind) as answer:
                assert answer.status == 200, await answer.text()

        await play_morning(clock, send)
        async with client.get("/api/v1/sessions?all=1") as sessions, client.get("/api/v1/stats") as stats:
            yield (
                {one["name"] + " " + one["agent"]: one for one in (await sessions.json())["sessions"]},
                await stats.json(),
            )
    await runtime.stop()


async def test_every_agent_is_a_row_in_its_state(morning):
    rows, _ = morning
    assert {name: one["state"] for name, one in rows.items()} == {
        "shop-api claude-code": "waiting",
        "infra codex": "failed",
        "billing-reconciler claude-code": "working",
        "data-pipeline my-langchain-agent": "working",
        "web-app gemini-cli": "working",
        "docs docs-writer": "completed",
        "notes opencode": "idle",
        "web-app copilot": "ended",
    }
    assert rows["shop-api claude-code"]["waiting_on"] == "Bash: rm -rf build"
    assert rows["infra codex"]["last_error_type"] == "rate_limit"
    assert [name for name, one in rows.items() if one["cost_usd"] is None] == ["docs docs-writer"]


async def test_a_call_counts_once_and_to_the_token(morning):
    rows, _ = morning
    copilot, gemini = rows["web-app copilot"], rows["web-app gemini-cli"]
    assert (copilot["turns"], copilot["llm_calls"], copilot["tool_calls"]) == (2, 8, 6)
    assert copilot["tokens"]["output"] == 2 * (320 + 512 + 210 + 180)
    assert (gemini["turns"], gemini["llm_calls"], gemini["tool_calls"]) == (5, 17, 13)
    assert gemini["tokens"]["output"] == 4 * (320 + 512 + 210 + 180) + 900


async def test_nothing_of_it_goes_unread(morning):
    _, stats = morning
    assert (stats["unclaimed"], stats["unread"], stats["drift"]) == ({}, {}, [])
