"""`aimon trace-eval`: whether an agent did its job within its limits, by what it left behind."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aimon_core.clean import clean
from aimon_core.config import Config
from aimon_core.errors import UsageError
from aimon_tui.console import trace_documents, trace_sources
from aimon_tui.console.options import with_settings

if TYPE_CHECKING:
    from aimon_trace.evaluate import Report, Verdict
    from aimon_trace.manifest import Manifest

_FILE = click.Path(path_type=Path, dir_okay=False)
_THERE = click.Path(path_type=Path, dir_okay=False, exists=True)
_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
_FORMATS = click.Choice(["text", "json", "junit", "markdown"])


class Judging(click.Group):
    """A group whose first command may be left out: `aimon trace-eval SKILL --trace FILE`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The same with the command in its place."""
        if not args or args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["judge", *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        """In the order in which people need them."""
        return list(self.commands)


@click.group(cls=Judging)
def command() -> None:
    """Judge traces: did the agent do its job, within its limits."""


@command.command
@click.argument("skill", required=False)
@click.option("--trace", "files", type=_THERE, multiple=True, help="A transcript, or a captured run; also several.")
@click.option("--trace-dir", "folder", type=_FOLDER, help="All traces in a folder and below.")
@click.option("--session", metavar="SESSION", help="A session of the running aimon, else of its journal.")
@click.option("--watch", metavar="SESSION", help="The same for as long as it lasts: says when a verdict changes.")
@click.option("--run-id", metavar="ID", help="The traces of a run of MLflow.")
@click.option("--trace-id", metavar="ID", help="A trace of MLflow.")
@click.option("--local", is_flag=True, help="The newest transcript of the project here.")
@click.option("--auto", is_flag=True, help="The newest trace of MLflow where Claude Code traces to it, else --local.")
@click.option("--case", metavar="ID", help="Add what this test case of ground_truth.yaml expects.")
@click.option("--base", type=_FOLDER, help="The folder of the skills.  [., skills, .test/skills]")
@click.option("--subagents/--no-subagents", default=True, help="Judge the work of subagents with it.  [subagents]")
@click.option("--format", "form", type=_FORMATS, default="text", help="How to tell.  [text]")
@click.option("--output", type=_FILE, metavar="FILE", help="Where to, instead of stdout.")
@click.option("--summary", type=_FILE, metavar="FILE", help="Add a summary in Markdown to this file, too.")
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Processes that read files.  [one a core]")
@click.option("--feedback", is_flag=True, help="With --trace-id: write the scores on the trace.")
@with_settings
@click.pass_context
def judge(
    ctx: click.Context, /, config: Config, skill: str | None, form: str, output: Path | None, **given: Any
) -> None:
    """Hold traces against a manifest (the default).

    The word judge may be left out.
    SKILL is a manifest.yaml or ground_truth.yaml, a folder or a skill with one; else the manifest here. Without any
    source, --auto. Exit 0: all passed; 1: one did not, or could not be read; 2: called wrongly.

    \b
    Example:  aimon trace-eval judge my-skill --trace session.jsonl
              aimon trace-eval manifest.yaml --trace-dir traces --format junit --output report.xml
              aimon trace-eval my-skill --session shop-api
    """
    source = _source(given)
    manifest = _manifest(skill, given["base"])
    report = _report(manifest, _verdicts(config, source, manifest, given, form))
    _tell(report, form, output)
    if given["summary"]:
        _summarise(report, given["summary"])
    if given["feedback"]:
        written = sum(trace_sources.feedback(given["trace_id"], result.scores) for result in report.results)
        click.echo(f"{written} scores are on the trace {clean(given['trace_id'], 80)}.", err=True)
    ctx.exit(0 if report.success else 1)


for one in (trace_documents.init, trace_documents.show, trace_documents.diff):
    command.add_command(one)


def _source(given: dict[str, Any]) -> str:
    """The one source that is named, `auto` where none is. Raises UsageError."""
    names = ("files", "folder", "session", "watch", "run_id", "trace_id", "local", "auto")
    named = [name for name in names if given[name]]
    if len(named) > 1:
        raise UsageError("Name one kind of source.", "One of --trace, --trace-dir, --session, --watch, --run-id, …")
    source = named[0] if named else "auto"
    if given["feedback"] and source != "trace_id":
        raise UsageError("Only a trace of MLflow can hold scores.", "Name it: --trace-id ID.")
    return source


def _manifest(skill: str | None, base: Path | None) -> "Manifest":
    from aimon_trace import manifest
    from aimon_trace.expectations import KEYS

    loaded = manifest.load(manifest.find(skill, base))
    if loaded.empty:
        raise UsageError(f"{loaded.path} has no trace_expectations.", f"Say in it some of {', '.join(KEYS)}.")
    return loaded


def _verdicts(config: Config, source: str, manifest: "Manifest", given: dict[str, Any], form: str) -> "list[Verdict]":
    from aimon_trace import evaluate

    case = given["case"]
    if case is not None:
        manifest.case(case)
    if source == "auto" and trace_sources.traced_by_mlflow():
        source, given["trace_id"] = "trace_id", trace_sources.listed(1, None)[0].trace_id
    match source:
        case "session":
            name, metrics = trace_sources.session(config, given["session"])
            return [evaluate.verdict(name, metrics, manifest, given["case"])]
        case "watch":
            from aimon_tui.console.trace_watch import watched

            say = partial(click.echo, err=form != "text")
            return [watched(config, given["watch"], manifest, case, say)]
        case "run_id":
            name, read = f"mlflow:{given['run_id']}", trace_sources.of_run(given["run_id"])
            return [evaluate.attempt(name, read, manifest, given["case"])]
        case "trace_id":
            name, read = f"mlflow-trace:{given['trace_id']}", trace_sources.of_trace(given["trace_id"])
            return [evaluate.attempt(name, read, manifest, given["case"])]
        case "folder":
            return _files(config, _within(given["folder"]), manifest, given)
        case "files":
            return _files(config, list(given["files"]), manifest, given)
        case _:
            return _files(config, [trace_sources.newest()], manifest, given)


def _within(folder: Path) -> list[Path]:
    from aimon_trace import sources

    found = sources.within(folder)
    if not found:
        raise UsageError(f"There is no trace in {folder}.", "Traces are files called *.jsonl, and captured runs.")
    return found


def _files(config: Config, paths: list[Path], manifest: "Manifest", given: dict[str, Any]) -> "list[Verdict]":
    """Verdicts on files, with a bar on stderr while there are many."""
    from aimon_trace import evaluate

    bar = click.progressbar(
        length=len(paths), file=sys.stderr, label="Traces", hidden=len(paths) < 2 or not sys.stderr.isatty()
    )
    with bar:
        return evaluate.files(
            paths,
            manifest,
            given["case"],
            reading=evaluate.Reading(given["subagents"], config.settings.prices),
            jobs=given["jobs"],
            told=lambda _: bar.update(1),
        )


def _report(manifest: "Manifest", results: "list[Verdict]") -> "Report":
    from aimon_trace.evaluate import Report

    return Report(name=manifest.name, expectations=manifest.expected, results=tuple(results))


def _summarise(report: "Report", path: Path) -> None:
    """Add what a pull request shows to a file that others write to as well (`$GITHUB_STEP_SUMMARY`)."""
    from aimon_trace.report import markdown

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{markdown(report)}\n")


def _tell(report: "Report", form: str, output: Path | None) -> None:
    from aimon_trace.report import FORMATS

    text = FORMATS[form](report)
    if output is None:
        click.echo(text)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(f"{text}\n", "utf-8")
    click.echo(FORMATS["text"](report).splitlines()[-1], err=True)
