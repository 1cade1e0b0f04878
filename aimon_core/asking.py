"""What a question to a person, and the answer to it, do to the status of a session: two rows of `lifecycle`'s table."""

from aimon_core.events import PermissionAnswered, PermissionAsked
from aimon_core.moves import close, settled, work
from aimon_core.standing import OpenTool, OpenWait, Status


def asked(status: Status, event: PermissionAsked) -> Status:
    """A person is asked: the session waits, unless what is asked about is done already."""
    key = event.call_id or event.name
    others = [wait for wait in status.waits if _is_another(wait, event)]
    if key in status.done or any(wait.key == key or not event.name for wait in status.waits if wait not in others):
        return status
    wait = OpenWait(key, event.kind, event.name, event.subject, event.at_ns, event.agent_id)
    same = {"", event.name}  # told without an id
    waits = (known for known in status.waits if known in others or known.key not in same)
    return work(status, event, waits=(*waits, wait), answered_ns=0)


def _is_another(wait: OpenWait, event: PermissionAsked) -> bool:
    """Whether two questions without ids are two: calls side by side that use one tool for different things."""
    nameless = event.call_id is None and wait.key == wait.name == event.name != ""
    return nameless and "" not in {wait.subject, event.subject} and wait.subject != event.subject


def answered(status: Status, event: PermissionAnswered) -> Status:
    """A person, or a rule, has decided: the tool runs, or the turn goes on without it or is over."""
    key = event.call_id or event.name
    left = settled(status, key, event.name)
    if not event.accepted:
        if event.ends_turn and event.agent_id is None:
            return close(status, "idle", event.at_ns, "denied", done=left["done"])
        return work(status, event, **left, answered_ns=0)
    if key in status.done:
        return status
    opened = not event.name or any(tool.key == key for tool in status.tools)
    tools = status.tools if opened else (*status.tools, OpenTool(key, event.name, "", event.at_ns, event.agent_id))
    return work(status, event, tools=tools, waits=left["waits"], answered_ns=0)
