"""Where the log goes: to a file, since the screen belongs to the dashboard and stdout to data."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aimon_core.clean import clean
from aimon_core.errors import Unsafe
from aimon_core.paths import owned

NAME = "aimon.log"
_LIMIT = 5 << 20
"""Bytes after which the next start begins a new file and keeps this one as `aimon.log.1`."""
_LINE = 4096


class _OneLine(logging.Formatter):
    """One clean line for each record: what agents send may end up in it, and somebody's terminal shows it."""

    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record).replace("\n", " | "), _LINE)


@contextmanager
def to_file(folder: Path) -> Iterator[None]:
    """Send what is logged to a file in `folder` and nowhere else; without a folder to write to, nowhere at all."""
    handler = _handler(folder)
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        root.removeHandler(handler)
        handler.close()


def _handler(folder: Path) -> logging.Handler:
    try:
        file = owned(folder) / NAME
        if file.exists() and file.stat().st_size > _LIMIT:
            file.replace(file.with_name(f"{NAME}.1"))
        file.touch(mode=0o600)
        return logging.FileHandler(file, encoding="utf-8")
    except (OSError, Unsafe):
        return logging.NullHandler()
