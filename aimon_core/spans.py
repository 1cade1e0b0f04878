"""The tree of one session: turns, and in them model calls, tools, waits and subagents, each once.

It is read off the books and kept nowhere: the merged calls, tools and waits are the spans, whichever channels told of
them. So the waterfall and the figures cannot disagree, and a session that never sent a span has the same tree.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Generator, Iterator

from msgspec import Struct

from aimon_core.call import Outcome
from aimon_core.entry import Entry
from aimon_core.nodes import NEAR_NS, Kind, Node, agent_nodes, call_node, close, nest_agents, tool_node
from aimon_core.session import PICODOLLARS, Tokens
from aimon_core.tools import ToolCall
from aimon_core.turns import End, TurnTimes

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
    outcome: Outcome | None = None
    """How a model call ended."""
    cut: bool = False
    """Nobody told its end: it ended with what held it."""


class TurnTree(Struct, frozen=True):
    """One turn and everything in it."""

    place: int
    """Where it stands in the tree, from 1."""
    number: int
    """Of the turn; 0 for what nobody asked for: before the first prompt, or a command of the client."""
    title: str
    start_ns: int
    end_ns: int | None
    end_reason: str | None
    """`events.Ending`, else new_prompt or session_end; None while it is open."""
    failed: bool
    waited_ns: int
    """Time spent waiting for a person, an open wait not included."""
    spans: tuple[Span, ...]
    """In the order of the tree: each before what lies in it."""
    cost_usd: float | None
    """None when a call of it has no known cost."""
    until_ns: int | None
    """When the last thing in it ended, for a background subagent outlives its prompt; None while anything is open."""
    key: str = ""
    """The same however often the tree is read: the prompt's id, else the turn's start."""
    by_hook: bool = False
    """Whether a hook told of its prompt."""

    @property
    def label(self) -> str:
        """What a person calls it."""
        return f"turn {self.number}" if self.number else "outside turns"


class _Thread:
    """The model calls of one thread in their order: the session's own, or a subagent's."""

    def __init__(self, calls: list[Node]) -> None:
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
    """All turns in their order, with a None every few milliseconds, where others may run: 40,000 spans take 0.1 s."""
    turns, links = yield from _gathered(entry)
    status = entry.fold.status
    over_ns = entry.last_ns if status.state in {"ended", "expired"} else None
    quiet_ns = None if status.turn_open else status.turn_ended_ns  # silence may have ended the last turn
    waited, endings = entry.waits.ledger(), entry.turns.endings()
    number = entry.turns.forgotten
    for place, (turn, nodes) in enumerate(turns, start=1):
        spans: list[Span] = []
        next_ns = turns[place][0].start_ns if place < len(turns) else None
        told = endings.get(turn.start_ns)
        end_ns = told.at_ns if told else next_ns or over_ns or quiet_ns
        for count, node in enumerate(sorted(nodes, key=_order)):
            close(node, end_ns, over_ns)
            _flatten(node, 1, links, spans)
            if count % STEP == STEP - 1:
                yield None
        number += not turn.aside
        reason = _reason(told, spans) or ("new_prompt" if next_ns else "session_end" if over_ns else None)
        if reason is None and quiet_ns:
            reason = "failed" if status.state == "failed" else status.end_reason
        yield TurnTree(
            place=place,
            number=0 if turn.aside else number,
            title=turn.title,
            start_ns=turn.start_ns,
            end_ns=end_ns,
            end_reason=reason,
            failed=reason == "failed",
            waited_ns=waited.between(turn.start_ns, next_ns),
            spans=tuple(spans),
            cost_usd=_cost(spans),
            until_ns=_until(end_ns, spans),
            key=f"turn:{turn.prompt_id or turn.start_ns}",
            by_hook=turn.by_hook,
        )


Groups = list[tuple[TurnTimes, list[Node]]]
Links = dict[str | None, _Thread]


def _gathered(entry: Entry) -> Generator[None, None, tuple[Groups, Links]]:
    """Everything that was done, each in its turn, and the threads that link calls and tools."""
    calls, tools = [], []
    for number, call in enumerate([*entry.calls, *entry.given_up()]):
        calls.append(call_node(number, call, entry))
        if number % STEP == STEP - 1:
            yield None
    for number, tool in enumerate(list(entry.tools)):
        tools.append(tool_node(number, tool, entry))
        if number % STEP == STEP - 1:
            yield None
    threads: dict[str | None, list[Node]] = {}
    for node in calls:
        threads.setdefault(node.agent, []).append(node)
    links = {agent: _Thread(nodes) for agent, nodes in threads.items()}
    yield None
    agents = agent_nodes(entry, [*calls, *tools])
    nest_agents(agents, tools)
    top = [node for node in (*calls, *tools) if node.agent is None]
    top += [node for node in agents.values() if node.agent is None]
    yield None
    return _by_turn(entry.turns.times, top), links


def _by_turn(times: list[TurnTimes], top: list[Node]) -> Groups:
    starts = [turn.start_ns for turn in times]
    early = TurnTimes(min((node.start_ns for node in top), default=0), title="")
    groups: Groups = [(early, []), *((turn, []) for turn in times)]
    for node in top:
        # A span's start is told by the client, a prompt's by a hook that took its time to start.
        groups[bisect_right(starts, node.start_ns + NEAR_NS)][1].append(node)
    # A command of the client (`/exit`) has a span too, but nobody asked for anything and nothing was done.
    return [(turn, nodes) for turn, nodes in groups if nodes or not turn.aside]


def _reason(told: End | None, spans: list[Span]) -> str | None:
    """How a turn ended. Its own span closes the same way whatever happened: Esc leaves it without an answer."""
    if told is None or told.reason != "span":
        return told.reason if told else None
    own = [span for span in spans if span.depth == 1]
    if own and all(span.kind == "agent" for span in own):
        return "span"  # somebody else did all of it: a reviewer
    if not own or own[-1].kind != "llm":
        return "interrupted"
    return "failed" if own[-1].failed else "span"


def _cost(spans: list[Span]) -> float | None:
    costs = [span.cost_usd for span in spans if span.kind == "llm" and not span.failed]
    return None if None in costs else sum(filter(None, costs))


def _until(end_ns: int | None, spans: list[Span]) -> int | None:
    ends = [end_ns, *(span.end_ns for span in spans)]
    return None if None in ends else max(end for end in ends if end is not None)


def _order(node: Node) -> tuple[int, str]:
    return (node.start_ns, node.key)


def _flatten(node: Node, depth: int, links: Links, into: list[Span]) -> None:
    place = len(into)
    into.append(_PLACEHOLDER)
    for child in sorted(node.children, key=_order):
        _flatten(child, depth + 1, links, into)
    into[place] = _span(node, depth, len(into) - place - 1, links)


def _span(node: Node, depth: int, children: int, links: Links) -> Span:
    if (call := node.call) is not None:
        spent = call.picodollars
        return Span(
            node.key, "llm", call.model, "", node.start_ns, node.end_ns, depth, children,
            failed=not call.ok, error=call.error, tokens=call.tokens,
            cost_usd=None if spent is None else spent / PICODOLLARS, agent_id=node.agent,
            outcome=call.outcome,
        )  # fmt: skip
    if (tool := node.tool) is not None:
        if node.kind == "wait":
            return Span(node.key, "wait", tool.name, tool.subject, node.start_ns, node.end_ns, depth, cut=node.cut)
        return _tool_span(node, tool, depth, children, links)
    return Span(
        node.key, "agent", node.key.removeprefix("agent:"), node.type, node.start_ns, node.end_ns, depth, children,
        agent_id=node.key.removeprefix("agent:"), cut=node.cut,
    )  # fmt: skip


def _tool_span(node: Node, tool: ToolCall, depth: int, children: int, links: Links) -> Span:
    thread = links.get(node.agent)
    asked = f"llm:{tool.asked_by}" if tool.asked_by else thread.before(node.start_ns) if thread else None
    read = thread.after(node.end_ns) if thread and node.end_ns is not None else None
    return Span(
        node.key, "tool", tool.name, tool.subject, node.start_ns, node.end_ns, depth, children,
        failed=tool.failed or tool.refused, error="refused" if tool.refused else tool.error,
        agent_id=node.agent, asked_by=asked, read_by=read, cut=node.cut,
    )  # fmt: skip


_PLACEHOLDER = Span("", "agent", "", "", 0, 0, 0)
