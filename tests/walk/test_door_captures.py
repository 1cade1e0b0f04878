"""Every capture of a real client, posted to the real door on a real socket, in its order, gives the truth."""

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from aimon_core.clock import SteppedClock
from aimon_core.config import Settings
from aimon_tui.runtime import Runtime
from tests.fakes.captures import Sent, expected, sent
from tests.walk.test_captures import CASES, owned


async def told(folder: Path, requests: list[Sent], *, wait: bool = True) -> dict[str, Any]:
    """What the API tells after some requests; the journal is on."""
    clock = SteppedClock()
    runtime = Runtime(Settings(port=0, state_dir=str(folder)), clock, runtime_folder=str(folder / "run"))
    await runtime.start()
    await runtime.priced.wait()
    await runtime.restored.wait()
    async with ClientSession(f"http://{runtime.door.address}") as client:
        for one in requests:
            clock.jump(max(clock.now_ns(), round(one.unix * 1e9)))
            body, headers = io.BytesIO(one.body), {"Content-Type": one.content_type}
            async with client.post(one.path, data=body, headers=headers) as answer:
                assert answer.status == 200
        async with client.get("/api/v1/sessions?all=1") as answer:
            document = await answer.json()
    await runtime.stop()
    return document


def check(document: dict[str, Any], truth: dict[str, Any]) -> None:
    rows = {one["session_id"]: one for one in document["sessions"]}
    helpers = owned(truth)
    assert set(rows) == set(helpers)
    for session_id, wants in [*((one, truth["sessions"][one]) for one in helpers), (None, truth["totals"])]:
        found = document["totals"] if session_id is None else rows[session_id]
        tokens = found["tokens"]
        assert found["llm_calls"] == wants["llm_calls"]
        assert {name: tokens[name] for name in ("input", "cache_read", "cache_write", "output")} == {
            name: wants["tokens"][name] for name in ("input", "cache_read", "cache_write", "output")
        }
        if "cost_usd_reported" in wants:
            assert found["cost_usd"] == wants["cost_usd_reported"]
    for session_id, work in helpers.items():
        assert rows[session_id]["auxiliary"]["llm_calls"] == sum(one["llm_calls"] for one in work)


@pytest.mark.parametrize(("agent", "name"), CASES)
async def test_a_capture_posted_to_the_door_gives_the_truth(agent: str, name: str, tmp_path: Path) -> None:
    check(await told(tmp_path, sent(name, agent)), expected(name, agent))


KEPT = ("state", "turns", "tool_calls", "tool_errors", "errors", "waited_ms", "cwd", "model", "subagents", "auxiliary")


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("claude-code", "tui_permission"),
        *(("codex", name) for name in ("interactive-approval", "tool-failure", "exec-subagent", "exec-review")),
        *((agent, "interactive-approval") for agent in ("gemini-cli", "qwen-code", "copilot", "opencode")),
    ],
)
async def test_a_restart_knows_everything_and_a_second_delivery_adds_nothing(
    agent: str, name: str, tmp_path: Path
) -> None:
    first = await told(tmp_path, sent(name, agent))
    restored = await told(tmp_path, [])
    again = await told(tmp_path, sent(name, agent))
    for document in (restored, again):
        check(document, expected(name, agent))
    for field in KEPT:
        assert restored["sessions"][0][field] == first["sessions"][0][field], field


def test_what_a_restart_knows_holds_no_prompt_and_no_command(tmp_path: Path) -> None:
    asyncio.run(told(tmp_path, sent("tui_permission")))
    files = [path for path in (tmp_path / "journal.db", tmp_path / "journal.db-wal") if path.exists()]
    stored = b"".join(path.read_bytes() for path in files)
    from aimon_core.journal import Journal

    journal = Journal.read_only(tmp_path / "journal.db")
    bodies = b"".join(delivery.body for delivery in journal.deliveries())
    for private in (b"Create the stamp", b"touch build.stamp", b"rm -f old.log", b"Which database"):
        assert private not in bodies
        assert private not in stored
    assert b"toolu_b799ee5073af4e738114623f" in bodies, "what the ledger needs is kept"
