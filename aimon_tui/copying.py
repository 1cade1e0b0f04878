"""What `y` copies of a session: the command that resumes it, and at once again its id, then its folder.

What is copied is pasted into a shell: it is one line without control characters, and quoted where a shell would read
more into it than a word.
"""

from shlex import quote

from aimon_core.clean import clean
from aimon_core.session import Session

AGAIN_S = 3.0
"""A second press within this time goes on to the next thing."""
LONGEST = 4096
"""Characters of the longest path that Linux opens; what is longer is none."""
_ID_SHOWN = 8

_RESUMES = {"claude-code": "claude --resume {}"}
"""By agent, the command that takes a session up again."""


class Copying:
    """Which thing comes next."""

    def __init__(self) -> None:
        self._key, self._turn, self._at_s = "", 0, 0.0
        self._offered = ("", "")

    def offer(self, key: str, command: str) -> None:
        """From now on a command comes first for one session; an empty one takes the offer back."""
        self._offered = (key, command)

    def offers(self, key: str) -> bool:
        """Whether there is such a command for a session."""
        return self._offered[0] == key and bool(self._offered[1])

    def next(self, session: Session, now_s: float) -> str:
        """What to copy now."""
        again = self._key == session.key and now_s - self._at_s < AGAIN_S
        things = worth_copying(session)
        if self.offers(session.key):
            things.insert(0, self._offered[1])
        self._turn = (self._turn + 1) % len(things) if again else 0
        self._key, self._at_s = session.key, now_s
        return things[self._turn]


def worth_copying(session: Session) -> list[str]:
    """Resume command, id and folder, as far as they are known."""
    session_id, folder = _word(session.session_id), _word(session.cwd or "")
    resume = _RESUMES.get(session.agent, "").format(session_id) if session_id else ""
    return [thing for thing in (resume, session_id, folder) if thing] or [_word(session.key)]


def resumable(session: Session) -> bool:
    """Whether there is a command that takes the session up again."""
    return session.agent in _RESUMES


def shortened(copied: str, session: Session) -> str:
    """What was copied as a toast says it: with the head of the id."""
    session_id = _word(session.session_id)
    if len(session_id) <= _ID_SHOWN:
        return copied
    return copied.replace(session_id, f"{session_id[:_ID_SHOWN]}…")


def _word(text: str) -> str:
    cleaned = clean(text, LONGEST)
    return quote(cleaned) if cleaned else ""
