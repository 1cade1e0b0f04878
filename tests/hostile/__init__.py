"""A corpus of what nobody well-meaning sends, and ways to put it wherever a text fits: screens, outputs and the log.

Every text tries something else: markup that acts, sequences that terminals obey, letters that turn the line round,
what shells and tmux run, what breaks encoders. A new idea goes here, and every test of S12 and S13 tries it.
"""

import re
from typing import Any

import msgspec
from msgspec.inspect import (
    BoolType,
    FloatType,
    IntType,
    LiteralType,
    NoneType,
    StrType,
    StructType,
    UnionType,
    VarTupleType,
)
from msgspec.structs import replace

from aimon_core.session import Auxiliary, Session
from tests.fakes.fleet import NOW_NS

CORPUS = {
    "markup": "[bold red]x[/] [/nothing] [@click=app.quit]press[/] [link=file:///etc/passwd]l[/] [",
    "closing markup": "[/]" * 40,
    "escape": "\x1b[31mred\x1b[0m\x1b[2J\x1b[H",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07 \x1b]52;c;ZXZpbA==\x1b\\",
    "title and bell": "\x1b]0;owned\x07\x07\x07",
    "device strings": "\x1bPq#0;2;0;0;0\x1b\\ \x1b_Gf=100;AAAA\x1b\\ \x1b[?1049l",
    "C1": "\x9b2J\x9d52;c;ZXZpbA==\x9c\x90q\x9c\x85",
    "bidi": "\u202egnp.exe\u202c \u2066x\u2069 \u200f\u200e\u061c",
    "hidden": "a\u200bb\u200dc\ufeffd\u00ade\U000e0041\U000e0042",
    "lines": "one\ntwo\r\nthree\rfour\u2028five\u2029six\x0bseven\x0ceight\tnine",
    "marks": "Z" + "\u0301\u0338\u0489" * 200,
    "wide": "日本語のプロジェクト名 👩‍👩‍👧‍👦 🇩🇪 ﷽ ｆｕｌｌ" * 5,  # noqa: RUF001 - wide letters
    "half a pair": "\ud83d lone \ude00",
    "nothing": "\x00\x00\x07\x08\x7f",
    "blanks": "\u3164\u2800\u00a0  " * 20,
    "path": "/../" * 200 + "\x1b[5m/etc/passwd",
    "format": "{0} {self} %s %n $(id) `id` ;rm -rf ~",
}
FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)
STATES = ("working", "completed", "failed")


def saturated(text: str, kind: Any = None) -> Any:
    """A session, a part of one or another structure, with a text wherever one fits."""
    match kind or msgspec.inspect.type_info(Session):
        case StrType():
            return text
        case IntType():
            return 3
        case FloatType():
            return 0.5
        case BoolType():
            return True
        case LiteralType(values):
            return values[0]
        case UnionType(kinds):
            return saturated(text, next(one for one in kinds if not isinstance(one, NoneType)))
        case VarTupleType(item):
            return (saturated(text, item),) * 2
        case StructType(cls, fields):
            return cls(**{field.name: saturated(text, field.type) for field in fields})
    raise NotImplementedError(kind)


def everywhere(text: str) -> list[Session]:
    """Three sessions with a text in every field that takes one; the later ones leave room for what others hide."""
    full = replace(saturated(text), since_ns=NOW_NS, started_at_ns=NOW_NS)
    short = replace(full, refused_bodies=0, blind_spots=())
    bare = replace(short, subagents=(), auxiliary=Auxiliary(), waiting_for=None)
    return [replace(one, key=f"{text}{place}", state=STATES[place]) for place, one in enumerate((full, short, bare))]
