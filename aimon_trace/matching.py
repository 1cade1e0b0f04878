"""How people name calls of tools and files: names, globs, arguments, pieces of a command, and what must not be.

A name is a glob (`mcp__*`). `Bash(git push*)` also looks at what a call works on. Words that cannot be a tool's name
(`rm -rf`, `DROP DATABASE`) are looked for in what calls run, and one word alone (`sudo`) also among the programs of a
shell's command. What a call only writes down (the content of a file, a prompt) is not what it runs.
"""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from aimon_trace.metrics import ToolCall

Match = Literal["glob", "exact", "partial"]

_NAME = re.compile(r"[\w.:*?\[\]!-]+")
_WORD = re.compile(r"(?!.*__)[a-z][\w.-]*")
"""A name that may be a program's as well as a tool's."""
_WITH_SUBJECT = re.compile(r"([\w.:*?\[\]-]+)\((.*)\)", re.DOTALL)
_BETWEEN = re.compile(r"&&|\|\||[;|&\n]")
"""What stands between the commands of one line."""
_PROGRAM = (
    r"(?:^|[;&|(`\n{]|\b(?:sudo|env|exec|xargs|time|nohup|then|do|else)\b(?:[ \t]+-\w+)*)"
    r"[ \t]*(?:\w+=[^\s;&|(`]*[ \t]+)*(?:[^\s;&|(`=]*/)?"
)
"""What stands before the name of a program. No part of it reaches over a separator: a trace is not to be trusted."""
_WRITTEN = frozenset({"content", "file_text", "new_source", "new_string", "new_str", "old_string", "old_str", "edits"})
_PROSE = frozenset({"prompt", "description", "todos", "plan"})


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ToolRule(_Rule):
    """Which calls are meant."""

    tool: str = Field(default="*", description="the tool's name or a glob")
    arguments: dict[str, Any] = Field(default_factory=dict, description="by name; all must match")
    text: str = Field(default="", description="stands in what the call runs, in capitals or not")
    match: Match = Field(default="glob", description="how arguments match: a partial one is contained")
    success: bool | None = Field(default=None, description="only calls that did, or did not, succeed")
    negated: bool = Field(default=False, description="the opposite: `!` before a text")
    said: SkipJsonSchema[str] = ""
    """As somebody wrote it."""

    @classmethod
    def of(cls, text: str) -> "ToolRule":
        """The rule behind its short form."""
        return cls.model_validate(_tool_rule(text))

    def __str__(self) -> str:
        """As somebody wrote it, else in short."""
        if self.said:
            return self.said
        inside = ", ".join([*(f"{name}={value}" for name, value in self.arguments.items()), *filter(None, [self.text])])
        return f"{self.tool}({inside})" if inside else self.tool

    def meets(self, call: ToolCall) -> bool:
        """Whether a call is meant, negation apart."""
        if self.success is not None and call.success is not self.success:
            return False
        named = fnmatchcase(call.name, self.tool)
        if self.tool == self.text:  # one word: a tool, or a program
            return named or _runs(call, self.text)
        if not named or (self.text and not _runs(call, self.text)):
            return False
        return all(_argument(call, name, wanted, self.match) for name, wanted in self.arguments.items())


class FileRule(_Rule):
    """Which files are meant."""

    path: str = Field(description="a glob of the whole path or a part of it")
    kind: Literal["written", "created", "modified", "read"] = "written"
    match: Literal["any", "glob", "exact", "partial"] = "any"
    negated: bool = False
    said: SkipJsonSchema[str] = ""

    def __str__(self) -> str:
        """As somebody wrote it."""
        return self.said or self.path

    def meets(self, path: str) -> bool:
        """Whether a path is meant."""
        match self.match:
            case "exact":
                return path == self.path
            case "partial":
                return self.path in path
            case "glob":
                return fnmatchcase(path, self.path)
            case _:
                return fnmatchcase(path, self.path) or self.path in path


def _tool_rule(told: object) -> object:
    if not isinstance(told, str):
        return told
    negated, text = told.startswith("!"), told.removeprefix("!").strip()
    rule: dict[str, Any] = {"negated": negated, "said": told}
    if with_subject := _WITH_SUBJECT.fullmatch(text):
        return rule | {"tool": with_subject[1], "arguments": {"": with_subject[2]}}
    if not _NAME.fullmatch(text):
        return rule | {"text": text}
    return rule | {"tool": text, "text": text if _WORD.fullmatch(text) else ""}


def _file_rule(told: object) -> object:
    if not isinstance(told, str):
        return told
    return {"path": told.removeprefix("!").strip(), "negated": told.startswith("!"), "said": told}


Tool = Annotated[ToolRule, BeforeValidator(_tool_rule, json_schema_input_type=str | ToolRule)]
"""A rule, or its short form as a text."""
File = Annotated[FileRule, BeforeValidator(_file_rule, json_schema_input_type=str | FileRule)]


def _argument(call: ToolCall, name: str, wanted: object, match: Match) -> bool:
    """Whether an argument is as wanted; that without a name is what the call works on, or one command of it."""
    if not name:
        parts = [call.subject, *(part.strip() for part in _BETWEEN.split(call.subject))]
        return any(_like(part, wanted, "glob") for part in parts)
    return name in call.input and _like(call.input[name], wanted, match)


def _like(told: object, wanted: object, match: Match) -> bool:
    if isinstance(wanted, str) and isinstance(told, str) and match != "exact":
        return wanted in told if match == "partial" else fnmatchcase(told, wanted)
    if match == "partial" and isinstance(wanted, Mapping) and isinstance(told, Mapping):
        return all(name in told and _like(told[name], value, match) for name, value in wanted.items())
    if match == "partial" and isinstance(wanted, list) and isinstance(told, list):
        return all(any(_like(one, value, match) for one in told) for value in wanted)
    return told == wanted


def _runs(call: ToolCall, text: str) -> bool:
    """Whether a text stands in what a call runs; one word, only as a program of a shell."""
    if _NAME.fullmatch(text):
        return call.category == "bash" and bool(re.search(_PROGRAM + re.escape(text) + r"(?![\w.-])", call.subject))
    wanted = " ".join(text.casefold().split())
    return any(wanted in " ".join(told.casefold().split()) for told in _texts(call.input))


def _texts(told: object) -> Iterator[str]:
    match told:
        case str():
            yield told
        case dict():
            for name, value in told.items():
                if name not in _WRITTEN | _PROSE:
                    yield from _texts(value)
        case list():
            if told and all(isinstance(word, str) for word in told):
                yield " ".join(told)
            else:
                for value in told:
                    yield from _texts(value)
