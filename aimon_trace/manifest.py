"""Where expectations stand: `manifest.yaml` in both layouts of the plan, and test cases in `ground_truth.yaml`.

A test case adds to what is expected of all, for the traces that are its own: those it names (`metadata.trace_run_id`,
`session_id` or `trace`), and files that are called as it is.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from aimon_core.errors import Unavailable, Unreadable, UsageError
from aimon_trace.expectations import KEYS, Expectations, nearest
from aimon_trace.scorers import plugins

MANIFEST = "manifest.yaml"
CASES = "ground_truth.yaml"
_PLACES = (".", "skills", ".test/skills")
"""Folders in which a skill is looked for by its name."""
_NAMES = ("trace_run_id", "trace_id", "session_id", "trace")
"""What in the metadata of a case names its trace."""


class Case(BaseModel):
    """A test case, as far as it is about traces."""

    model_config = ConfigDict(frozen=True)

    id: str
    expected: dict[str, Any]
    traces: frozenset[str]
    """Ids and paths of its traces."""


class Manifest(BaseModel):
    """What is expected of a skill's traces, and of some of them beside."""

    model_config = ConfigDict(frozen=True)

    name: str
    path: Path
    expected: dict[str, Any]
    cases: tuple[Case, ...] = ()

    def expectations(self, case: str | None = None) -> Expectations:
        """Of all traces, or of those of a case. Raises UsageError for an unknown case or key."""
        own = self.case(case).expected if case is not None else {}
        where = f"{self.path}{f' and case {case}' if own else ''}"
        return Expectations.of(merged(self.expected, own), where)

    def case(self, case_id: str) -> Case:
        """The case of an id. Raises UsageError."""
        known = {case.id: case for case in self.cases}
        if case_id not in known:
            raise UsageError(f"{self.path.with_name(CASES)} has no test case {case_id!r}.", nearest(case_id, (*known,)))
        return known[case_id]

    def case_of(self, *names: str) -> str | None:
        """The case whose trace is called by one of these names: ids, or the path of a file."""
        for case in self.cases:
            if any(name in case.traces or Path(name).stem == case.id or _ends(name, case.traces) for name in names):
                return case.id
        return None

    @property
    def empty(self) -> bool:
        """Whether it expects nothing of any trace."""
        return self.expectations().empty and all(not case.expected for case in self.cases)


def find(word: str | None, base: Path | None = None) -> Path:
    """The file that a word means: a YAML file, a folder with a manifest, or a skill. Raises UsageError."""
    if word is None:
        named = [Path(MANIFEST), Path(CASES)]
    elif Path(word).suffix in {".yaml", ".yml"}:
        named = [Path(word).expanduser()]
    else:
        folders = [base] if base else [Path(place) for place in _PLACES]
        named = [folder / word / name for folder in folders for name in (MANIFEST, CASES)]
    found = next((path for path in named if path.is_file()), None)
    if found is None:
        raise UsageError(f"There is no {named[0]}.", "`aimon trace-eval init TRACE` writes one from a good trace.")
    return found


def load(path: Path) -> Manifest:
    """Read a manifest with its test cases, or test cases with their manifest. Raises Unreadable and UsageError."""
    told = document(path)
    alone = "test_cases" in told
    beside = path.with_name(MANIFEST if alone else _cases_of(told))
    other = document(beside) if beside.is_file() and beside != path else {}
    manifest, cases = (other, told) if alone else (told, other)
    named = manifest.get("skill")
    name = named.get("name") if isinstance(named, Mapping) else None
    loaded = Manifest(
        name=str(name or path.absolute().parent.name),
        path=beside if alone and other else path,
        expected=_expected(manifest, path),
        cases=tuple(_cases(cases, beside if not alone else path)),
    )
    for one in (None, *(case.id for case in loaded.cases if case.expected)):
        loaded.expectations(one)  # what is wrong with a case is said before anything is judged
    return loaded


def document(path: Path) -> dict[str, Any]:
    """A YAML file that holds a mapping. Raises Unreadable."""
    import yaml  # noqa: PLC0415 - only who judges by a file needs it

    try:
        told = yaml.safe_load(path.read_bytes())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise Unreadable(f"{path} is no YAML{place}: {getattr(error, 'problem', None) or error}.") from None
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror or error}.") from None
    if not isinstance(told, Mapping):
        raise Unreadable(f"{path} is no mapping of names to values.")
    return dict(told)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two expectations: limits are added name by name, of anything else the second one counts."""
    both = dict(base)
    for name, value in over.items():
        known = both.get(name)
        both[name] = (
            {**known, **value} if isinstance(known, Mapping) and isinstance(value, Mapping) else value
        )  # fmt: skip
    return both


def _expected(manifest: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """`scorers.trace_expectations`, else `trace_expectations`, else a file of expectations alone."""
    scorers = manifest.get("scorers")
    inner = scorers.get("trace_expectations") if isinstance(scorers, Mapping) else None
    told = inner if inner is not None else manifest.get("trace_expectations")
    if told is None:
        told = {name: value for name, value in manifest.items() if name in KEYS or name in plugins()}
    if not isinstance(told, Mapping):
        raise UsageError(f"{path}: trace_expectations is no mapping.", f"Known in it are {', '.join(KEYS)}.")
    return dict(told)


def _cases_of(manifest: Mapping[str, Any]) -> str:
    """The file that a manifest calls its data set."""
    evaluation = manifest.get("evaluation")
    sets = evaluation.get("datasets") if isinstance(evaluation, Mapping) else None
    first = sets[0] if isinstance(sets, list) and sets else None
    path = first.get("path") if isinstance(first, Mapping) else None
    return path if isinstance(path, str) and path and Path(path).name == path else CASES


def _cases(told: Mapping[str, Any], path: Path) -> Iterable[Case]:
    cases = told.get("test_cases") or []
    if not isinstance(cases, list) or not all(isinstance(case, Mapping) and "id" in case for case in cases):
        raise Unreadable(f"{path}: test_cases is no list of cases with an id.")
    for case in cases:
        metadata = case.get("metadata") or {}
        traces = frozenset(str(metadata[name]) for name in _NAMES if metadata.get(name))
        yield Case(
            id=str(case["id"]), expected=_about_traces(case.get("expectations") or {}, case["id"], path), traces=traces
        )


def _about_traces(told: Mapping[str, Any], case_id: object, path: Path) -> dict[str, Any]:
    """Of a case's expectations those of traces; others (`expected_facts`) are for other judges, unless misspelt."""
    known = (*KEYS, *plugins())
    for name in told:
        if name not in known and (close := get_close_matches(str(name), known, n=1, cutoff=0.85)):
            raise UsageError(f"{path}, case {case_id}, has an unknown key {name!r}.", f"Did you mean {close[0]!r}?")
    return {name: value for name, value in told.items() if name in known}


def _ends(name: str, traces: Iterable[str]) -> bool:
    """Whether a path ends as one of a case does, which is told from wherever the case stands."""
    parts = Path(name).parts
    return any(parts[-len(wanted) :] == wanted for one in traces if (wanted := Path(one).parts))
