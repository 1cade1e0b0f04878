"""Proves the chain: a made-up session through the running aimon's own doors, which it tells back and counts nowhere."""

import http.client
import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from typing import Any

from aimon_core.bounds import Counters
from aimon_core.clean import clean
from aimon_core.identity import key_of
from aimon_core.probe import PROBE
from aimon_desktop.doctor import Check, absent, broken, fine
from aimon_desktop.setup.place import Place

_WAIT_S = 2.0
_HOOK_S = 5.0
_TOKENS = 11
_SERVICE, _AGENT = "aimon", "claude-code"
"""Who the made-up telemetry and the made-up hook come from."""
_OLDER = "It may be an older aimon that runs: start it anew."
_SHOWN = 3
"""Names of unknown records told; the rest is counted."""


class Door:
    """A running aimon, asked and told over HTTP."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port

    def get(self, path: str) -> Any:
        """The document at a path; None when there is no good answer."""
        return self._ask("GET", path, None)

    def post(self, path: str, document: Any) -> bool:
        """Whether a document was taken."""
        return self._ask("POST", path, json.dumps(document).encode()) is not None

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        connection = http.client.HTTPConnection(*self._address, timeout=_WAIT_S)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            told = json.loads(answer.read())
        except (OSError, ValueError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        return told if answer.status == http.client.OK else None


def checks(door: Door, place: Place) -> Iterator[Check]:
    """Telemetry and hooks, from the sender to the ledger."""
    yield _telemetry(door)
    yield _hook(door, place)
    yield _bounds(door)
    yield _unknown(door)
    yield from _export(door)
    yield from _forward(door)


def _telemetry(door: Door) -> Check:
    name = "telemetry"
    session_id = PROBE + uuid.uuid4().hex
    if not door.post("/v1/traces", _call(session_id)):
        return broken(name, "The door does not take telemetry.", "Look into aimon.log in the state folder.")
    told = _session(door, _SERVICE, session_id)
    if told is None or told["tokens"]["input"] != _TOKENS:
        return broken(name, "A model call went in and did not come out.", _OLDER)
    listed = (door.get("/api/v1/sessions?all=1") or {}).get("sessions", ())
    if any(one["session_id"] == session_id for one in listed):
        return broken(name, "A made-up model call arrived, and is listed and counted.", _OLDER)
    return fine(name, "A made-up model call arrived, to the token; it is counted nowhere.")


def _hook(door: Door, place: Place) -> Check:
    """Through the installed program where there is one, else straight to the door."""
    session_id = PROBE + uuid.uuid4().hex
    payload = {"session_id": session_id, "hook_event_name": "UserPromptSubmit"}
    installed = place.hook_file.exists()
    if installed:
        _run(place.hook_command(_AGENT), payload)
    else:
        door.post(f"/hooks/{_AGENT}", payload)
    told = _awaited(door, session_id)
    if told is None:
        through = f"{place.hook_file} ran" if installed else "The door was called"
        return broken("hook", f"{through} and nothing arrived.", "Look into aimon.log in the state folder.")
    how = "through the hook program" if installed else "at the door; no agent calls it yet"
    return fine("hook", f"A made-up prompt arrived {how}; it is counted nowhere.")


def _unknown(door: Door) -> Check:
    stats = door.get("/api/v1/stats") or {}
    unclaimed: dict[str, int] = stats.get("unclaimed", {})
    noise = sum(stats.get("noise", {}).values())
    if not unclaimed:
        besides = f"; {noise:,} are known to be of no use" if noise else ""
        return fine("unknown", f"Every record that came in was understood{besides}.")
    names = sorted(unclaimed, key=lambda one: -unclaimed[one])
    shown = ", ".join(clean(one, 80) for one in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return absent("unknown", f"{sum(unclaimed.values()):,} records are of no use here: {shown}{more}.")


def _bounds(door: Door) -> Check:
    """What the ledger had to let go of: it keeps so much and no more."""
    told = (door.get("/api/v1/stats") or {}).get("ledger", {})
    if let_go := Counters(**{name: told.get(name, 0) for name in Counters.__struct_fields__}).let_go:
        return absent("memory", f"The ledger is full: {let_go}, the longest silent ones.")
    return fine("memory", "The ledger remembers every session and every call.")


def _export(door: Door) -> Iterator[Check]:
    """What became of exported spans, where any are to be."""
    told = (door.get("/api/v1/stats") or {}).get("export")
    if told is None:
        return
    lost = f"; {told['dropped'] + told['refused']:,} were lost" if told["dropped"] + told["refused"] else ""
    says = f"{told['sent']:,} spans went to {clean(told['url'])}, {told['queued']:,} wait{lost}."
    if told["problem"]:
        yield broken("export", f"{says} Last: {clean(told['problem'])}.", "Look whether the collector runs.")
    else:
        yield fine("export", says)


def _forward(door: Door) -> Iterator[Check]:
    """What became of requests that were passed on, for each collector."""
    for told in (door.get("/api/v1/stats") or {}).get("forward") or []:
        lost = f"; {told['dropped'] + told['refused']:,} were lost" if told["dropped"] + told["refused"] else ""
        loop = f"; {told['looped']:,} had been here before" if told["looped"] else ""
        says = f"{told['sent']:,} requests went to {clean(told['url'])}, {told['queued']:,} wait{lost}{loop}."
        if told["problem"]:
            hint = "Look whether the collector runs; what waits is sent once it does."
            yield broken("forward", f"{says} Last: {clean(told['problem'])}.", hint)
        else:
            yield fine("forward", says)


def _run(command: str, payload: Any) -> None:
    try:
        subprocess.run(  # noqa: S602 - the very line that agents run
            command, shell=True, input=json.dumps(payload).encode(), capture_output=True, timeout=_HOOK_S, check=False
        )
    except subprocess.TimeoutExpired:
        return  # nothing will have arrived


def _session(door: Door, agent: str, session_id: str) -> Any:
    told = door.get(f"/api/v1/sessions/{key_of(agent, session_id)}")
    return told["session"] if told else None


def _awaited(door: Door, session_id: str) -> Any:
    deadline = time.monotonic() + _WAIT_S
    while (told := _session(door, _AGENT, session_id)) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return told


def _call(session_id: str) -> dict[str, Any]:
    """One model call as the GenAI conventions tell it, in OTLP."""
    now_ns = time.time_ns()
    told = {
        "gen_ai.operation.name": {"stringValue": "chat"},
        "gen_ai.conversation.id": {"stringValue": session_id},
        "gen_ai.request.model": {"stringValue": "none"},
        "gen_ai.usage.input_tokens": {"intValue": _TOKENS},
    }
    span = {
        "traceId": uuid.uuid4().hex,
        "spanId": uuid.uuid4().hex[:16],
        "name": "chat",
        "startTimeUnixNano": now_ns,
        "endTimeUnixNano": now_ns,
        "attributes": [{"key": key, "value": value} for key, value in told.items()],
    }
    service = {"attributes": [{"key": "service.name", "value": {"stringValue": _SERVICE}}]}
    return {"resourceSpans": [{"resource": service, "scopeSpans": [{"scope": {"name": _SERVICE}, "spans": [span]}]}]}
