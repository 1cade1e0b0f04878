"""A permission prompt of a real hook, from the door of a running `aimon serve` to a desktop and back."""

import http.client
import json

from tests.fakes.notifications import needs_bus, notification_server, session_bus
from tests.fakes.program import Program

SECRET = "rm -rf build"


def hook(port: int, event: str, **facts) -> None:
    payload = {"session_id": "s-1", "cwd": "/home/dev/shop-api", "hook_event_name": event, **facts}
    door = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    door.request("POST", "/hooks/claude-code", json.dumps(payload), {"Content-Type": "application/json"})
    assert door.getresponse().status == 200
    door.close()


@needs_bus
async def test_a_wait_is_notified_without_its_subject_and_taken_back_when_it_is_answered(tmp_path):
    program = Program(tmp_path)
    with session_bus(tmp_path) as address:
        program.environment |= {"AIMON_NOTIFY": "true", "DBUS_SESSION_BUS_ADDRESS": address}
        async with notification_server(address) as server:
            with program.serving() as serving:
                asked = {"tool_name": "Bash", "tool_input": {"command": SECRET}}
                hook(serving.port, "UserPromptSubmit", prompt=f"please {SECRET}")
                hook(serving.port, "PermissionRequest", **asked)
                await server.until(lambda: server.shown)
                assert server.texts == [("Claude Code · shop-api", "Waits for your permission.")]
                assert SECRET not in repr(server.shown)
                hook(serving.port, "PostToolUse", tool_use_id="t", tool_response={}, **asked)
                await server.until(lambda: not server.shown)
                hook(serving.port, "Stop")
                await server.until(lambda: server.shown)
                assert server.texts == [("Claude Code · shop-api", "Done.")]
                serving.process.terminate()
                await server.until(lambda: not server.shown)
                assert serving.process.wait(10) == 0
