"""What is known of one thread: some agents give hidden helpers ids of their own, which look like those of sessions."""

from msgspec import Struct, field

from aimon_core.events import Event, PromptSubmitted, SessionSeen, ThreadSeen

BACKLOG = 512
"""Events kept until it is known whether they are a session's."""
ASKED = 128
"""Those of a thread that was asked for something: most such threads are sessions, some are those of reviewers."""


class Thread(Struct):
    """A session, or a helper of one."""

    told: bool | None = None
    """Whether it was told to be a helper's."""
    guessed: bool = False
    asked: bool = False
    proven: bool = False
    """Whether something spoke that only speaks for sessions: hooks, a transcript, a file of the agent's."""
    began_ns: int = 0
    owner: str | None = None
    """Key of the session that a helper works for, as far as is known."""
    backlog: list[Event] | None = field(default_factory=list)
    """What was told before anything showed that this is no subagent's thread; None once that is known."""

    @property
    def helps(self) -> bool:
        """Whether it may be a helper's."""
        return self.guessed and not self.proven if self.told is None else self.told

    @property
    def hidden(self) -> bool:
        """Whether it is no row: a helper that was told to be one, or that has somebody to help."""
        return bool(self.told) or (self.helps and self.owner is not None)

    def hear(self, event: Event) -> None:
        """Take in what one report says; the same reports in any order give the same."""
        if isinstance(event, ThreadSeen):
            if event.certain:
                self.told = bool(self.told) or event.auxiliary
            self.guessed = self.guessed or event.auxiliary
            self.began_ns = min(self.began_ns or event.at_ns, event.at_ns)
        elif event.channel == "transcript" or (event.channel in {"hook", "file"} and isinstance(event, SessionSeen)):
            self.proven = True
        if self.backlog is not None:
            self.asked = self.asked or (isinstance(event, PromptSubmitted) and not event.by_thread)
            room = ASKED if self.asked else BACKLOG
            if self.proven or self.told is not None or len(self.backlog) >= room:
                self.backlog = None
            else:
                self.backlog.append(event)
