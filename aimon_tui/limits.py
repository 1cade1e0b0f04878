"""The allowances of an agent's account in words: how much of each is used up, and when the fullest begins anew."""

from rich.cells import cell_len

from aimon_core.clean import clean
from aimon_core.session import RateLimit, Session
from aimon_tui.format import day

_WINDOWS = {"five_hour": "5 h", "seven_day": "7 d", "spend_limit": "spend"}
"""What Claude Code calls them; another name stands for itself."""
NEAR = 90
"""Percent from which a figure is to be noticed, as that of the context is."""

Pieces = list[tuple[str, str]]


def limits(session: Session, now_ns: int, room: int) -> Pieces:
    """Text and spec of each piece, the fullest allowance first; one that began anew since is nobody's knowledge."""
    known = [one for one in session.limits if one.resets_at_ns is None or one.resets_at_ns > now_ns]
    told: Pieces = []
    for one in sorted(known, key=lambda one: -one.used_percent):
        pieces = _said(one, now_ns, first=not told)
        if told and cell_len("".join(text for text, _ in (*told, *pieces))) > room:
            break
        told += pieces
    return told


def _said(one: RateLimit, now_ns: int, *, first: bool) -> Pieces:
    name = _WINDOWS.get(one.name) or clean(one.name.replace("_", " "), 16)
    figure = (f"{one.used_percent:.0f}%", "wait b" if one.used_percent >= NEAR else "ink")
    pieces = [(f"{name} " if first else f" · {name} ", "muted"), figure]
    if first and one.resets_at_ns is not None:
        pieces.append((f" resets {day(one.resets_at_ns, now_ns)}", "muted"))
    return pieces
