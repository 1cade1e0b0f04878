"""Spans under construction: the calls, tools, waits and subagents of one session, each laid in what it belongs to."""

from typing import Literal

from aimon_core.call import Call
from aimon_core.entry import Entry
from aimon_core.tools import ToolCall

Kind = Literal["llm", "tool", "wait", "agent"]

NEAR_NS = 250_000_000
"""A tool may be told to begin this much before the answer that asked for it is told to end."""


STARTERS = frozenset({"Agent", "Task", "spawn_agent", "collaborationspawn_agent"})
"""Tools that start a subagent."""


class Node:
    """A span under construction."""

    __slots__ = ("agent", "call", "children", "cut", "end_ns", "key", "kind", "start_ns", "tool", "type")

    def __init__(self, kind: Kind, key: str, start_ns: int, end_ns: int | None) -> None:
        self.kind, self.key, self.start_ns, self.end_ns = kind, key, start_ns, end_ns
        self.call: Call | None = None
        self.tool: ToolCall | None = None
        self.agent: str | None = None
        self.type = ""
        self.cut = False
        self.children: list[Node] = []


def call_node(number: int, call: Call, entry: Entry) -> Node:
    """A model call; one whose length nobody told lasts from the beginning that was told apart from its end."""
    start_ns = call.start_ns
    if start_ns == call.end_ns:
        start_ns = entry.begun.before(call.agent_id, call.end_ns) or start_ns
    node = Node("llm", f"llm:{call.call_id or number}", start_ns, call.end_ns)
    node.call, node.agent = call, entry.helpers.whose(call.agent_id)
    return node


def tool_node(number: int, tool: ToolCall, entry: Entry) -> Node:
    """A tool call, with the wait for its permission in it."""
    start_ns = tool.at_ns if tool.start_ns is None else tool.start_ns
    node = Node("tool", f"tool:{tool.call_id or number}", start_ns, tool.end_ns)
    node.tool, node.agent = tool, entry.helpers.whose(tool.agent_id)
    if tool.call_id is not None and (wait := entry.waits.get(tool.call_id)) is not None and not wait.by_rule:
        began_ns, ended_ns = wait.window
        if began_ns is not None:
            inner = Node("wait", f"wait:{tool.call_id}", began_ns, ended_ns)
            inner.tool = tool
            node.start_ns = min(node.start_ns, began_ns)
            node.children.append(inner)
    return node


def agent_nodes(entry: Entry, nodes: list[Node]) -> dict[str, Node]:
    """A node for each subagent, with its work in it; one that nobody announced begins with its first work."""
    agents: dict[str, Node] = {}
    for node in nodes:
        if node.agent is None:
            continue
        agent = agents.get(node.agent)
        if agent is None:
            agent = agents[node.agent] = Node("agent", f"agent:{node.agent}", node.start_ns, None)
        agent.children.append(node)
        agent.start_ns = min(agent.start_ns, node.start_ns)
    for agent_id, helper in entry.helpers.joined().items():
        if helper.started_ns is None and agent_id not in agents:
            continue
        node = agents.setdefault(agent_id, Node("agent", f"agent:{agent_id}", helper.started_ns or 0, None))
        node.start_ns = min(node.start_ns, helper.started_ns or node.start_ns)
        node.end_ns, node.type = helper.ended_ns, helper.type or ""
        if node.end_ns is not None:
            node.end_ns = max([node.end_ns, *(child.end_ns or 0 for child in node.children)])
    return agents


def nest_agents(agents: dict[str, Node], tools: list[Node]) -> None:
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


def close(node: Node, end_ns: int | None, over_ns: int | None) -> None:
    """What nobody said the end of ended with its turn at the latest; a subagent may go on until the session is over."""
    for child in node.children:
        close(child, over_ns if node.kind == "agent" else end_ns, over_ns)
    latest_ns = over_ns if node.kind == "agent" else end_ns
    if node.end_ns is None and latest_ns is not None:
        ends = [child.end_ns for child in node.children if child.end_ns is not None]
        node.cut = True
        node.end_ns = max([node.start_ns, *(ends if node.kind == "agent" else [latest_ns])])
