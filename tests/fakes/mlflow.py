"""An MLflow server as far as an export asks it: experiments, runs, and the traces it was sent with their headers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.fakes.collector import Collector

MISSING = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "none"}


class MlflowFake(Collector):
    """What it knows: experiments by name, runs by id."""

    def __init__(self) -> None:
        super().__init__()
        self.experiments = {"Default": "0"}
        self.runs = {"r1": "0"}
        self.authorized: list[str | None] = []
        self.status = 200

    def _answer(self, request: web.Request, found: object) -> web.Response:
        self.authorized.append(request.headers.get("Authorization"))
        if self.status != 200:
            return web.Response(status=self.status, text="no", headers={"Location": f"{self.url}/elsewhere"})
        return web.json_response(found or MISSING, status=200 if found else 404)

    async def by_name(self, request: web.Request) -> web.Response:
        found = self.experiments.get(request.query["experiment_name"])
        return self._answer(request, found and {"experiment": {"experiment_id": found}})

    async def by_id(self, request: web.Request) -> web.Response:
        found = request.query["experiment_id"]
        known = found in self.experiments.values()
        return self._answer(request, {"experiment": {"experiment_id": found}} if known else None)

    async def create(self, request: web.Request) -> web.Response:
        name = (await request.json())["name"]
        self.experiments[name] = str(len(self.experiments))
        return self._answer(request, {"experiment_id": self.experiments[name]})

    async def run(self, request: web.Request) -> web.Response:
        found = self.runs.get(request.query["run_id"])
        return self._answer(request, found and {"run": {"info": {"experiment_id": found}}})


@asynccontextmanager
async def tracking(prefix: str = "") -> AsyncIterator[MlflowFake]:
    """A server on a free port, below a path if told."""
    fake, app, api = MlflowFake(), web.Application(), f"{prefix}/api/2.0/mlflow"
    app.router.add_post(f"{prefix}/v1/traces", fake.take)
    app.router.add_get(f"{api}/experiments/get-by-name", fake.by_name)
    app.router.add_get(f"{api}/experiments/get", fake.by_id)
    app.router.add_post(f"{api}/experiments/create", fake.create)
    app.router.add_get(f"{api}/runs/get", fake.run)
    async with TestServer(app, host="127.0.0.1") as server:
        fake.url = f"http://127.0.0.1:{server.port}{prefix}"
        yield fake
