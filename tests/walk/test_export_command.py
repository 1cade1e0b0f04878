"""`aimon export`: one session out of a running aimon, or of the journal it left, the same both times."""

import asyncio
import json

from tests.fakes.captures import sent
from tests.fakes.collector import Answer, collecting, facts
from tests.fakes.program import Program

CAPTURE = "print_tools"
PROJECT = "shop-api"


async def run(program: Program, *arguments: str, port: int = 9):
    return await asyncio.to_thread(program.run, "export", *arguments, "--port", str(port))


async def test_a_session_is_sent_and_printed_from_the_running_aimon_and_from_its_journal(tmp_path):
    program = Program(tmp_path)
    async with collecting() as collector:
        with program.serving() as serving:
            assert set(await asyncio.to_thread(serving.send, *sent(CAPTURE))) == {200}
            done = await run(program, PROJECT, "--otlp", collector.url, port=serving.port)
            count = len(collector.spans)
            assert (done.returncode, done.stdout) == (0, "")
            assert done.stderr == f"{count} spans of {PROJECT} went to {collector.url}/v1/traces.\n"
            printed = await run(program, PROJECT, "--json", port=serving.port)
            serving.end()
        live = {span.SerializeToString() for span in collector.spans}
        kinds = {facts(span)["openinference.span.kind"] for span in collector.spans}
        assert {"AGENT", "LLM", "TOOL"} <= kinds
        collector.requests.clear()
        again = await run(program, PROJECT, "--otlp", collector.url)
        assert again.stderr.startswith("No aimon is running: this is what its journal holds.\n")
        assert {span.span_id for span in collector.spans} == {span_id(one) for one in live}
    (line,) = printed.stdout.splitlines()
    (group,) = json.loads(line)["resourceSpans"]
    spans = group["scopeSpans"][0]["spans"]
    assert len(spans) == count
    assert {(len(span["traceId"]), len(span["spanId"])) for span in spans} == {(32, 16)}
    assert {type(span["kind"]) for span in spans} == {int}


def span_id(message: bytes) -> bytes:
    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    return Span.FromString(message).span_id


async def test_what_cannot_be_done_is_said_in_a_line(tmp_path):
    program = Program(tmp_path)
    async with collecting() as collector:
        with program.serving() as serving:
            await asyncio.to_thread(serving.send, *sent(CAPTURE))
            collector.answers = [Answer(401)]
            refused = await run(program, PROJECT, "--otlp", collector.url, port=serving.port)
            own = await run(program, PROJECT, "--otlp", f"http://localhost:{serving.port}", port=serving.port)
            nobody = await run(program, "nobody", "--json", port=serving.port)
            nowhere = await run(program, PROJECT, port=serving.port)
            serving.end()
    assert (refused.returncode, "did not take all: it answers 401" in refused.stderr) == (1, True)
    assert (own.returncode, "is this aimon itself" in own.stderr) == (2, True)
    assert (nobody.returncode, nobody.stderr) == (1, "There is no session nobody. `aimon sessions --all` lists them.\n")
    said = "Say where to. One of --otlp URL, --mlflow URL, --json and --trace-run.\n"
    assert (nowhere.returncode, nowhere.stderr) == (2, said)
