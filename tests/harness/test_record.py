"""A recorded run is a capture like the others: whole, with the truth beside it, and nothing of this machine in it."""

import tempfile
from pathlib import Path

import pytest
from aiohttp import ClientSession

from receiver import tape
from tests.fakes.client import Client
from tests.fakes.model_api import ModelApi
from tests.fakes.program import Program
from tests.fakes.scene import Scene
from tests.harness.scenarios import SCRIPTS, basic
from tests.real.capture import finished
from tests.real.recorder import Recorder

pytestmark = pytest.mark.slow


@pytest.fixture
async def recorded(tmp_path):
    """The folder of a run, aimon's folder in it, and what was served."""
    with tempfile.TemporaryDirectory(prefix="aimon-") as folder:
        program = Program(Path(folder))
        async with ModelApi(SCRIPTS) as api, ClientSession() as http:
            with program.serving() as serving:
                kept = tmp_path / "run"
                async with Recorder(kept, program.folder / "tape", serving.port, program.runtime) as recorder:
                    scene = Scene(program, api, serving, http)
                    scene.connect("claude-code", recorder.port)
                    environment = program.environment | {"AIMON_RUNTIME_DIR": str(recorder.runtime)}
                    async with Client(scene.home, scene.project, api.url, environment) as client:
                        await basic(scene, client)
                    finished(kept, scene.home, api.served)
        yield kept, folder


async def test_what_passes_the_recorder_reaches_aimon_and_is_kept(recorded):
    kept, folder = recorded
    kinds = [request.kind for request in tape.read(kept)]
    assert kinds.count("hooks/claude-code") == 6, "start, prompt, before and after the tool, stop, end"
    assert kinds.count("logs") == 4, "the prompt, two calls and the tool"
    told = b"".join(path.read_bytes() for path in kept.rglob("*") if path.is_file())
    assert b"/home/dev/projects/shop-api" in told
    assert folder.encode() not in told
    assert b'"input": 230' in (kept / "expected.json").read_bytes()
