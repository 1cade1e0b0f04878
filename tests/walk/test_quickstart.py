"""The README's program for an agent of one's own does what it says, as it stands there."""

import os
import re
import subprocess
import sys

from aimon_trace import load
from tests.contract.house import ROOT


def test_the_quickstart_runs_as_it_stands(tmp_path):
    (program,) = re.findall(r"(?s)```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"))
    environment = {**os.environ, "AIMON_ENDPOINT": "off", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.stderr == ""
    kinds = ["user_input", "llm_call", "state_change", "tool_call", "final_output"]
    assert done.stdout == f"completed 138 {kinds}\n"
    run = load(tmp_path / "weather.json")
    call, node, tool = run.steps[1:4]
    assert (tool.parent_step_id, tool.arguments) == (node.step_id, {"city": "Oslo", "api_key": "[REDACTED]"})
    assert call.latency_ms is not None
