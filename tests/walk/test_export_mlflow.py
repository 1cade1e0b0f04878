"""`aimon export --mlflow`: plain OTLP with MLflow's headers and words, to an experiment and a run that are there."""

import asyncio
import json

import pytest

from aimon_core.errors import Unavailable, UsageError
from receiver.export.mlflow_server import MlflowServer, credentials
from tests.fakes.captures import expected, sent
from tests.fakes.collector import facts
from tests.fakes.mlflow import tracking
from tests.fakes.program import Program

CAPTURE = "print_tools"
PROJECT = "shop-api"


async def run(program: Program, *arguments: str, port: int = 9, **environment: str):
    return await asyncio.to_thread(lambda: program.run("export", *arguments, "--port", str(port), **environment))


async def asked(question, *arguments):
    return await asyncio.to_thread(question, *arguments)


async def test_a_session_goes_to_an_experiment_with_its_usage_in_the_words_of_mlflow(tmp_path):
    program, truth = Program(tmp_path), expected(CAPTURE)["totals"]
    async with tracking() as fake:
        with program.serving() as serving:
            await asyncio.to_thread(serving.send, *sent(CAPTURE))
            where = ("--mlflow", fake.url, "--experiment")
            done = await run(program, PROJECT, *where, "agents", "--run-id", "r1", port=serving.port)
            again = await run(program, PROJECT, *where, "0", port=serving.port)
            serving.end()
    assert (done.returncode, done.stdout) == (0, "")
    made, said = done.stderr.splitlines()
    trace = fake.spans[0].trace_id.hex()
    count = len(fake.spans) // 2
    assert made == "MLflow made the experiment agents (1)."
    assert said == f"{count} spans of {PROJECT} went to {fake.url}/v1/traces as tr-{trace}."
    assert again.stderr == f"{said}\n"
    first, second = fake.headers
    assert (first["x-mlflow-experiment-id"], first["x-mlflow-run-id"]) == ("1", "r1")
    assert second["x-mlflow-experiment-id"] == "0"
    assert "x-mlflow-run-id" not in second
    calls = [told for span in fake.spans[:count] if (told := facts(span))["openinference.span.kind"] == "LLM"]
    usage = [json.loads(told["mlflow.chat.tokenUsage"]) for told in calls]
    assert sum(one["cache_read_input_tokens"] for one in usage if "cache_read_input_tokens" in one) == 13_220
    assert sum(one["total_tokens"] for one in usage) == 17_765
    cost = sum(json.loads(told["mlflow.llm.cost"])["total_cost"] for told in calls)
    assert cost == pytest.approx(truth["cost_usd_reported"])
    costs = [facts(span).get("mlflow.llm.cost") for span in fake.spans[:count]]
    assert sum(one is not None for one in costs) == len(calls), "those above would count again"


async def test_what_cannot_be_done_is_said_in_a_line(tmp_path):
    program = Program(tmp_path)
    async with tracking() as fake:
        told = {
            ("--mlflow", fake.url): (2, "--mlflow and --experiment belong together. --run-id may stand with them.\n"),
            ("--json", "--run-id", "r1"): (2, "--mlflow and --experiment belong together."),
            ("--mlflow", "sqlite:///m.db", "--experiment", "a"): (2, "sqlite:///m.db is no MLflow server. Start one"),
            ("--mlflow", fake.url, "--experiment", "77"): (1, "MLflow has no experiment 77. A name makes it"),
            ("--mlflow", fake.url, "--experiment", "0", "--run-id", "no"): (1, "MLflow has no run no.\n"),
            ("--mlflow", "http://127.0.0.1:9", "--experiment", "0"): (2, "is this aimon itself"),
        }
        for arguments, (code, said) in told.items():
            done = await run(program, PROJECT, *arguments)
            assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert fake.experiments == {"Default": "0"}, "a typing error makes nothing"
    assert fake.requests == []


async def test_nothing_is_made_of_a_session_that_is_not_there(tmp_path):
    async with tracking() as fake:
        done = await run(Program(tmp_path), "nobody", "--mlflow", fake.url, "--experiment", "new")
    assert done.returncode == 1
    assert "There is no session nobody." in done.stderr
    assert fake.experiments == {"Default": "0"}


async def test_a_server_below_a_path_is_asked_below_it():
    async with tracking("/ml/flow") as fake:
        server = MlflowServer(f"{fake.url}/", {})
        assert await asked(server.experiment, "Default") == "0"
        assert await asked(server.experiment, "nöwhere & more") is None
        assert await asked(server.experiment_of, "r1") == "0"
        assert server.traces_url == f"{fake.url}/v1/traces"


async def test_who_asks_is_said_as_mlflow_wants_it_and_a_redirect_is_not_followed():
    async with tracking() as fake:
        for environment, header in (
            ({"MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_PASSWORD": "pw"}, "Basic YW5uOnB3"),
            ({"MLFLOW_TRACKING_TOKEN": "t0ken"}, "Bearer t0ken"),
            ({}, None),
        ):
            await asked(MlflowServer(fake.url, environment).experiment, "0")
            assert fake.authorized.pop() == header
        for status in (302, 401, 500):
            fake.status = status
            with pytest.raises(Unavailable, match=f"No MLflow answers at {fake.url}"):
                await asked(MlflowServer(fake.url, {}).experiment, "0")


def test_a_password_without_a_name_says_nothing():
    assert credentials({"MLFLOW_TRACKING_PASSWORD": "pw"}) == {}


@pytest.mark.parametrize("uri", ["databricks", "sqlite:///x.db", "./mlruns"])
def test_what_is_no_server_is_refused(uri):
    with pytest.raises(UsageError, match="is no MLflow server"):
        MlflowServer(uri, {})
