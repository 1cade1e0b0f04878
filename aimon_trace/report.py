"""What was found, told: text for a terminal, JSON with the plan's names, JUnit for CI, Markdown for pull requests."""

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from aimon_core.clean import clean
from aimon_trace.evaluate import Report, Verdict
from aimon_trace.scorers import Score

VERSION = 1
_MARKS = {"yes": "✓", "no": "✗", "skip": "·", "error": "!"}
_LINE = 1_000
"""Characters of one foreign text."""


def document(report: Report) -> dict[str, Any]:
    """The report for scripts, `docs/schema/trace_eval.json`."""
    results = report.results
    passed = sum(result.success for result in results)
    return {
        "v": VERSION,
        "success": report.success,
        "skill_name": report.name,
        "traces_evaluated": len(results),
        "traces_passed": passed,
        "traces_failed": len(results) - passed,
        "expectations": report.expectations,
        "results": [_result(result) for result in results],
        "all_violations": [
            {"source": result.source, **violation} for result in results for violation in _violations(result)
        ],
        "message": (
            f"Evaluated {len(results)} trace(s) against {report.name} expectations. "
            f"{passed} passed, {len(results) - passed} failed."
        ),
    }


def as_json(report: Report) -> str:
    """The same as text."""
    return json.dumps(document(report), indent=2, ensure_ascii=False, default=str)


def text(report: Report) -> str:
    """For a person: each trace with what speaks against it, or for it where it is the only one."""
    lines = []
    for result in report.results:
        lines.append(
            f"{'PASS' if result.success else 'FAIL'}  {clean(result.source, _LINE)}  {_figures(result)}".rstrip()
        )
        lines += [f"      ! {clean(result.error, _LINE)}"] if result.error else []
        shown = (
            [score for score in result.scores if score.value != "skip"]
            if len(report.results) == 1
            else result.violations
        )
        lines += [f"      {_MARKS[score.value]} {score.name}: {clean(score.rationale, _LINE)}" for score in shown]
    return "\n".join([*lines, document(report)["message"]])


def junit(report: Report) -> str:
    """A suite for each trace and a case for each scorer, as Jenkins, GitLab and GitHub's actions read it."""
    root = ET.Element("testsuites", name=_xml(f"trace-eval {report.name}"))
    counts = [_suite(root, result, report.name) for result in report.results]
    for place, name in enumerate(("tests", "failures", "errors", "skipped")):
        root.set(name, str(sum(count[place] for count in counts)))
    ET.indent(root)
    return ET.tostring(root, "unicode", xml_declaration=True)


def markdown(report: Report) -> str:
    """A summary for `$GITHUB_STEP_SUMMARY` or a comment: a table of all traces, and why some failed."""
    told = document(report)
    head = f"### {'✅' if report.success else '❌'} Traces against {_cell(report.name)}"
    rows = ["| | trace | tokens | cost | tools | time |", "|---|---|---:|---:|---:|---:|"]
    rows += [
        f"| {'✅' if one.success else '❌'} | {_cell(one.source)} | {' | '.join(_columns(one))} |"
        for one in report.results
    ]
    why = [
        f"- `{_cell(one['source'])}` **{one['scorer']}**: {_cell(one['rationale'])}" for one in told["all_violations"]
    ]
    return "\n".join([head, "", told["message"], "", *rows, *(["", "#### Violations", "", *why] if why else []), ""])


FORMATS: dict[str, Callable[[Report], str]] = {"text": text, "json": as_json, "junit": junit, "markdown": markdown}
"""By the word of `--format`."""


def _result(result: Verdict) -> dict[str, Any]:
    return {
        "source": result.source,
        "metrics_summary": result.summary,
        "scorer_results": [score.model_dump() for score in result.scores],
        "violations": _violations(result),
        "success": result.success,
        "case": result.case,
        "error": result.error,
    }


def _violations(result: Verdict) -> list[dict[str, str]]:
    """Why it failed; that it could not be read is a violation too, or nobody would be told."""
    unread = [{"scorer": "trace", "rationale": result.error}] if result.error else []
    return [*unread, *({"scorer": score.name, "rationale": score.rationale} for score in result.violations)]


def _suite(root: ET.Element, result: Verdict, name: str) -> tuple[int, int, int, int]:
    """Add a suite; how many tests, failures, errors and skipped ones it has."""
    scores = list(result.scores)
    if result.error:
        scores.insert(0, Score(name="trace", value="error", rationale=result.error))
    values = [score.value for score in scores]
    counts = (len(scores), values.count("no"), values.count("error"), values.count("skip"))
    suite = ET.SubElement(root, "testsuite", name=_xml(result.source))
    for attribute, count in zip(("tests", "failures", "errors", "skipped"), counts, strict=True):
        suite.set(attribute, str(count))
    seconds = (result.summary or {}).get("duration_seconds")
    suite.set("time", f"{seconds or 0:.3f}")
    for score in scores:
        case = ET.SubElement(suite, "testcase", name=score.name, classname=_xml(f"{name}.{result.source}"))
        kind = {"no": "failure", "error": "error", "skip": "skipped"}.get(score.value)
        if kind is not None:
            ET.SubElement(case, kind, message=_xml(score.rationale))
    return counts


def _columns(result: Verdict) -> list[str]:
    told = result.summary or {}
    tokens, usd, seconds = told.get("total_tokens"), told.get("cost_usd"), told.get("duration_seconds")
    return [
        "?" if tokens is None else f"{tokens:,}",
        "?" if usd is None else f"${usd:,.4f}",
        str(told.get("total_tool_calls", "?")),
        "?" if seconds is None else f"{seconds:,.1f}s",
    ]


def _figures(result: Verdict) -> str:
    if result.summary is None:
        return ""
    tokens, usd, tools, seconds = _columns(result)
    return f"{tokens} tokens · {usd} · {tools} tools · {seconds}"


def _cell(told: str) -> str:
    """A foreign text in a table of Markdown: one line, nothing that ends the cell, opens a tag or a picture."""
    line = clean(told, _LINE)
    for character, shown in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("[", "\\["), ("`", "'")):
        line = line.replace(character, shown)
    return line


def _xml(told: str) -> str:
    """A foreign text without what XML cannot hold."""
    return clean(told, _LINE)
