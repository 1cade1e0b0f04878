"""The tree of one session: turns, and in them model calls, tools, waits and subagents, each once.

It is read off the books and kept nowhere: the merged calls, tools and waits are the spans, whichever channels told of
them. So the waterfall and the figures cannot disagree, and a session that never sent a span has the same tree.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from aimon_core.call import Call
from aimon_core.entry import Entry
from aimon_core.session import PICODOLLARS, Tokens
from aimon_core.tools import ToolCall
from aimon_core.turns import TurnTimes
from aimon_core.waits import Waits

Kind = Literal["llm", "tool", "wait", "agent"]

NEAR_NS = 250_000_000
"""A tool may be told to begin this much before the answer that asked for it is told to end."""

STARTERS = frozenset({"Agent", "Task", "spawn_agent", "collaborationspawn_agent"})
"""Tools that start a subagent."""

STEP = 500
"""Spans made at a time: 2 ms."""


class Span(Struct, frozen=True, gc=False):
    """One row of the tree below a turn."""

    key: str
    kind: Kind
    name: str
    subject: str
    """What a tool works on; a subagent's type."""
    start_ns: int
    end_ns: int | None
    """None while it is open."""
    depth: int
    children: int = 0
    """Rows below it, at any depth."""
    failed: bool = False
    error: str = ""
    tokens: Tokens | None = None
    cost_usd: float | None = None
    agent_id: str | None = None
    asked_by: str | None = None
    """Key of the model call that asked for this tool."""
    read_by: str | None = None
    """Key of the model call that read this tool's result."""


class TurnTree(Struct, frozen=True):
    """One turn and everything in it."""

    number: int
    title: str
    start_ns: int
    end_ns: int | None
    failed: bool
    spans: tuple[Span, ...]
    """In the order of the tree: each before what lies in it."""
    cost_usd: float | None
    """None when a call of it has no known cost."""
    until_ns: int | None
    """When the last thing in it ended, for a background subagent outlives its prompt; None while anything is open."""


class _Node:
    """A span under construction."""

    __slots__ = ("agent", "call", "children", "end_ns", "key", "kind", "start_ns", "tool", "type")

    def __init__(self, kind: Kind, key: str, start_ns: int, end_ns: int | None) -> None:
        self.kind, self.key, self.start_ns, self.end_ns = kind, key, start_ns, end_ns
        self.call: Call | None = None
        self.tool: ToolCall | None = None
        self.agent: str | None = None
        self.type = ""
        self.children: list[_Node] = []


class _Thread:
    """The model calls of one thread in their order: the session's own, or a subagent's."""

    def __init__(self, calls: list[_Node]) -> None:
        self.calls = sorted(calls, key=lambda node: node.start_ns)
        self.starts = [node.start_ns for node in self.calls]
        self.ends = sorted((node.end_ns or node.start_ns, node.key) for node in self.calls)

    def before(self, at_ns: int) -> str | None:
        """The last call answered before a moment."""
        place = bisect_right(self.ends, (at_ns + NEAR_NS, "\U0010ffff"))
        return self.ends[place - 1][1] if place else None

    def after(self, at_ns: int) -> str | None:
        """The first call begun after a moment."""
        place = bisect_left(self.starts, at_ns)
        return self.calls[place].key if place < len(self.calls) else None


def growing(entry: Entry) -> Iterator[TurnTree | None]:
    """All turns in their order, with a None every few milliseconds, where others may run: 40,000 spans take 0.1 s.

    What happened before the first prompt is a turn of its own.
    """
    calls, tools = [], []
    for number, call in enumerate([*entry.calls, *entry.given_up()]):
        calls.append(_call_node(number, call, entry))
        if number % STEP == STEP - 1:
            yield None
    for number, tool in enumerate(list(entry.tools)):
        tools.append(_tool_node(number, tool, entry.waits))
        if number % STEP == STEP - 1:
            yield None
    threads: dict[str | None, list[_Node]] = {}
    for node in calls:
        threads.setdefault(node.agent, []).append(node)
    links = {agent: _Thread(nodes) for agent, nodes in threads.items()}
    yield None
    agents = _agents(entry, [*calls, *tools])
    _nest_agents(agents, tools)
    top = [node for node in (*calls, *tools) if node.agent is None]
    top += [node for node in agents.values() if node.agent is None]
    turns = _by_turn(entry.turns.times, top)
    yield None
    over_ns = entry.last_ns if entry.fold.status.state in {"ended", "expired"} else None
    for number, (turn, nodes) in enumerate(turns, start=1):
        spans: list[Span] = []
        end_ns = turn.end_ns or (turns[number][0].start_ns if number < len(turns) else over_ns)
        for place, node in enumerate(sorted(nodes, key=_order)):
            _close(node, end_ns, over_ns)
            _flatten(node, 1, links, spans)
            if place % STEP == STEP - 1:
                yield None
        yield _turn(number, turn, end_ns, tuple(spans))


def _call_node(number: int, call: Call, entry: Entry) -> _Node:
    start_ns = call.start_ns
    if start_ns == call.end_ns:  # a client that tells no durations may tell when calls began
        start_ns = entry.begun.before(call.agent_id, call.end_ns) or start_ns
    node = _Node("llm", f"llm:{call.call_id or number}", start_ns, call.end_ns)
    node.call, node.agent = call, call.agent_id
    return node


def _tool_node(number: int, tool: ToolCall, waits: Waits) -> _Node:
    start_ns = tool.at_ns if tool.start_ns is None else tool.start_ns
    node = _Node("tool", f"tool:{tool.call_id or number}", start_ns, tool.end_ns)
    node.tool, node.agent = tool, tool.agent_id
    if tool.call_id is not None and (wait := waits.get(tool.call_id)) is not None and not wait.by_rule:
        began_ns, ended_ns = wait.window
        if began_ns is not None:
            inner = _Node("wait", f"wait:{tool.call_id}", began_ns, ended_ns)
            inner.tool = tool
            node.start_ns = min(node.start_ns, began_ns)
            node.children.append(inner)
    return node


def _agents(entry: Entry, nodes: list[_Node]) -> dict[str, _Node]:
    """A node for each subagent, with its work in it; one that nobody announced begins with its first work."""
    agents: dict[str, _Node] = {}
    for node in nodes:
        if node.agent is None:
            continue
        agent = agents.get(node.agent)
        if agent is None:
            agent = agents[node.agent] = _Node("agent", f"agent:{node.agent}", node.start_ns, None)
        agent.children.append(node)
        agent.start_ns = min(agent.start_ns, node.start_ns)
    for agent_id, helper in entry.helpers.items():
        if helper.started_ns is None and agent_id not in agents:
            continue
        node = agents.setdefault(agent_id, _Node("agent", f"agent:{agent_id}", helper.started_ns or 0, None))
        node.start_ns = min(node.start_ns, helper.started_ns or node.start_ns)
        node.end_ns, node.type = helper.ended_ns, helper.type or ""
        if node.end_ns is not None:
            node.end_ns = max([node.end_ns, *(child.end_ns or 0 for child in node.children)])
    return agents


def _nest_agents(agents: dict[str, _Node], tools: list[_Node]) -> None:
    """Put each subagent under the tool call that started it: the latest free one begun before it."""
    starters = [node for node in tools if node.tool is not None and node.tool.name in STARTERS]
    starters.sort(key=lambda node: node.start_ns)
    for agent_id, agent in sorted(agents.items(), key=lambda item: item[1].start_ns):
        free = [
            node
            for node in starters
            if node.agent != agent_id
            and node.start_ns <= agent.start_ns + NEAR_NS
            and not any(child.kind == "agent" for child in node.children)
        ]
        if free:
            free[0].children.append(agent)
            agent.agent = ""  # it lies in a tool now, not at the top


def _by_turn(times: list[TurnTimes], top: list[_Node]) -> list[tuple[TurnTimes, list[_Node]]]:
    starts = [turn.start_ns for turn in times]
    early = TurnTimes(min((node.start_ns for node in top), default=0), title="")
    groups: list[tuple[TurnTimes, list[_Node]]] = [(early, []), *((turn, []) for turn in times)]
    for node in top:
        # A span's start is told by the client, a prompt's by a hook that took its time to start.
        groups[bisect_right(starts, node.start_ns + NEAR_NS)][1].append(node)
    # A command of the client (`/exit`) has a span too, but nobody asked for anything and nothing was done.
    return [(turn, nodes) for turn, nodes in groups if nodes or turn.prompt_id or turn.title]


def _close(node: _Node, end_ns: int | None, over_ns: int | None) -> None:
    """What nobody said the end of ended with its turn at the latest; a subagent may go on until the session is over."""
    for child in node.children:
        _close(child, over_ns if node.kind == "agent" else end_ns, over_ns)
    latest_ns = over_ns if node.kind == "agent" else end_ns
    if node.end_ns is None and latest_ns is not None:
        ends = [child.end_ns for child in node.children if child.end_ns is not None]
        node.end_ns = max([node.start_ns, *(ends if node.kind == "agent" else [latest_ns])])


def _turn(number: int, turn: TurnTimes, end_ns: int | None, spans: tuple[Span, ...]) -> TurnTree:
    calls = [span for span in spans if span.kind == "llm" and not span.failed]
    known = all(span.cost_usd is not None for span in calls)
    return TurnTree(
        number=number,
        title=turn.title,
        start_ns=turn.start_ns,
        end_ns=end_ns,
        failed=turn.reason == "failed",
        spans=spans,
        cost_usd=sum(span.cost_usd or 0.0 for span in calls) if known else None,
        until_ns=_until(end_ns, spans),
    )


def _until(end_ns: int | None, spans: tuple[Span, ...]) -> int | None:
    ends = [end_ns, *(span.end_ns for span in spans)]
    return None if None in ends else max(end for end in ends if end is not None)


def _order(node: _Node) -> tuple[int, str]:
    return (node.start_ns, node.key)


def _flatten(node: _Node, depth: int, links: dict[str | None, _Thread], into: list[Span]) -> None:
    place = len(into)
    into.append(_PLACEHOLDER)
    for child in sorted(node.children, key=_order):
        _flatten(child, depth + 1, links, into)
    into[place] = _span(node, depth, len(into) - place - 1, links)


def _span(node: _Node, depth: int, children: int, links: dict[str | None, _Thread]) -> Span:
    if (call := node.call) is not None:
        spent = call.picodollars
        return Span(
            node.key, "llm", call.model, "", node.start_ns, node.end_ns, depth, children,
            failed=not call.ok, error=call.error, tokens=call.tokens,
            cost_usd=None if spent is None else spent / PICODOLLARS, agent_id=call.agent_id,
        )  # fmt: skip
    if (tool := node.tool) is not None:
        if node.kind == "wait":
            return Span(node.key, "wait", tool.name, tool.subject, node.start_ns, node.end_ns, depth)
        return _tool_span(node, tool, depth, children, links)
    return Span(
        node.key, "agent", node.key.removeprefix("agent:"), node.type, node.start_ns, node.end_ns, depth, children,
        agent_id=node.key.removeprefix("agent:"),
    )  # fmt: skip


def _tool_span(node: _Node, tool: ToolCall, depth: int, children: int, links: dict[str | None, _Thread]) -> Span:
    thread = links.get(tool.agent_id)
    asked = f"llm:{tool.asked_by}" if tool.asked_by else thread.before(node.start_ns) if thread else None
    read = thread.after(node.end_ns) if thread and node.end_ns is not None else None
    return Span(
        node.key, "tool", tool.name, tool.subject, node.start_ns, node.end_ns, depth, children,
        failed=tool.failed or tool.refused, error="refused" if tool.refused else tool.error,
        agent_id=tool.agent_id, asked_by=asked, read_by=read,
    )  # fmt: skip


_PLACEHOLDER = Span("", "agent", "", "", 0, 0, 0)
