"""Which sessions have a living process: agents' own session files, the process table, and what the ledger knows.

A process without a session that is known is a row of its own until its session is learnt; then the ledger makes them
one. A process that is gone ends its session, whatever it still says in a file. A pid counts with its start time only.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from aimon_core import paths, process
from aimon_core.agents import traits
from aimon_core.ancestry import agents_above
from aimon_core.clock import Clock
from aimon_core.events import Event, SessionEnded, SessionSeen, StatusTold
from aimon_core.evidence import FROM_TRANSCRIPT, NO_HOOKS
from aimon_core.identity import NO_SESSION
from aimon_core.masking import mask
from aimon_core.scan import SAME_S, Running, Scan, open_files
from aimon_core.session import Session, WaitingFor

CLAUDE, QWEN = "claude-code", "qwen-code"
ALIKE_S = 2.0
"""Clocks of a process table and of a file agree this well."""
_HELD = {
    "codex": re.compile(r"/rollout-[^/]*(.{36})\.jsonl$"),
    "copilot": re.compile(r"/session-state/([^/]{36})/inuse\.[^/]*$"),
}
"""By agent, the files that its processes hold open, and where in their paths the session stands."""
SILENT_S = 300.0
"""A session that only its transcript tells of, silent for this long and without a process, is over."""
_FILE_BYTES = 64 * 1024

_SECOND_NS = 1_000_000_000

_Key = tuple[int, float]
"""A process: pid and start time."""


class Note(Struct, frozen=True, rename="camel"):
    """Claude Code's `sessions/PID.json`: which session a process is in, and what it does."""

    pid: int
    session_id: str
    started_at: int
    """Milliseconds since the epoch."""
    cwd: str | None = None
    name: str | None = None
    name_source: str | None = None
    status: Literal["busy", "idle", "waiting"] | None = None
    waiting_for: str | None = None
    """`approve Bash`, `permission prompt`, `input needed`, `dialog open`."""
    updated_at: int | None = None
    status_updated_at: int | None = None
    pid_domain: str | None = None
    """The machine and the namespace in which the pid means something."""


class Runtime(Struct, frozen=True):
    """Qwen Code's `chats/SESSION.runtime.json`: which process a session is."""

    pid: int
    session_id: str
    started_at: float
    """Seconds since the epoch."""


class Sight(Struct, frozen=True):
    """What one look found."""

    running: list[Running]
    notes: dict[int, Note]
    """By pid, those of living processes."""
    over: frozenset[str]
    """Sessions of Claude Code whose process is gone, by what it left behind."""
    sessions: dict[int, str]
    """By pid, the sessions whose files a process holds open."""


class Registry:
    """Joins processes to sessions."""

    def __init__(self, clock: Clock, scan: Scan, folders: Callable[[], Iterable[Path]] = paths.claude_dirs) -> None:
        self._clock, self._scan, self._folders = clock, scan, folders
        self._files: dict[Path, tuple[int, Note | None]] = {}
        self._bound: dict[_Key, tuple[str, str]] = {}
        """The agent and session of each living process."""
        self._noted: dict[int, Note] = {}
        self._over: set[str] = set()

    @property
    def living(self) -> frozenset[str]:
        """The ids of the sessions whose processes live."""
        return frozenset(session_id for _, session_id in self._bound.values())

    def look(self) -> Sight:
        """Look at processes and files. Blocks."""
        running = {one.pid: one for one in self._scan.look()}
        notes, over = {}, set()
        for note in self._notes():
            one = running.get(note.pid) or self._process(note)
            if one is not None and one.started_at <= note.started_at / 1000 + ALIKE_S:
                running[one.pid], notes[one.pid] = one, note
            else:  # gone, or another process that was given the same pid
                over.add(note.session_id)
        held = {one.pid: name for one in running.values() if (name := _held(one)) is not None}
        over -= {note.session_id for note in notes.values()}
        return Sight(sorted(running.values(), key=lambda one: one.started_at), notes, frozenset(over), held)

    def deliveries(self, sight: Sight, sessions: Iterable[Session]) -> Iterator[tuple[list[Event], int]]:
        """What a look means for the sessions that are listed: events, each with when they count as told."""
        now_ns = self._clock.now_ns()
        listed = [one for one in sessions if one.state not in {"ended", "expired"}]
        if events := [*self._gone(sight, now_ns), *self._told(sight), *self._joined(sight, listed)]:
            yield events, now_ns
        for session in listed:
            if self._is_over(session, sight, now_ns):
                self._over.add(session.session_id)
                at_ns = session.last_activity_at_ns + _SECOND_NS
                yield [_ended(session.agent, session.session_id, at_ns)], at_ns

    def _process(self, note: Note) -> Running | None:
        """The process of a note whose program is not known by name."""
        facts = process.facts(note.pid)
        if facts is None or facts.uid != os.getuid():
            return None
        known = (at for pid, at in self._bound if pid == facts.pid and abs(at - facts.started_at) < SAME_S)
        return Running(CLAUDE, facts.pid, next(known, facts.started_at), note.cwd, facts.parent)

    def _gone(self, sight: Sight, now_ns: int) -> Iterator[Event]:
        for key in self._bound.keys() - {(one.pid, one.started_at) for one in sight.running}:
            self._noted.pop(key[0], None)
            agent, session_id = self._bound.pop(key)
            heir = next((one for one in sight.running if one.parent == key[0] and one.agent == agent), None)
            if heir is None or (heir.pid, heir.started_at) in self._bound:
                yield _ended(agent, session_id, now_ns)
            else:  # it was a launcher, and has started the process that counts
                self._bound[heir.pid, heir.started_at] = (agent, session_id)
                yield _seen(heir, session_id)

    def _told(self, sight: Sight) -> Iterator[Event]:
        """What agents say of themselves."""
        for one in sight.running:
            note = sight.notes.get(one.pid)
            if note is None or note == self._noted.get(one.pid):
                continue
            self._noted[one.pid] = note
            self._bound[one.pid, one.started_at] = (one.agent, note.session_id)
            self._over.discard(note.session_id)
            told_ms = note.status_updated_at or note.updated_at or note.started_at
            base: dict[str, Any] = {
                "agent": one.agent, "session_id": note.session_id, "at_ns": told_ms * 1_000_000, "channel": "file",
                "signal": "sessions",
            }  # fmt: skip
            title = mask(note.name) if note.name and note.name_source != "derived" else None
            yield SessionSeen(**base, **_process(one) | {"cwd": note.cwd or one.cwd}, title=title)
            if note.status is not None:
                kind, name = _waits(note.waiting_for or "")
                yield StatusTold(**base | {"signal": note.status}, status=note.status, kind=kind, name=name)

    def _joined(self, sight: Sight, listed: list[Session]) -> Iterator[Event]:
        """Processes that say nothing of themselves, the youngest first: each gets the session that fits it best."""
        names = {session.session_id for session in listed}
        for one in reversed(sight.running):
            bound, held = self._bound.get((one.pid, one.started_at)), sight.sessions.get(one.pid)
            stays = bound is not None and bound[1] in names and not _is_nameless(bound[1]) and held in {None, bound[1]}
            if stays or one.pid in sight.notes:
                continue
            free = self._free(one, listed)
            session_id = held or _best(one, free)
            if session_id is None and bound is None and all(each.cwd is not None for each in free):
                session_id = f"{NO_SESSION}{one.pid}"
            if session_id is not None and (bound is None or bound[1] != session_id):
                self._bound[one.pid, one.started_at] = (one.agent, session_id)
                yield _seen(one, session_id)

    def _free(self, one: Running, listed: list[Session]) -> list[Session]:
        """The sessions that a process may be: its agent's, without a process, and heard of since it began."""
        since_ns = (one.started_at - ALIKE_S) * 1e9
        alike = (session for session in listed if session.agent == one.agent and session.session_id not in self.living)
        return [session for session in alike if session.last_activity_at_ns >= since_ns]

    def _is_over(self, session: Session, sight: Sight, now_ns: int) -> bool:
        """Whether a session without a process is over: its agent left a note of it, or nobody else would ever say."""
        session_id = session.session_id
        if session_id in self._over or session_id in self.living:
            return False
        if session.agent == CLAUDE and session_id in sight.over:
            return True
        silent_s = (now_ns - session.last_activity_at_ns) / 1e9
        alone = NO_HOOKS in session.blind_spots or (traits(session.agent).waits_written and session.pid is None)
        return silent_s > SILENT_S and alone and FROM_TRANSCRIPT in session.blind_spots

    def _notes(self) -> Iterator[Note]:
        """The session files that are ours and of this machine, each read again only when it changed."""
        files = {}
        for folder in self._folders():
            for path in (folder / "sessions").glob("*.json"):
                try:
                    facts = path.stat()
                except OSError:
                    continue
                known = self._files.get(path)
                if known is None or known[0] != facts.st_mtime_ns:
                    known = (facts.st_mtime_ns, _note(path) if facts.st_uid == os.getuid() else known and known[1])
                files[path] = known
                if known[1] is not None:
                    yield known[1]
        self._files = files


def _note(path: Path) -> Note | None:
    """What a session file says; None for one that is half written, no note, or not of this machine."""
    try:
        note = msgspec.json.decode(_head(path), type=Note)
    except (OSError, ValueError):
        return None
    return note if _is_here(note) and str(note.pid) == path.stem else None


def _head(path: Path) -> bytes:
    """A small file, or the beginning of whatever lies there; a FIFO would wait for a writer. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.read(descriptor, _FILE_BYTES)
    finally:
        os.close(descriptor)


def _is_here(note: Note) -> bool:
    """Whether the pid is one of ours: a container that shares the folder counts its own."""
    try:
        return note.pid_domain is None or note.pid_domain.endswith(str(Path("/proc/self/ns/pid").readlink()))
    except OSError:  # no namespaces here
        return True


def _held(one: Running) -> str | None:
    """The session of which a process holds a file open, or has written that it is in it."""
    if one.agent == QWEN:
        return _runtime(one)
    if (held := _HELD.get(one.agent)) is None:
        return None
    return next((found[1] for file in open_files(one.pid) if (found := held.search(file))), None)


def _runtime(one: Running) -> str | None:
    """The session of a process of Qwen Code, by the file that lies beside its chat for as long as it is open."""
    for path in (paths.qwen_dir() / "projects").glob("*/chats/*.runtime.json"):
        try:
            told = msgspec.json.decode(_head(path), type=Runtime)
        except (OSError, ValueError):
            continue
        if told.pid == one.pid and told.started_at >= one.started_at - ALIKE_S:
            return told.session_id
    return None


def _best(one: Running, free: list[Session]) -> str | None:
    """Of the sessions in the folder of a process: the first that began with or after it, else the one used last."""
    here = [session for session in free if session.cwd is not None and session.cwd == one.cwd]
    begun = [session for session in here if session.started_at_ns >= (one.started_at - ALIKE_S) * 1e9]
    if begun:
        return min(begun, key=lambda session: session.started_at_ns).session_id
    return max(here, key=lambda session: session.last_activity_at_ns).session_id if here else None


def _waits(waiting_for: str) -> tuple[WaitingFor, str]:
    """What a `waiting` waits for, and the tool it is about."""
    if waiting_for.startswith("approve "):
        return "permission", waiting_for.removeprefix("approve ")[:64]
    if waiting_for.startswith("permission"):
        return "permission", ""
    return ("question" if waiting_for.startswith("input") else "dialog"), ""


def _is_nameless(session_id: str) -> bool:
    return session_id.startswith(NO_SESSION)


def _seen(one: Running, session_id: str) -> Event:
    """A process stands behind a session, since it began: being there is no activity."""
    return SessionSeen(
        agent=one.agent, session_id=session_id, at_ns=round(one.started_at * 1e9), channel="process", signal="process",
        **_process(one),
    )  # fmt: skip


def _process(one: Running) -> dict[str, Any]:
    above = agents_above(one.pid, one.started_at)
    return {"cwd": one.cwd, "pid": one.pid, "pid_started_at": one.started_at, "above": above}


def _ended(agent: str, session_id: str, at_ns: int) -> Event:
    return SessionEnded(agent=agent, session_id=session_id, at_ns=at_ns, channel="process", signal="gone")
