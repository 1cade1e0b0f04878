"""A pane with a client in it, and somebody who looks at it and types as a person does: not at once."""

import asyncio

import psutil

from tests.fakes.scene import until
from tests.fakes.tmux import Pane, Server
from tests.real.recorder import Recorder

TYPED_S = 0.3
"""Before an Enter: on the heels of the last letter it may be taken for part of what is pasted."""
READ_S = 1.0
"""Before a dialog is answered: too soon, the key is not taken for an answer."""


class Terminal:
    """What a person sees and does."""

    def __init__(self, tmux: Server, pane: Pane, tape: Recorder | None) -> None:
        self.pane, self.process = pane, psutil.Process(pane.pid)
        self._tmux, self._tape = tmux, tape

    def see(self) -> str:
        """The screen as text."""
        return self._tmux("capture-pane", "-p", "-t", self.pane.id)

    async def sees(self, text: str) -> None:
        """Wait until the screen shows some text."""
        try:
            await until(lambda: text in self.see())
        except AssertionError as error:
            raise AssertionError(f"never saw {text!r}:\n{self.see()}") from error

    async def say(self, text: str) -> None:
        """Type a prompt and send it."""
        self._tmux("send-keys", "-t", self.pane.id, "-l", text)
        await self.sees(text)
        await asyncio.sleep(TYPED_S)
        self.press("Enter", f"prompt {text}")

    async def answer(self, dialog: str, key: str, words: str) -> None:
        """Press a key once a dialog is there and read."""
        await self.sees(dialog)
        await asyncio.sleep(READ_S)
        self.press(key, words)

    def press(self, key: str, words: str) -> None:
        """Press a key; words say what for where the run is recorded."""
        self.mark(f"{words} ({key})")
        self._tmux("send-keys", "-t", self.pane.id, key)

    def kill(self) -> None:
        """End the client as nothing else does."""
        self.mark("kill -9")
        self.process.kill()

    def mark(self, words: str) -> None:
        """Note what a person does."""
        if self._tape:
            self._tape.mark(words)

    @property
    def lives(self) -> bool:
        """Whether the client still does something."""
        try:
            return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False
