"""What is over in a session as requests: some of it for the exporter, all of it for who asks once. In steps."""

from collections.abc import Collection, Iterator, Sequence

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from aimon_core.session import Session
from aimon_core.spans import TurnTree
from receiver.export.encode import Piece, requests
from receiver.export.ids import SESSION, span_id
from receiver.export.tree import Tree
from receiver.steps import RECORDS, Steps


def made(
    session: Session, turns: Sequence[TurnTree], names: Collection[str], *, sent: set[bytes], content: bool
) -> Steps[list[Piece]]:
    """The turns of some keys, and the session itself as `SESSION`; spans that are in `sent` are not, and are then."""
    tree = yield from Tree(session, turns, content=content).prepared()
    spans: list[Span] = []
    for turn in turns:
        if turn.key not in names:
            continue
        for number, span in enumerate(tree.of_turn(turn), start=1):
            if span.span_id not in sent:
                spans.append(span)
            if number % RECORDS == 0:
                yield
    if SESSION in names and span_id(session.key, SESSION) not in sent:
        spans.append(tree.of_session())
    pieces = []
    for piece in requests(tree.resource(), spans):
        pieces.append(piece)
        yield
    sent.update(span.span_id for span in spans)
    return pieces


def whole(session: Session, growing: Iterator[TurnTree | None], *, content: bool) -> Steps[list[Piece]]:
    """Everything that is over: what is still open has no end yet."""
    turns = []
    for turn in growing:
        if turn is None:
            yield
        else:
            turns.append(turn)
    names = {turn.key for turn in turns if turn.until_ns is not None}
    if session.ended_at_ns is not None:
        names.add(SESSION)
    return (yield from made(session, turns, names, sent=set(), content=content))
