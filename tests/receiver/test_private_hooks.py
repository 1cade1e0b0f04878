"""A hook payload read back from the journal tells the same story without the words."""

import json

import pytest

from receiver import hooks
from tests.fakes.captures import ROOT

SAID = (
    "session_id agent_id signal at_ns call_id name digest kind reason ok background error_type prompt_id how cwd model "
    "type accepted interrupted duration_ms"
).split()


def payloads(agent):
    for path in sorted(ROOT.glob(f"{agent}/*/hooks.jsonl")):
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            yield round(entry["unix"] * 1e9), entry["argv"][0] if entry["stdin"] is None else entry["stdin"]


@pytest.mark.parametrize(
    ("agent", "least"), [("claude-code", 100), ("codex", 40), ("gemini-cli", 100), ("qwen-code", 40), ("copilot", 20)]
)
def test_real_payloads_still_say_the_same(agent, least):
    found = list(payloads(agent))
    for at_ns, payload in found:
        kept = json.loads(json.dumps(hooks.kept(agent, payload, None)))
        before, after = hooks.translate(agent, payload, at_ns), hooks.restored(agent, kept, at_ns)
        assert [type(event) for event in before] == [type(event) for event in after]
        for old, new in zip(before, after, strict=True):
            for field in SAID:
                assert getattr(old, field, None) == getattr(new, field, None), (field, payload)
    assert len(found) >= least
