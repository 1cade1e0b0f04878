"""Every failure a person can be told about.

AimonError
├── UsageError      a command was called wrongly, a setting is not understood      exit 2
├── Unreadable      a file or a body is not what it claims to be                   exit 2
├── PortTaken       the receiver's port belongs to another program                 exit 1
├── Unsafe          a folder or an address is not safe to use                      exit 2
├── JournalFailed   the journal cannot keep what came in (`journal`)               exit 1
├── OutboxFailed    what is to be passed on cannot be kept (`receiver.outbox`)     counted
├── Refused         a request was not taken (`receiver.status`)                    answered
└── Unavailable     what was asked for is not there, or not reachable              exit 1
"""


class AimonError(Exception):
    """What happened, and what to do about it: two sentences at most, no exclamation mark."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(AimonError):
    """A command was called wrongly, or a setting is not understood."""

    exit_code = 2


class Unreadable(AimonError):
    """A file or a body is not what it claims to be."""

    exit_code = 2


class PortTaken(AimonError):
    """The receiver's port belongs to another program."""

    by_aimon = False
    """Whether that program is an aimon: its sessions can be shown."""


class Unsafe(AimonError):
    """A folder or an address is not safe to use."""

    exit_code = 2


class Unavailable(AimonError):
    """What was asked for is not there, or not reachable."""
