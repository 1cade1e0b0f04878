"""Tokens and cost of the selected session, on one grid: label, figure, then a bar or words."""

from aimon_core.clean import clean
from aimon_core.session import Cost, Session
from aimon_tui.format import NONE, count, fit, money, spark
from aimon_tui.paint import Line, Painted, bar
from aimon_tui.rows import model_name

LABEL, FIGURE, BAR = 12, 7, 40
"""Cells of the label, of the figure, and at most of the bar: the same in both panels, so that bars line up."""

ROWS = 5


class Figures(Painted):
    """A panel of figures."""

    def figure(self, label: str, value: str, width: int, spec: str = "ink") -> tuple[Line, int]:
        """A line with its label and figure, and the cells left for a bar."""
        line = self.line().put(f" {fit(label, LABEL)}", "faint" if label.startswith(" ") else "muted")
        line.put(fit(value, FIGURE, ">"), spec).put("  ")
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
        reasoning = self.figure("  reasoning", count(tokens.reasoning), width, "faint")[0]
        return [*rows, reasoning.put("in output" if tokens.reasoning is not None else "not told apart", "faint")]


class CostPanel(Figures):
    """What a session cost, by minute, by model, and whether agent and price table agree."""

    def lines(self, width: int) -> list[Line]:
        """Session and sparkline, up to three models, and the comparison."""
        session = self.aimon.board.session
        if session is None:
            return []
        line, room = self.figure("session", self._money(session.cost), width, "ink b")
        rows = [line.put(fit(spark(session.spend[-room:]) if room else "", room, ">"), "span-llm")]
        rows += self._models(session, width)
        rows += [self.line()] * (ROWS - 1 - len(rows))
        return [*rows, self._comparison(session.cost, width)]

    def _models(self, session: Session, width: int) -> list[Line]:
        uses = session.by_model[: ROWS - 2]
        top = max((use.cost.usd or 0 for use in uses), default=0) or 1
        rows = []
        for use in uses:
            unknown = use.cost.usd is None
            line, room = self.figure(model_name(use.model), self._money(use.cost), width, "faint" if unknown else "ink")
            if unknown:
                line.put(fit("no price known", min(room, 14)), "faint")
            else:
                bar(line, room, (use.cost.usd or 0) / top, "span-tool")
            rows.append(line)
        return rows

    def _comparison(self, cost: Cost, width: int) -> Line:
        computed, reported = cost.computed_usd, cost.reported_usd
        if cost.unpriced_models:
            names = ", ".join(model_name(clean(name, 60)) for name in cost.unpriced_models)
            return self.line().put(" unpriced    ", "muted").put(fit(names, max(0, width - 15)), "faint")
        if computed is None:
            line = self.figure("reported", money(reported or 0.0), width)[0]
            return line.put("not computed yet" if reported else "", "faint")
        line = self.figure("computed", money(computed), width)[0]
        if reported is None:
            return line.put("not reported" if computed else "", "faint")
        if round(computed, 4) == round(reported, 4):
            return line.put("✓ ", "done").put("as reported", "muted")
        return line.put("× ", "fail").put(f"reported {money(reported)}", "muted")

    @staticmethod
    def _money(cost: Cost) -> str:
        return NONE if cost.usd is None else money(cost.usd)
