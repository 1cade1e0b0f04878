"""A hook payload read back from the journal tells the same story without the words."""

import json
from pathlib import Path

from aimon_core.masking import without_private_json
from receiver.hooks import translate

CAPTURES = Path(__file__).parents[1] / "captures"
SAID = (
    "session_id agent_id signal at_ns call_id name digest kind reason ok background error_type prompt_id how cwd model "
    "type accepted interrupted duration_ms"
).split()


def payloads():
    for path in sorted(CAPTURES.glob("claude-code/*/hooks.jsonl")):
        for line in path.read_text().splitlines():
            payload = json.loads(line)["stdin"]
            payload = json.loads(payload) if isinstance(payload, str) else payload
            if isinstance(payload, dict):
                yield payload


def test_real_payloads_still_say_the_same():
    count = 0
    for count, payload in enumerate(payloads(), 1):
        kept = json.loads(json.dumps(without_private_json(payload)))
        before, after = (translate("claude-code", one, count) for one in (payload, kept))
        assert [type(event) for event in before] == [type(event) for event in after]
        for old, new in zip(before, after, strict=True):
            for field in SAID:
                assert getattr(old, field, None) == getattr(new, field, None), (field, payload)
    assert count > 100
