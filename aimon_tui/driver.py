"""Textual's driver for a terminal that may vanish: a closed window, a killed tmux server, a lost ssh connection.

Textual 8.2 writes in a thread that dies of the first error; thirty writes later the whole program waits for it, its
doors included. And the SIGCONT that comes with a SIGHUP makes it start to read a second time, in a thread that nobody
ends. Here what is written to nobody is dropped, only what was stopped goes on, and SIGHUP ends the program.
"""

from contextlib import suppress
from typing import IO, Any

from textual.driver import Driver


class Lost:
    """A file that goes on when there is nobody to read it."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, text: str) -> int:
        """Write, as long as there is a terminal."""
        with suppress(OSError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, as long as there is a terminal."""
        with suppress(OSError):
            self._file.flush()


def enduring(base: type[Driver]) -> type[Driver]:
    """The same driver, for a terminal that may vanish, or be another program's for a while."""

    class EnduringDriver(base):  # type: ignore[misc, valid-type] # Textual chooses it when the program runs
        """Drops what nobody can read, and resumes only what was suspended."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._lent = False
            if (file := getattr(self, "_file", None)) is not None:
                self._file = Lost(file)

        def write(self, data: str) -> None:
            """Write, unless the terminal is another program's now; nobody would take it off the queue."""
            if not self._lent:
                super().write(data)

        def suspend_application_mode(self) -> None:
            """Leave the terminal to another program."""
            super().suspend_application_mode()
            self._lent = True

        def resume_application_mode(self) -> None:
            """Have it back."""
            self._lent = False
            super().resume_application_mode()

        def _sigcont_application(self, *told: Any) -> None:
            if self._must_signal_resume:
                super()._sigcont_application(*told)

    return EnduringDriver
