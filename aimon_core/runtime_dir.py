"""Where the running aimon leaves what other programs read while it runs: `status.json`, sockets.

Apart from `paths` because `aimon status` looks here on every prompt of a shell and may load nothing but the
standard library. Nobody else may own, read or redirect the folder; where that cannot be had, it is refused.
"""

import os
import stat

from aimon_core.errors import Unsafe


def locate() -> str:
    """The folder's path, made or not: `$AIMON_RUNTIME_DIR`, else below `$XDG_RUNTIME_DIR`, else our own in TMPDIR."""
    if told := os.environ.get("AIMON_RUNTIME_DIR"):
        return told
    for session in (os.environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{os.getuid()}"):
        if os.path.isdir(session):  # noqa: PTH112 - pathlib costs `aimon status` a tenth of its time
            return f"{session}/aimon"
    return f"{os.environ.get('TMPDIR', '/tmp').rstrip('/')}/aimon-{os.getuid()}"  # noqa: S108 - verified by `secure`


def secure(path: str) -> str:
    """Make the folder where it is missing, and return it; Unsafe unless it is ours, ours alone, and no link."""
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)  # noqa: PTH103 - as above
        found = os.lstat(path)
    except OSError as error:
        raise Unsafe(f"The runtime folder {path} cannot be used: {error.strerror}.", _HINT) from error
    if not stat.S_ISDIR(found.st_mode):
        raise Unsafe(f"The runtime folder {path} is a link or a file.", _HINT)
    if found.st_uid != os.getuid():
        raise Unsafe(f"The runtime folder {path} belongs to another user (uid {found.st_uid}).", _HINT)
    if found.st_mode & 0o077:
        raise Unsafe(f"The runtime folder {path} is open to other users.", f"Close it: chmod 700 {path}")
    return path


_HINT = "Name another one in AIMON_RUNTIME_DIR."
