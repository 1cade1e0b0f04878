"""Asks the doors' guard about an address before a screen covers the terminal, where there is something to ask."""

_OURS = {"localhost", "127.0.0.1", "::1"}


def check(host: str) -> None:
    """Raise Unsafe for an address that is not this machine's own; the usual ones cost no import of the doors."""
    if host not in _OURS:
        from receiver.guard import addresses  # noqa: PLC0415 - protobuf, 60 ms

        addresses(host)
