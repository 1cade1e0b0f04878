"""What a session's work is judged to be: a line for each scorer that something was expected of, the worst first."""

from collections import Counter

from rich.cells import cell_len

from aimon_core.clean import clean
from aimon_core.session import Session
from aimon_core.verdict import Judged, Standing
from aimon_tui.format import fit
from aimon_tui.paint import Line, Painted
from aimon_tui.rows import VERDICTS

_RANK: dict[Standing, int] = {"broken": 0, "error": 1, "open": 2, "kept": 3}
"""What a person has to know first."""
_NAME, _NAMED = 16, 60
"""Cells of a scorer's name, and those of a line that has one: what is wrong says more than who found it."""


def summed(session: Session) -> str:
    """How many scorers say what, in words."""
    scores = session.verdict.scores if session.verdict else ()
    numbers = Counter(score.standing for score in scores)
    return " · ".join(f"{numbers[one]} {VERDICTS[one][1]}" for one in _RANK if numbers[one])


class VerdictLines(Painted):
    """A block that is as high as it has lines, and is not there without a verdict."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._scores: list[Judged] = []
        self._height = 0
        self.display = False

    def say(self, session: Session | None, most: int) -> None:
        """Tell of a session's verdict in so many lines."""
        verdict = session.verdict if session else None
        scores = sorted(verdict.scores, key=lambda score: _RANK[score.standing]) if verdict else []
        height = min(most, len(scores))
        if (scores, height) == (self._scores, self._height):
            return
        self._scores, self._height = scores, height
        self.display, self.styles.height = bool(scores), height
        self.refresh_changed()

    def lines(self, width: int) -> list[Line]:
        """The worst as far as there is room; the last line says how many more there are."""
        if not self._scores:
            return []
        *shown, last = self._scores[: self._height]
        more = len(self._scores) - len(shown) - 1
        tail = f"  {more} more " if more else ""
        line = self._score(last, width - len(tail))
        return [*(self._score(one, width) for one in shown), line.right(width, (tail, "faint")) if tail else line]

    def _score(self, score: Judged, width: int) -> Line:
        glyph, word, spec = VERDICTS[score.standing]
        line = self.line().put(f" {glyph} {word:<7}", spec)
        line.put(f" {fit(clean(score.name, 40), _NAME)} " if width >= _NAMED else " ", "muted")
        said = clean(score.rationale)
        quiet = score.standing in {"kept", "open"}
        return line.put(fit(said, max(0, min(cell_len(said), width - line.width - 1))), "muted" if quiet else "ink")
