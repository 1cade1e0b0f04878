"""Tokens and cost of the selected session, on one grid: label, figure, then a bar or words."""

from collections.abc import Iterable

from aimon_core.session import Cost, Session
from aimon_tui.format import NONE, count, fit, money, spark
from aimon_tui.paint import Line, Painted, bar
from aimon_tui.rows import dollars, model_name

LABEL, FIGURE, BAR = 12, 7, 40
"""Cells of the label, of the figure, and at most of the bar: the same in both panels, so that bars line up."""

ROWS = 5
"""Rows a panel fills at least: what stands in the last one does not move with the number of models."""


class Figures(Painted):
    """A panel of figures."""

    def figure(self, label: str, value: str, width: int, spec: str = "ink") -> tuple[Line, int]:
        """A line with its label and figure, and the cells left for a bar; a long figure takes room from its label."""
        more = max(0, len(value) - FIGURE)
        line = self.line().put(f" {fit(label, LABEL - more)}", "faint" if label.startswith(" ") else "muted")
        line.put(fit(value, FIGURE + more, ">"), spec).put("  ")
        return line, max(0, min(width - line.width - 1, BAR))


class TokensPanel(Figures):
    """What the models of a session read and wrote."""

    def lines(self, width: int) -> list[Line]:
        """Four parts with their bars, and the share of reasoning."""
        session = self.aimon.board.session
        if session is None:
            return []
        tokens = session.tokens.plus(session.auxiliary.tokens)
        parts = {
            "input": tokens.input,
            "cache read": tokens.cache_read,
            "cache write": tokens.cache_write,
            "output": tokens.output,
        }
        top = max(*parts.values(), 1)
        rows = []
        for name, number in parts.items():
            line, room = self.figure(name, count(number), width)
            bar(line, room, number / top, "span-llm" if name == "cache read" else "span-tool")
            rows.append(line)
        line, room = self.figure("  reasoning", count(tokens.reasoning), width, "faint")
        told = "in output" if tokens.reasoning is not None else "not told apart"
        return [*rows, line.put(fit(told, room), "faint")]


class CostPanel(Figures):
    """What a session cost, by minute, by model, and whether agent and price table agree."""

    def lines(self, width: int) -> list[Line]:
        """Session and sparkline, its budget where it has one, its models, and the comparison."""
        session = self.aimon.board.session
        if session is None:
            return []
        line, room = self.figure("session", _figure(dollars(session)), width, "ink b")
        rows = [line.put(fit(spark(session.spend, room), room, ">"), "span-llm")]
        rows += self._budget(session, width)
        rows += self._models(session, width, room=max(1, self.size.height - 1 - len(rows)))
        rows += [self.line()] * (ROWS - 1 - len(rows))
        return [*rows, self._comparison(session.cost, width)]

    def _budget(self, session: Session, width: int) -> list[Line]:
        """How much is spent of what `expectations` grant the project's sessions."""
        budget, spent = session.verdict and session.verdict.budget_usd, session.cost.usd
        if not budget:
            return []
        share = (spent or 0.0) / budget
        label, figure = f"of {money(budget)}", NONE if spent is None else f"{min(999, round(100 * share))}%"
        line, room = self.figure(label, figure, width, "fail b" if share > 1 else "ink")
        bar(line, room, share, "fail" if share > 1 else "done")
        return [line]

    def _models(self, session: Session, width: int, room: int) -> list[Line]:
        """In so many rows: one each, dearest first; those there is no row for stand together in the last one."""
        uses = [(model_name(use.model), use.cost.usd) for use in session.by_model]
        if session.auxiliary.llm_calls:
            uses.append(("helpers", session.auxiliary.cost.usd))
        if len(uses) > room:
            uses[room - 1 :] = [(f"{len(uses) - room + 1} more", _sum(usd for _, usd in uses[room - 1 :]))]
        top = max((usd or 0 for _, usd in uses), default=0) or 1
        return [self._model(name, usd, top, width) for name, usd in uses]

    def _model(self, name: str, usd: float | None, top: float, width: int) -> Line:
        line, room = self.figure(name, _figure(usd), width, "faint" if usd is None else "ink")
        if usd is None:
            return line.put(fit("no price known", room), "faint")
        bar(line, room, usd / top, "span-tool")
        return line

    def _comparison(self, cost: Cost, width: int) -> Line:
        computed, reported = cost.computed_usd, cost.reported_usd
        if cost.unpriced_models:
            line, room = self.figure("unpriced", "", width)
            return line.put(fit(", ".join(model_name(name) for name in cost.unpriced_models), room), "faint")
        if computed is None:
            line, room = self.figure("reported", money(reported or 0.0), width)
            return line.put(fit("not computed", room), "faint") if reported else line
        line, room = self.figure("computed", money(computed), width)
        if reported is None:
            return line.put(fit("not reported", room), "faint") if computed else line
        if cost.basis == "mixed":
            return line.put(fit(f"{money(reported)} reported", room), "muted")
        if abs(computed - reported) < 0.0001:
            return line.put("✓ ", "done").put("as reported", "muted")
        return line.put("× ", "fail").put(_difference(computed, reported, room - 2), "muted")


def _figure(usd: float | None) -> str:
    return NONE if usd is None else money(usd)


def _sum(dollars: Iterable[float | None]) -> float | None:
    known = list(dollars)
    return None if None in known else sum(usd or 0.0 for usd in known)


def _difference(computed: float, reported: float, room: int) -> str:
    """What the agent reported instead, or by how much it differs where both would read alike."""
    other = money(reported)
    if other == money(computed):
        return f"by {money(abs(computed - reported))}"
    return f"reported {other}" if len(other) + 9 <= room else other
