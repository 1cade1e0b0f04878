"""Exporting from a running aimon: as its settings say, with figures, and nothing goes round in circles."""

import asyncio
import json

import aiohttp
import pytest
from click.testing import CliRunner

from aimon_core.clock import SteppedClock
from aimon_core.config import Settings
from aimon_core.errors import UsageError
from aimon_desktop.doctor import Mark, chain
from aimon_tui.console import program
from aimon_tui.runtime import Runtime
from receiver.dialects import Interpreter
from tests.fakes.captures import sent
from tests.fakes.collector import WAIT_S, collecting
from tests.fakes.otlp import span

CAPTURE = "print_hello"


def exporting(folder, url, began_s: float = sent(CAPTURE)[0].unix - 60) -> Runtime:
    settings = Settings(port=0, state_dir=str(folder), export_otlp=url)
    return Runtime(settings, SteppedClock(round(began_s * 1e9)), runtime_folder=str(folder / "run"))


async def post(runtime: Runtime, path: str, body: bytes, content_type: str = "application/x-protobuf") -> None:
    url, headers = f"http://{runtime.door.address}{path}", {"Content-Type": content_type}
    async with aiohttp.ClientSession() as client, client.post(url, data=body, headers=headers) as answer:
        assert answer.status == 200


async def play(runtime: Runtime) -> None:
    for one in sent(CAPTURE):
        runtime._clock.jump(round(one.unix * 1e9))
        await post(runtime, one.path, one.body, one.content_type)


async def stats(runtime: Runtime) -> dict:
    url = f"http://{runtime.door.address}/api/v1/stats"
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        return json.loads(await answer.read())


async def until_exporting(runtime: Runtime) -> None:
    async with asyncio.timeout(WAIT_S):
        while (await stats(runtime))["export"] is None:  # noqa: ASYNC110 - loaded in a thread
            await asyncio.sleep(0)


async def test_nothing_is_exported_that_nobody_asked_for(tmp_path):
    runtime = exporting(tmp_path, None)
    await runtime.start()
    assert (await stats(runtime))["export"] is None
    await runtime.stop()


async def test_an_aimon_does_not_count_again_what_another_one_exports(tmp_path):
    async with collecting() as collector:
        runtime = exporting(tmp_path / "one", collector.url)
        await runtime.start()
        await until_exporting(runtime)
        await play(runtime)
        told = await stats(runtime)
        assert told["export"] == {
            "url": f"{collector.url}/v1/traces", "queued": 0, "sent": 0, "dropped": 0, "refused": 0, "problem": None,
        }  # fmt: skip
        await runtime.stop()
    assert len(collector.spans) == 3
    other = exporting(tmp_path / "two", None)
    await other.start()
    for request in collector.requests:
        await post(other, "/v1/traces", request.SerializeToString())
    told = await stats(other)
    assert (other.store.sessions(every=True), other.store.totals().llm_calls) == ([], 0)
    assert (told["records"], told["unclaimed"], told["unread"]) == (3, {}, {})
    await other.stop()


def test_the_spans_of_others_are_read_as_ever():
    made = Interpreter().translate([span("chat m", {"gen_ai.operation.name": "chat"}, scope="aimon")])
    assert len(made) == 1


async def test_a_collector_that_is_not_there_holds_nobody_up(tmp_path):
    runtime = exporting(tmp_path, "http://127.0.0.1:9")
    await runtime.start()
    await until_exporting(runtime)
    await play(runtime)
    assert runtime.store.totals().llm_calls == 1
    async with asyncio.timeout(WAIT_S / 2):
        await runtime.stop()


async def test_a_restart_remembers_and_does_not_send_again(tmp_path):
    async with collecting() as collector:
        runtime = exporting(tmp_path, collector.url)
        await runtime.start()
        await play(runtime)
        await runtime.stop()
        again = exporting(tmp_path, collector.url, began_s=sent(CAPTURE)[-1].unix + 60)
        await again.start()
        await again.restored.wait()
        assert again.store.totals().llm_calls == 1
        await again.stop()
    assert len(collector.spans) == 3


async def test_the_doctor_tells_of_a_collector_that_does_not_answer(tmp_path):
    class Told:
        def get(self, _path):
            figures = {"queued": 7, "sent": 1200, "dropped": 3, "refused": 1}
            return {"export": {"url": "http://t", "problem": "it answers 503", **figures}}

    (check,) = chain._export(Told())
    assert check.mark is Mark.BROKEN
    assert check.says == "1,200 spans went to http://t, 7 wait; 4 were lost. Last: it answers 503."


def test_aimon_refuses_to_export_to_itself_before_it_opens_anything(tmp_path, monkeypatch):
    monkeypatch.setenv("AIMON_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("AIMON_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("AIMON_SOURCES", "otlp")
    done = CliRunner().invoke(program, ["serve", "--port", "5318", "--export-otlp", "http://localhost:5318"])
    assert done.exit_code == 2
    assert "http://localhost:5318 is this aimon itself. Name another collector" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("told", ["nonsense", "http://u:p@tempo"])
def test_an_address_that_is_none_is_refused_with_the_settings(tmp_path, told):
    with pytest.raises(UsageError):
        Runtime(Settings(state_dir=str(tmp_path), export_otlp=told), SteppedClock())


def test_headers_are_not_shown(tmp_path, monkeypatch):
    file = tmp_path / "config.toml"
    file.write_text('export_otlp = "https://example.org"\n[export_headers]\nAuthorization = "Basic s3cret"\n')
    done = CliRunner().invoke(program, ["--config", str(file), "config", "show"])
    assert "s3cret" not in done.output
    assert "Authorization" in done.output
