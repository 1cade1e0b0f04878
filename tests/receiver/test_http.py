"""The HTTP door on a real socket: what each request is answered."""

import gzip
import json
import zlib

import psutil
import pytest

from tests.fakes.captures import sent
from tests.fakes.door import JSON, PROTOBUF, answer, bomb, opened, requests

MIB = 2**20
BODIES = {"logs": "resourceLogs", "traces": "resourceSpans", "metrics": "resourceMetrics"}


@pytest.mark.parametrize("signal", BODIES)
async def test_an_empty_request_is_answered_in_its_own_encoding(signal):
    async with opened() as door:
        heard = await door.post(f"/v1/{signal}", b"{}", JSON)
        assert (heard.status, heard.headers["Content-Type"], heard.body) == (200, "application/json", b"{}")
        heard = await door.post(f"/v1/{signal}", b"", PROTOBUF)
        assert (heard.status, heard.headers["Content-Type"], heard.body) == (200, "application/x-protobuf", b"")
        assert door.sink.parts == []


@pytest.mark.parametrize("squeeze", [("gzip", gzip.compress), ("deflate", zlib.compress)], ids=lambda pair: pair[0])
async def test_compressed_bodies_are_taken(squeeze):
    encoding, compress = squeeze
    async with opened() as door:
        heard = await door.post("/v1/logs", compress(requests(3)), PROTOBUF | {"Content-Encoding": encoding})
        assert heard.status == 200
        assert door.ledger.get("claude-code:s1").llm_calls == 3


async def test_a_chunked_body_is_taken():
    body = requests(3)

    async def pieces():
        for at in range(0, len(body), 100):
            yield body[at : at + 100]

    async with (
        opened() as door,
        door.session.post(f"http://{door.host}/v1/logs", data=pieces(), headers=PROTOBUF) as response,
    ):
        assert response.status == 200
        assert door.ledger.get("claude-code:s1").llm_calls == 3


async def test_every_request_of_a_real_session_is_taken():
    async with opened() as door:
        for one in sent("tui_permission"):
            heard = await door.post(one.path, one.body, {"Content-Type": one.content_type})
            assert heard.status == 200, one.path
        assert len(door.ledger.sessions(every=True)) == 1


async def test_s09_points_without_a_value_are_counted_in_the_answer():
    points = [{"asDouble": "NaN"}, {"asInt": "1"}, {"asDouble": None}]
    body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m", "sum": {"dataPoints": points}}]}]}]}
    async with opened() as door:
        heard = await door.post("/v1/metrics", json.dumps(body).encode())
        assert heard.status == 200
        assert heard.json["partialSuccess"]["rejectedDataPoints"] == "2"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"{", JSON),
        (b"[" * 5000, JSON),
        (b"\xff\xfe", JSON),
        (b'{"resourceLogs": 1}', JSON),
        (b"no protobuf", PROTOBUF),
        (gzip.compress(bytes(999))[:20], JSON | {"Content-Encoding": "gzip"}),
    ],
    ids=["json", "deep json", "utf-8", "otlp", "protobuf", "s7 truncated gzip"],
)
async def test_400_for_what_cannot_be_read(body, headers):
    async with opened() as door:
        heard = await door.post("/v1/logs", body, headers)
        assert heard.status == 400
        assert heard.headers["Content-Type"].startswith(headers["Content-Type"])
        assert "Retry-After" not in heard.headers
        if headers is JSON:
            assert heard.json["code"] == 3
            assert heard.json["message"]
        assert door.receiver.counters.refused == {400: 1}
        assert (await door.post("/v1/logs", b"{}")).status == 200


@pytest.mark.parametrize("path", ["/v1/logs", "/hooks/claude-code", "/health", "/api/v1/sessions", "/api/v1/stream"])
async def test_403_guards_every_path(path):
    method = "POST" if path in {"/v1/logs", "/hooks/claude-code"} else "GET"
    async with opened() as door:
        foreign = await door.ask(method, path, headers={"Host": f"evil.example:{door.receiver.port}"})
        page = await door.ask(method, path, headers={"Origin": f"http://{door.host}"})
        assert (foreign.status, page.status) == (403, 403)
        assert "--allow-host" in foreign.json["message"]
        assert not any(name.lower().startswith("access-control") for name in foreign.headers | page.headers)


async def test_s03_a_preflight_is_not_answered():
    async with opened() as door:
        preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        heard = await door.ask("OPTIONS", "/v1/logs", headers=preflight)
        assert heard.status == 403
        assert not any(name.lower().startswith("access-control") for name in heard.headers)


async def test_s02_further_hosts_can_be_allowed():
    async with opened(allow_hosts=("host.docker.internal",)) as door:
        name = {"Host": f"Host.Docker.Internal:{door.receiver.port}"}
        assert (await door.post("/v1/logs", b"{}", JSON | name)).status == 200


@pytest.mark.parametrize(
    "path", ["/", "/v1/profiles", "/v1/logs/", "/hooks/nobody", "/hooks/", "/api/v2/sessions", "/api/v1/nothing"]
)
async def test_404_for_paths_nobody_answers(path):
    async with opened() as door:
        heard = await door.post(path, b"{}")
        assert heard.status == 404
        assert "/v1/logs" in heard.json["message"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/logs", "POST"),
        ("PUT", "/hooks/claude-code", "POST"),
        ("POST", "/health", "GET"),
        ("DELETE", "/api/v1/sessions", "GET"),
    ],
)
async def test_405_names_the_method(method, path, allowed):
    async with opened() as door:
        heard = await door.ask(method, path)
        assert (heard.status, heard.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize(
    "headers",
    [{"Content-Type": "text/plain"}, {}, JSON | {"Content-Encoding": "br"}],
    ids=["content type", "no content type", "content encoding"],
)
async def test_415_for_what_is_not_spoken(headers):
    async with opened() as door:
        assert (await door.post("/v1/logs", b"{}", headers)).status == 415


async def test_s04_a_request_without_a_body_needs_no_content_type():
    async with opened() as door:
        assert (await door.post("/v1/logs", None, {})).status == 200
        assert (await door.get("/health")).status == 200


async def test_hooks_speak_json_only():
    async with opened() as door:
        assert (await door.post("/hooks/claude-code", b"", PROTOBUF)).status == 415
        assert (await door.post("/hooks/claude-code", b"[1]")).status == 400
        assert (await door.post("/hooks/claude-code", b"")).status == 400
        assert (await door.post("/hooks/claude-code", b'{"a":' * 400 + b"1" + b"}" * 400)).status in {200, 400}


async def test_a_hook_is_taken():
    payload = {
        "hook_event_name": "UserPromptSubmit",
        "session_id": "s9",
        "cwd": "/home/dev/shop",
        "prompt": "hi \ud83d",
    }
    async with opened() as door:
        heard = await door.post("/hooks/claude-code", json.dumps(payload).encode())
        assert (heard.status, heard.body) == (200, b"{}")
        assert door.ledger.get("claude-code:s9").state == "working"


@pytest.mark.parametrize("how", ["announced", "chunked", "compressed", "inflated"])
async def test_413_for_bodies_that_are_too_large(how):
    limits = {"body_limit": 100_000, "compressed_limit": 10_000}
    body, headers = bytes(100_001), JSON
    if how == "compressed":
        body, headers = bytes(10_001), JSON | {"Content-Encoding": "gzip"}
        body = gzip.compress(body, 0)
    if how == "inflated":
        body, headers = gzip.compress(body), JSON | {"Content-Encoding": "gzip"}

    async def pieces():
        for at in range(0, len(body), 4096):
            yield body[at : at + 4096]

    async with opened(**limits) as door:
        data = pieces() if how == "chunked" else body
        async with door.session.post(f"http://{door.host}/v1/logs", data=data, headers=headers) as response:
            assert response.status == 413
            assert (await response.json())["code"] == 8
        assert door.receiver.counters.refused == {413: 1}
        assert (await door.post("/v1/logs", b"{}")).status == 200


async def test_s06_a_bomb_is_answered_413_and_costs_no_memory():
    async with opened() as door:
        await door.post("/v1/traces", b"{}")
        process = psutil.Process()
        before = process.memory_info().rss
        heard = await door.post("/v1/traces", bomb(), PROTOBUF | {"Content-Encoding": "gzip"})
        assert heard.status == 413
        assert process.memory_info().rss - before < 48 * MIB


async def test_s10_too_many_records_are_answered_413():
    async with opened(records_limit=10) as door:
        heard = await door.post("/v1/logs", requests(11), PROTOBUF)
        assert heard.status == 413
        assert door.ledger.sessions(every=True) == []


async def test_two_requests_on_one_connection_are_answered_in_order():
    async with opened() as door, door.connected() as (reader, writer):
        writer.write(
            door.head(length=2) + b"{}" + door.head("/nothing", length=2) + b"{}" + door.head(length=2) + b"{}"
        )
        assert [(await answer(reader)).status for _ in range(3)] == [200, 404, 200]


async def test_expect_100_continue_is_answered_before_the_body():
    async with opened() as door, door.connected() as (reader, writer):
        writer.write(door.head(length=2, headers="Expect: 100-continue\r\n"))
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"{}")
        assert (await answer(reader)).status == 200


@pytest.mark.parametrize(
    "rubbish", [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"POST /v1/logs HTTP/1.1\r\nA: " + b"x" * 9000 + b"\r\n\r\n"]
)
async def test_what_is_no_http_is_answered_400_without_a_traceback(rubbish, capfd):
    async with opened() as door:
        async with door.connected() as (reader, writer):
            writer.write(rubbish + b"\r\n\r\n")
            assert (await reader.readline()).split()[1] == b"400"
        assert (await door.post("/v1/logs", b"{}")).status == 200
    assert capfd.readouterr() == ("", "")


async def test_health():
    async with opened() as door:
        heard = await door.get("/health")
        assert heard.status == 200
        assert heard.json["status"] == "ok"
        assert heard.json["service"] == "aimon"
        assert heard.json["pid"] == psutil.Process().pid


async def test_s06_the_row_of_the_sender_says_how_many_bodies_were_refused():
    hook = json.dumps({"hook_event_name": "SessionStart", "session_id": "s1", "cwd": "/home/dev"}).encode()
    async with opened() as door:
        assert (await door.post("/hooks/claude-code", hook)).status == 200
        assert (await door.post("/v1/logs", bomb(), JSON | {"Content-Encoding": "gzip"})).status == 413
        document = (await door.get("/api/v1/sessions")).json
    assert [one["refused_bodies"] for one in document["sessions"]] == [1]


async def test_json_without_a_path_is_what_its_first_member_says():
    async with opened() as door:
        for one in sent("tools-http", "gemini-cli"):
            if one.path.startswith("/v1"):
                assert (await door.post("/", one.body, JSON)).status == 200
        assert [row.llm_calls for row in door.ledger.sessions(every=True)] == [3]
        for body, headers in ((b'{"hello": 1}', JSON), (b"{}", JSON), (requests(1), PROTOBUF)):
            assert (await door.post("/", body, headers)).status == 404
