"""The plugin for opencode, run by Node with the bus's own events: what it says is what the interpreter reads."""

import json
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.store import SessionStore
from receiver import hooks

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")

SESSION = {"id": "ses_1", "directory": "/srv/shop", "title": "New session"}
CALL = {"tool": "bash", "sessionID": "ses_1", "callID": "call_1"}
ASKED = {
    "id": "per_1",
    "sessionID": "ses_1",
    "permission": "bash",
    "patterns": ["git push"],
    "tool": {"callID": "call_1"},
}
CHILD = {"id": "ses_2", "parentID": "ses_1", "directory": "/srv/shop", "title": "Look around (@explore subagent)"}
QUESTION = {"id": "que_1", "sessionID": "ses_1", "questions": [{"question": "Which one?"}]}


def bus(kind, **properties):
    return ["event", {"event": {"type": kind, "properties": properties}}]


def idle(session="ses_1"):
    return bus("session.status", sessionID=session, status={"type": "idle"})


PROMPT = [
    "chat.message",
    {"sessionID": "ses_1", "model": {"modelID": "mock-1"}},
    {"message": {"id": "msg_1"}, "parts": [{"type": "text", "text": "Add a changelog"}, {"type": "file"}]},
]
BEFORE, AFTER = ["tool.execute.before", CALL, {"args": {"command": "git push"}}], ["tool.execute.after", CALL, {}]


@pytest.fixture
def said(tmp_path):
    """Runs the plugin over some calls of opencode; what the hook program would get, in order."""

    def run(*calls):
        plugin = resources.files("aimon_desktop") / "setup" / "opencode_plugin.js"
        heard = tmp_path / "heard"
        heard.mkdir()
        command = f"cat > {heard}/$PPID-$$"
        source = plugin.read_text("utf-8").replace('"@COMMAND@"', json.dumps(command))
        (tmp_path / "plugin.mjs").write_text(source)
        driver = (
            'import {Aimon} from "./plugin.mjs"\n'
            'const hooks = await Aimon({directory: "/srv"})\n'
            f"for (const [name, ...given] of {json.dumps(calls)}) {{\n"
            "  await hooks[name](...given)\n"
            "  await new Promise((done) => setTimeout(done, 2))\n"
            "}\n"
        )
        (tmp_path / "driver.mjs").write_text(driver)
        subprocess.run(["node", "driver.mjs"], cwd=tmp_path, check=True, timeout=20)
        payloads = [json.loads(path.read_text()) for path in heard.iterdir()]
        return sorted(payloads, key=lambda payload: payload["timestamp"])

    return run


def state(payloads):
    store = SessionStore(SteppedClock())
    for payload in payloads:
        at_ns = payload["timestamp"] * 1_000_000
        store.apply(hooks.translate("opencode", payload, at_ns), at_ns)
    assert not [drift.names for drift in store.drifts]
    (session,) = store.sessions(every=True)
    return session


def test_a_turn_with_a_permission(said):
    payloads = said(
        bus("session.created", info=SESSION),
        PROMPT,
        BEFORE,
        bus("permission.asked", **ASKED),
        bus("permission.replied", sessionID="ses_1", requestID="per_1", reply="once"),
        AFTER,
        idle(),
    )
    assert [state(payloads[: end + 1]).state for end in range(len(payloads))] == [
        "idle", "working", "working", "waiting", "working", "working", "completed",
    ]  # fmt: skip
    waiting, done = state(payloads[:4]), state(payloads)
    assert waiting.waiting_on == "bash: git push"
    assert (done.cwd, done.turns, done.tool_calls, done.waits) == ("/srv/shop", 1, 1, 1)


def test_a_question_and_an_abort(said):
    payloads = said(
        PROMPT,
        bus("question.asked", **QUESTION),
        bus("question.rejected", sessionID="ses_1", requestID="que_1"),
        bus("session.error", sessionID="ses_1", error={"name": "MessageAbortedError", "data": {"message": "stop"}}),
        idle(),
    )
    assert [state(payloads[: end + 1]).state for end in range(len(payloads))] == [
        "working", "waiting", "working", "idle",
    ]  # fmt: skip
    assert state(payloads[:2]).waiting_for == "question"


def test_a_subagent_belongs_to_the_session_that_started_it(said):
    payloads = said(
        PROMPT,
        bus("session.created", info=CHILD),
        ["tool.execute.before", {**CALL, "sessionID": "ses_2"}, {"args": {}}],
        idle("ses_2"),
        idle(),
    )
    assert {(payload["session_id"], payload.get("agent_id")) for payload in payloads} == {
        ("ses_1", None),
        ("ses_1", "ses_2"),
    }
    assert [(agent.type, agent.state) for agent in state(payloads).subagents] == [("explore", "completed")]
    assert state(payloads).state == "completed"


def test_each_step_tells_what_it_used(said):
    answer = {"id": "msg_2", "role": "assistant", "modelID": "mock-1"}
    tokens = {"input": 926, "output": 54, "reasoning": 17, "total": 2021, "cache": {"read": 1024, "write": 0}}
    step = {"type": "step-finish", "id": "prt_1", "messageID": "msg_2", "sessionID": "ses_1", "reason": "stop"}
    payloads = said(
        PROMPT,
        bus("message.updated", info={"id": "msg_1", "role": "user"}),
        bus("message.updated", info=answer),
        bus("message.part.updated", part=step | {"tokens": tokens, "cost": 0.003}),
        bus("message.part.updated", part={"type": "text", "sessionID": "ses_1"}),
        idle(),
    )
    done = state(payloads)
    assert (done.state, done.llm_calls, done.models, done.cost.reported_usd) == ("completed", 1, ("mock-1",), 0.003)
    assert (done.tokens.input, done.tokens.cache_read, done.tokens.output, done.tokens.reasoning) == (926, 1024, 71, 17)


def test_who_refuses_a_permission_takes_the_turn_back(said):
    """The step is over after its tools, its call before them: it is no sign of work."""
    step = {"type": "step-finish", "id": "prt_1", "messageID": "msg_2", "sessionID": "ses_1", "reason": "tool-calls"}
    payloads = said(
        PROMPT,
        BEFORE,
        bus("permission.asked", **ASKED),
        bus("permission.replied", sessionID="ses_1", requestID="per_1", reply="reject"),
        bus("message.part.updated", part=step | {"tokens": {"input": 926, "output": 54}}),
        idle(),
    )
    assert [state(payloads[: end + 1]).state for end in range(2, len(payloads))] == ["waiting", "idle", "idle"]
    assert (state(payloads).llm_calls, state(payloads).turn.end_reason) == (1, "denied")


def test_a_tool_that_esc_cut_off_does_not_bring_its_turn_back(said):
    aborted = bus("session.error", sessionID="ses_1", error={"name": "MessageAbortedError"})
    done = state(said(PROMPT, BEFORE, aborted, AFTER, idle()))
    assert (done.state, done.turn.end_reason, done.tool_errors) == ("idle", "interrupted", 0)


def test_a_turn_that_failed_stays_so_until_there_is_more(said):
    error = {"name": "APIError", "data": {"message": "No.", "statusCode": 401}}
    busy = bus("session.status", sessionID="ses_1", status={"type": "busy"})
    failed = said(PROMPT, bus("session.error", sessionID="ses_1", error=error), busy, idle())
    assert (state(failed).state, state(failed).last_error_type) == ("failed", "auth")


def test_a_failed_turn_may_be_followed_by_another(said):
    error = bus("session.error", sessionID="ses_1", error={"name": "APIError"})
    assert state(said(PROMPT, error, idle(), PROMPT, idle())).state == "completed"


def test_a_command_that_failed_tells_its_exit_code(said):
    failed = [*AFTER[:2], {"metadata": {"exit": 2}}]
    assert state(said(PROMPT, BEFORE, failed, idle())).tool_errors == 1


def test_noise_starts_no_hook(said):
    payloads = said(
        bus("message.part.delta", sessionID="ses_1"),
        bus("session.updated", info=SESSION),
        bus("session.updated", info=SESSION),
        bus("session.status", sessionID="ses_1", status={"type": "busy"}),
        bus("server.connected"),
    )
    assert [payload["hook_event_name"] for payload in payloads] == ["session.updated"]


def test_the_place_for_the_command_is_there():
    source = (Path(__file__).parents[2] / "aimon_desktop" / "setup" / "opencode_plugin.js").read_text()
    assert source.count('"@COMMAND@"') == 1
