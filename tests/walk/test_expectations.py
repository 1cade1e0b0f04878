"""What the settings expect of a project, through the real program: a verdict in the API and on the streams, live."""

import http.client
import json
import time
from contextlib import closing

from tests.fakes.captures import sent
from tests.fakes.program import WAIT_S, Program

CAPTURE = "tui_tools"
PROJECT = "shop-api"
SETTINGS = """
[expectations."shop-*"]
tool_limits = { Bash = 1 }
cost_budget = 100
required_tools = ["WebFetch"]

[expectations.docs]
tool_limit = 3
"""


def session(port: int) -> dict:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)) as door:
        door.request("GET", "/api/v1/sessions?all=1")
        (found,) = json.loads(door.getresponse().read())["sessions"]
    return found


def until(port: int, verdict: str) -> dict:
    until_s = time.monotonic() + WAIT_S
    while (found := session(port))["verdict"] != verdict and time.monotonic() < until_s:
        pass
    return found


def test_a_running_session_is_judged_and_what_it_broke_is_told(tmp_path):
    program = Program(tmp_path)
    file = tmp_path / "config" / "aimon" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(SETTINGS)
    requests = [one for one in sent(CAPTURE) if b"SessionEnd" not in one.body]
    with program.serving() as serving:
        serving.send(*requests)
        found = until(serving.port, "broken")
        assert found["state"] != "ended"
        standings = {score["name"]: score["standing"] for score in found["scores"]}
        assert standings == {"tool_count": "broken", "cost_budget": "kept", "required_tools": "open"}
        (rationale,) = [score["rationale"] for score in found["scores"] if score["name"] == "tool_count"]
        assert rationale == "Tool limit violations: Bash: 4 > 1"
        for line in serving.process.stdout:
            told = json.loads(line)
            if told.get("verdict") == "broken":
                assert (told["type"], told["project"]) == ("session_update", PROJECT)
                break
        serving.end()
    log = (tmp_path / "state" / "aimon" / "aimon.log").read_text()
    assert f"{file}: [expectations.\"docs\"] has an unknown key 'tool_limit'. Did you mean 'tool_limits'?" in log
