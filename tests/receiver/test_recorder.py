"""What is told to whoever records: everything or nothing that anybody wrote, and nobody is waited for."""

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from aimon_core.clock import SteppedClock
from aimon_core.errors import Unreadable
from aimon_core.events import SessionSeen, Spoke, ToolStarted
from receiver import recorder as module
from receiver import reel
from receiver.api import Owner
from receiver.recorder import Recorder
from receiver.rewound import Transcripts
from tests.fakes.door import PROTOBUF, opened, requests
from tests.fakes.transcripts import BY_AGENT, asked_tool, user

BASE = {"agent": "a", "session_id": "s", "at_ns": 1, "channel": "transcript", "signal": "x"}
HOOK = {"session_id": "s1", "hook_event_name": "UserPromptSubmit", "prompt": "my plan"}


def line_of(told: bytes) -> reel.Line:
    return msgspec.json.decode(told, type=reel.Line)


@asynccontextmanager
async def recorded(**options):
    recorder = Recorder(SteppedClock())
    async with opened(owner=Owner(ears=[recorder], recorder=recorder), wants_deliveries=True, **options) as door:
        yield door, recorder


@asynccontextmanager
async def tape(door, raw: int):
    """The lines of a recording, one at a time."""
    async with door.session.get(f"http://{door.host}/api/v1/tape?raw={raw}") as answer:
        assert answer.status == 200

        async def line() -> reel.Line:
            return line_of(await answer.content.readline())

        yield line


async def test_who_asks_gets_the_wire_and_others_what_the_journal_would_keep():
    async with recorded() as (door, recorder), tape(door, 1) as raw, tape(door, 0) as kept:
        assert ((await raw()).raw, (await kept()).raw) == (True, False)
        assert recorder.wants_deliveries
        body = requests(2)
        await door.post("/v1/logs", body, PROTOBUF)
        await door.post("/hooks/claude-code", json.dumps(HOOK).encode())
        sent, stripped = await raw(), await kept()
        assert (sent.signal, sent.whole, sent.content_type) == ("logs", body, "application/x-protobuf")
        assert (stripped.kind, b"a plan" in stripped.whole, b"a plan" in body) == ("logs", False, True)
        hooked, stripped = await raw(), await kept()
        assert (hooked.agent, json.loads(hooked.text)) == ("claude-code", HOOK)
        assert (stripped.kind, "my plan" in stripped.text) == ("hooks/claude-code", False)
        await door.receiver.stop()
        assert type(await raw()) is type(await kept()) is reel.End


async def test_what_was_refused_is_not_in_it():
    async with recorded() as (door, _), tape(door, 1) as raw:
        await raw()
        assert (await door.post("/v1/logs", b"\xff", PROTOBUF)).status == 400
        await door.post("/v1/logs", requests(1), PROTOBUF)
        assert (await raw()).whole == requests(1)


async def test_nothing_is_made_where_nobody_records(monkeypatch):
    async with recorded() as (door, recorder):
        assert not recorder.wants_deliveries
        monkeypatch.setattr(reel, "encode", None)
        await door.post("/v1/logs", requests(1), PROTOBUF)
        recorder.learned([SessionSeen(**BASE)])
        assert door.ledger.totals().llm_calls == 1


async def test_who_reads_too_slowly_is_let_go_and_holds_up_nobody(monkeypatch):
    monkeypatch.setattr(module, "UNSENT", 100_000)
    async with recorded() as (door, recorder), door.connected() as (_, writer):
        writer.write(f"GET /api/v1/tape?raw=1 HTTP/1.1\r\nHost: {door.host}\r\n\r\n".encode())
        await writer.drain()
        body = requests(1000, prompt="x" * 1000)
        while not recorder._readers:  # noqa: ASYNC110 - the door hears it soon
            await asyncio.sleep(0)
        for _ in range(100):
            assert (await door.post("/v1/logs", body, PROTOBUF)).status == 200
            if not recorder._readers:
                break
        assert not recorder._readers


async def test_only_so_many_may_record(monkeypatch):
    monkeypatch.setattr(module, "READERS", 1)
    async with recorded() as (door, _), tape(door, 1):
        assert (await door.get("/api/v1/tape")).status == 429


async def test_a_receiver_without_one_does_not_know_the_path():
    async with opened() as door:
        assert (await door.get("/api/v1/tape")).status == 404


def test_events_without_words_keep_what_counts():
    tool = ToolStarted(**BASE, call_id="c", unit="u", name="Bash", subject="rm -rf /", digest="d")
    assert module._without_words(tool) == ToolStarted(**BASE, call_id="c", unit="u", name="Bash", digest="d")
    assert module._without_words(Spoke(**BASE, text="secret")).text == ""
    seen = SessionSeen(**BASE, cwd="/w", title="a plan")
    assert module._without_words(seen) == SessionSeen(**BASE, cwd="/w")


@pytest.mark.parametrize(
    ("agent", "file", "beside"),
    [
        ("claude-code", "p/s1/subagents/agent-a1.jsonl", "p/s1/subagents/agent-a1.meta.json"),
        ("gemini-cli", "h/chats/session-1.jsonl", "h/.project_root"),
        ("codex", "2026/rollout-1.jsonl", None),
    ],
)
def test_what_a_reader_looks_at_beside_a_transcript_is_recorded_and_found_again(tmp_path, agent, file, beside):
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    if beside:
        (tmp_path / beside).write_text('{"agentType": "x"}')
    assert module._beside(BY_AGENT[agent], tmp_path, path) == ({beside: '{"agentType": "x"}'} if beside else {})


def written(*lines: dict, file: str = "p/s1.jsonl", anew: bool = True, **more) -> reel.Written:
    texts = tuple(json.dumps(line) for line in lines)
    told = {"at_ns": 9, "agent": "claude-code", "file": file, "written_ns": 9, "anew": anew, "lines": texts}
    return reel.Written(**told | more)


def test_lines_of_a_transcript_are_read_as_they_were_followed(tmp_path):
    lines = [user(0, "hello"), asked_tool(1)]
    reader = BY_AGENT["claude-code"].reader(tmp_path / "p" / "s1.jsonl")
    followed = [event for line in lines for event in reader.read(json.dumps(line).encode())]
    transcripts = Transcripts()
    assert transcripts.events(written(lines[0])) + transcripts.events(written(lines[1], anew=False)) == followed
    transcripts.close()
    assert not Path(transcripts._folder.name).exists()


@pytest.mark.parametrize("file", ["/etc/passwd", "../../x.jsonl", "a/../../x", "a\0b"])
@pytest.mark.parametrize("where", ["file", "beside"])
def test_a_recording_of_somebody_else_leads_nowhere(file, where):
    transcripts = Transcripts()
    entry = written(file=file) if where == "file" else written(beside={file: "x"})
    with pytest.raises(Unreadable, match="none of ours"):
        transcripts.events(entry)
    with pytest.raises(Unreadable, match="cannot be read"):
        transcripts.events(written(agent="pigeon"))
    transcripts.close()
