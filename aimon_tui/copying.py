"""What `y` copies of a session: the command that resumes it, and at once again its id, then its folder."""

from shlex import quote

from aimon_core.clean import clean
from aimon_core.session import Session

AGAIN_S = 3.0
"""A second press within this time goes on to the next thing."""

_RESUMES = {"claude-code": "claude --resume {}"}
"""By agent, the command that takes a session up again."""


class Copying:
    """Which thing comes next."""

    def __init__(self) -> None:
        self._key, self._turn, self._at_s = "", 0, 0.0

    def next(self, session: Session, now_s: float) -> str:
        """What to copy now: clean, and quoted where it is a command."""
        again = self._key == session.key and now_s - self._at_s < AGAIN_S
        things = worth_copying(session)
        self._turn = (self._turn + 1) % len(things) if again else 0
        self._key, self._at_s = session.key, now_s
        return things[self._turn]


def worth_copying(session: Session) -> list[str]:
    """Resume command, id and folder, as far as they are known."""
    session_id = clean(session.session_id)
    resume = _RESUMES.get(session.agent, "").format(quote(session_id))
    return [thing for thing in (resume, session_id, clean(session.cwd or "")) if thing]
