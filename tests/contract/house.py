"""The house rules that no linter knows, as functions from a source text to what is wrong with it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOORS = ("aimon_core", "receiver", "aimon_trace", "aimon_desktop", "aimon_tui")
FILE_LINES = 300
FUNCTION_LINES = 40
NO_NAMES = frozenset({"utils", "util", "common", "helpers", "helper", "manager", "misc"})
"""Modules called so collect what nobody found a noun for."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*floors: str) -> list[Path]:
    """Every module of some floors, of all when none is named."""
    return sorted(path for floor in floors or FLOORS for path in (ROOT / floor).rglob("*.py"))


def faults(name: str, source: str) -> list[str]:
    """What breaks a rule in the module called `name`, in words."""
    tree = ast.parse(source)
    return [*_of_the_file(name, source, tree), *_of_functions(tree), *_of_names(tree)]


def _of_the_file(name: str, source: str, tree: ast.Module) -> Iterator[str]:
    if (lines := len(source.splitlines())) > FILE_LINES:
        yield f"{lines} lines, more than {FILE_LINES}: split it by noun"
    if Path(name).stem in NO_NAMES:
        yield f"a module called {Path(name).stem} says nothing: name the thing"
    if tree.body and not ast.get_docstring(tree):
        yield "no docstring that says what the module is and why it stands apart"


def _of_functions(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, Function) and (lines := _length(node)) > FUNCTION_LINES:
            yield f"{node.name} has {lines} lines without its docstring, more than {FUNCTION_LINES}"


def _length(function: Function) -> int:
    """Lines from `def` to the end, the docstring's own left out."""
    first = function.body[0]
    documented = ast.get_docstring(function) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def _of_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, Function) and node.name.startswith(("get_", "set_")) and node.name not in _OVERRIDES:
            yield f"{node.name}: name what it gives or does, not that it does it"


_OVERRIDES = frozenset(
    {
        "get_command",
        "get_content_height",
        "get_content_width",
        "get_default_screen",
        "get_driver_class",
        "get_llm_calls",
        "get_steps_by_type",
        "get_system_commands",
        "get_theme_variable_defaults",
        "get_tool_calls",
        "get_trace",
        "get_traces",
    }
)
"""Names that click and Textual gave to what we override, and those that ContextForge gave to what people call."""
