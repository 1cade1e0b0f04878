"""Whatever is sent, the program stands: dialects, hooks, transcripts, spool, settings and the books behind them.

Everything begins with what real agents sent and is twisted from there. Seeds that once failed stay as examples. What
may be raised is named in each test; what comes out is bounded and can be written as JSON.
"""

import asyncio
import json
import os
import random
from collections.abc import Iterable
from contextlib import suppress
from functools import cache

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aimon_core import config, pricing
from aimon_core.clock import SteppedClock
from aimon_core.errors import AimonError, UsageError
from aimon_core.events import Event
from aimon_core.store import SessionStore
from aimon_core.wire import session_dict, totals_dict, turn_dict
from aimon_desktop import setup
from receiver import codec, hook_request, otlp
from receiver.dialects import Interpreter
from receiver.follow import Counters, _read
from receiver.intake import Intake
from receiver.status import Refused
from receiver.tail import LINE
from tests.desktop.test_setup import FILES
from tests.fakes.captures import ROOT, Sent, of_folder
from tests.fakes.door import LedgerSink
from tests.fakes.homes import home
from tests.fakes.transcripts import BY_AGENT
from tests.hostile import CORPUS
from tests.hostile.twist import odd, twist_value, twisted

AGENTS = ["claude-code", "codex", "copilot", "frameworks", "gemini-cli", "opencode", "qwen-code"]
SPEAKERS = {"claude-code", "codex", "copilot", "gemini-cli", "opencode", "qwen-code"}
SEEDS = st.integers(0, 2**32)
FEW = settings(max_examples=int(os.environ.get("AIMON_FUZZ", "25")), suppress_health_check=list(HealthCheck))
LARGEST = 256 * 1024
"""Bytes of JSON that one session may become."""
BODY = 200_000


@cache
def prices():
    return pricing.load()


@cache
def sent(agent: str) -> list[Sent]:
    """Everything that an agent's captures hold, without the largest bodies."""
    folders = sorted(index.parent for index in (ROOT / agent).rglob("index.jsonl"))
    return [one for folder in folders for one in of_folder(folder, agent) if len(one.body) < BODY]


def stands(*deliveries: Iterable[Event]) -> SessionStore:
    """Enter events and look at everything that comes of them."""
    clock = SteppedClock()
    store = SessionStore(clock)
    store.prices = prices()
    for events in deliveries:
        store.apply(events)
        store.tick()
        clock.advance(20)
    json.dumps(totals_dict(store.totals()), allow_nan=False)
    for key in store.drain():
        if (session := store.get(key)) is not None:
            said = json.dumps([session_dict(session), [turn_dict(turn) for turn in store.turns(key)]], allow_nan=False)
            assert len(said) < LARGEST
    return store


def twisted_message(one: Sent, chance: random.Random, times: int):
    """A request with odd values where attributes, names, times and bodies were."""
    message = codec.decode(one.signal, one.body, "json" if "json" in one.content_type else "protobuf")
    walk = list(otlp.records(one.signal, message, 1))
    for record in chance.choices(walk, k=times) if walk else ():
        names = sorted(record.raw)
        strange = odd(chance)
        match chance.randrange(4):
            case 0 if names:
                del record.raw[chance.choice(names)]
            case 1 if hasattr(record.message, "time_unix_nano"):
                record.message.time_unix_nano = chance.choice((0, 1, 2**63, 2**64 - 1))
            case 2 if isinstance(strange, str) and hasattr(record.message, "name"):
                record.message.name = strange.encode("utf-8", "replace").decode()
            case _:
                name = chance.choice(names) if names else "x"
                twist_value(record.raw[name], strange)
    return message


@pytest.mark.parametrize("agent", AGENTS)
@FEW
@given(SEEDS, st.integers(1, 40))
@example(7708, 21)  # tokens below zero have no price
@example(15502, 36)  # a time that no calendar knows
def test_every_dialect_reads_or_counts_whatever_its_records_hold(agent, seed, times):
    chance = random.Random(seed)
    interpreter = Interpreter()
    deliveries = []
    for one in chance.choices([one for one in sent(agent) if one.signal != "hooks"], k=3):
        message = twisted_message(one, chance, times)
        deliveries.append(interpreter.translate(otlp.records(one.signal, message, SteppedClock().now_ns())))
    stands(*deliveries)


@pytest.mark.parametrize("agent", sorted(SPEAKERS))
@FEW
@given(SEEDS, st.integers(1, 6))
@example(2780, 4)  # a duration that is not a number
def test_every_hook_payload_is_taken_or_refused(agent, seed, times):
    chance = random.Random(seed)
    clock = SteppedClock()
    sink = LedgerSink(SessionStore(clock), wants_deliveries=True)
    intake = Intake(sink, Interpreter(), clock, records_limit=20_000)
    known = [one for one in sent(agent) if one.signal == "hooks"]
    payload = json.loads(chance.choice(known).body) if known else {"session_id": "s", "hook_event_name": "Stop"}
    with suppress(Refused):
        asyncio.run(intake.hook(agent, json.dumps(twisted(payload, chance, times)).encode()))
    for key in sink.ledger.drain():
        if (session := sink.ledger.get(key)) is not None:
            assert len(json.dumps(session_dict(session), allow_nan=False)) < LARGEST


@cache
def lines(agent: str) -> list[dict]:
    files = sorted((ROOT / agent).rglob("transcripts/**/*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]


@pytest.mark.parametrize("agent", sorted(BY_AGENT))
@FEW
@given(SEEDS, st.integers(1, 4))
@example(0, 4)
def test_every_line_of_a_transcript_is_read_or_counted(agent, seed, times):
    chance = random.Random(seed)
    counters = Counters()
    known = lines(agent) or [
        {"sessionId": "s", "type": "user", "content": "hello", "timestamp": "2026-11-21T02:00:00Z"}
    ]
    start = chance.randrange(len(known))
    told = [twisted(line, chance, times) for line in known[start : start + 8]]
    reader = BY_AGENT[agent].reader(ROOT / agent / "nobody" / "s1.jsonl")
    base = {"agent": agent, "session_id": "s1", "at_ns": 1, "channel": "transcript"}
    stands(*(_read(reader, json.dumps(line).encode(), counters, base) for line in told))


@FEW
@given(st.sampled_from(sorted(BY_AGENT)), st.binary(max_size=200))
@example("codex", b"[" * 5_000)
@example("claude-code", b'{"type":"user","message":' + b"[" * 5_000)
@example("gemini-cli", b"\xff\xfe\x00")
def test_a_line_that_is_no_json_is_counted(agent, line):
    counters = Counters()
    reader = BY_AGENT[agent].reader(ROOT / "s1.jsonl")
    base = {"agent": agent, "session_id": "s1", "at_ns": 1, "channel": "transcript"}
    assert len(line) < LINE
    stands(_read(reader, line, counters, base))


@FEW
@given(st.binary(max_size=300))
@example(b"POST /hooks/codex HTTP/1.1\r\nContent-Length: 2\r\nX-Aimon-At: " + b"9" * 400 + b"\r\n\r\n{}")
@example(b"POST /hooks/codex HTTP/1.1\r\nContent-Length: 2\r\nX-Aimon-Parents: " + b"1@1," * 400 + b"\r\n\r\n{}")
def test_a_message_of_the_spool_is_read_or_refused(message):
    with suppress(Refused):
        found = hook_request.spooled(message)
        assert len(found.beside.chain) < 512


# ---------------------------------------------------------------- files that people write

SECTIONS = {
    "claude-code": ("env", "hooks", "statusLine", "disableAllHooks"),
    "gemini-cli": ("telemetry", "hooks", "tools"),
    "qwen-code": ("telemetry", "hooks", "tools"),
    "copilot": ("hooks", "version"),
}
WRITTEN = st.one_of(
    st.binary(max_size=80),
    st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from([text.encode("utf-8", "surrogatepass") for text in CORPUS.values()]),
    st.sampled_from([b"[" * 5_000, b'{"env":' * 2_000, b"{}" * 3, b"null", b"\xef\xbb\xbf", b"otel = 5", b"[otel"]),
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    return home(tmp_path, monkeypatch)


def connected_and_back(place, agent: str, content: bytes) -> None:
    """Either the file is left alone, with a reason, or it comes back byte for byte."""
    path = place.home / FILES[agent]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    try:
        (plan,) = setup.plans(place, [agent])
        list(plan.diff())
        if plan.has_work:
            plan.apply()
        (again,) = setup.plans(place, [agent])
        again.undo()
    except AimonError:
        pass
    assert path.read_bytes() == content


@pytest.mark.parametrize("agent", sorted(FILES))
@FEW
@given(content=WRITTEN)
def test_settings_that_are_none_are_left_alone_or_come_back(place, agent, content):
    connected_and_back(place, agent, content)


@pytest.mark.parametrize("agent", sorted(SECTIONS))
@FEW
@given(seed=SEEDS)
@example(41161)  # a number where hooks are listed
def test_settings_with_odd_values_where_ours_would_stand_come_back(place, agent, seed):
    chance = random.Random(seed)
    document = {name: odd(chance) for name in (*SECTIONS[agent], "mine")}
    hooks = {"hooks": {"Stop": odd(chance), "PreToolUse": [odd(chance)]}}
    document = twisted(document | chance.choice(({}, hooks)), chance, chance.randrange(3))
    connected_and_back(place, agent, json.dumps(document, indent=chance.choice((None, 2))).encode())


@FEW
@given(SEEDS)
def test_settings_of_our_own_are_understood_or_named(tmp_path_factory, seed):
    chance = random.Random(seed)
    file = tmp_path_factory.mktemp("config") / "config.toml"
    values = ("1", "-1", "true", '""', '"x"', "[]", "[[]]", "{}", "{a = 1}", "1e400", "nan", "1979-05-27", "'''\n'''")
    text = "\n".join(f"{name} = {chance.choice(values)}" for name in chance.sample(config.NAMES, 3))
    file.write_bytes(chance.choice((text.encode(), text.encode() + b"\xff", b"[" * 3_000)))
    with suppress(UsageError):
        assert config.load(file, {}, {}).settings is not None
