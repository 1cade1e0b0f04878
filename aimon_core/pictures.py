"""Sessions as they looked last, kept in the journal: what a screen shows at once while deliveries are read again.

They are no truth of their own. The ledger draws them and replaces them as soon as it knows as much; those of another
format, or that cannot be read, are passed over. What was said or worked on is left out, as of everything that is kept.
"""

import sqlite3
from collections.abc import Mapping
from pathlib import PurePath

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from aimon_core.mirror import FORMAT
from aimon_core.session import Session, Totals
from aimon_core.spending import local_day

TOTALS = ""
"""The key of the sums over all sessions; no session has it."""
_PUT = "INSERT OR REPLACE INTO pictures VALUES (?, ?, ?, ?)"
_SINCE = "SELECT key, at_ns, body FROM pictures WHERE format = ? AND at_ns >= ?"


class Recalled(Struct, frozen=True):
    """What was known last."""

    sessions: dict[str, Session] = {}
    """By key, oldest first."""
    totals: Totals | None = None


_ENCODER = msgspec.msgpack.Encoder()
_SESSION, _TOTALS = msgspec.msgpack.Decoder(Session), msgspec.msgpack.Decoder(Totals)


def wordless(session: Session) -> Session:
    """A session without what was asked, said or worked on; a title is made of what was said."""
    name = PurePath(session.cwd or "").name or session.session_id[:8]
    return replace(session, name=name, doing="", waiting_on=None, parent_says="")


def put(db: sqlite3.Connection, now_ns: int, pictures: Mapping[str, Session | None], totals: Totals) -> None:
    """Keep some pictures, and forget those that are None. Raises sqlite3.DatabaseError."""
    kept = [
        (key, one.last_activity_at_ns, FORMAT, _ENCODER.encode(wordless(one))) for key, one in pictures.items() if one
    ]
    db.execute("BEGIN IMMEDIATE")
    db.executemany("DELETE FROM pictures WHERE key = ?", [(key,) for key, one in pictures.items() if one is None])
    db.executemany(_PUT, [*kept, (TOTALS, now_ns, FORMAT, _ENCODER.encode(totals))])
    db.execute("COMMIT")


def recalled(db: sqlite3.Connection, since_ns: int, now_ns: int) -> Recalled:
    """The pictures of sessions active since a moment, and the sums where they are of today. Raises DatabaseError."""
    found, totals = [], None
    for key, at_ns, body in db.execute(_SINCE, (FORMAT, since_ns)):
        try:
            if key != TOTALS:
                found.append(_SESSION.decode(body))
            elif local_day(at_ns) == local_day(now_ns):
                totals = _TOTALS.decode(body)
        except msgspec.MsgspecError:
            continue
    return Recalled({one.key: one for one in sorted(found, key=_began)}, totals)


def _began(session: Session) -> int:
    return session.started_at_ns
