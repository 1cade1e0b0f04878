"""Secrets in foreign text, found by their shape or by the name before them, and taken out before anybody sees them.

It stands apart because it comes first: a key masked at the door is in no ledger, no journal, no screen. A test over
whole bodies (`suspicious`) decides whether any of it is needed; almost never it is. What text is private rather than
secret is told in `private`.
"""

import re
from functools import lru_cache
from typing import Any

from aimon_core.private import PRIVATE_KEYS, digest, is_private, private_among, without_private_json

__all__ = [
    "MASK",
    "PRIVATE_KEYS",
    "digest",
    "is_private",
    "is_secret",
    "mask",
    "mask_json",
    "private_among",
    "suspicious",
    "without_private_json",
]

MASK = "‹masked›"
"""What stands where a secret was. No secret holds a `‹`: masking twice changes nothing."""
DEPTH = 64
"""Levels of JSON that are looked at; below, there is nothing left."""

_WORDS = r"password|passwd|secret"
_KEYS = (
    r"api[_-]?key|access[_-]?key|account[_-]?key|private[_-]key|secret[_-]key|signing[_-]key|encryption[_-]key"
    r"|auth[_-]key|master[_-]key"
)
_NAMES = rf"{_WORDS}|token|{_KEYS}"
_SECRET_NAME = re.compile(rf"(?:{_NAMES}|authorization)$")
_IS = r"""["'`\\]{0,6}\s{0,4}(?:=>|:=|[:=])\s{0,4}"""
"""Between a name and its value: `KEY=`, `"key": `, `\\"key\\":`."""
_FLAG = rf"--(?:[a-z0-9]{{1,20}}[_-]){{0,4}}(?:{_NAMES})\s{{1,4}}"
_QUOTED = r"""(\\{0,3}["'`])(?P<secret>(?:(?!\1)[^‹]){1,512})"""
_BARE = r"""(?P<secret>[^\s"'`\\;&|<>)‹]{4,})"""
_NO_WORD = r"""(?!(?:true|false|null|none|undefined)(?![^\s"'`\\;&|<>),}\]]))"""
_NO_NUMBER = r"""(?!-?[\d.]+(?![^\s"'`\\;&|<>),}\]]))"""
_UNGLUED = r"(?:(?<![A-Za-z0-9]%s)|(?<=\\[bfnrt]%s))"
"""Not the end of a word: `sk-` but not `task-`; a letter after a backslash is an escaped line end."""


def _unglued(prefix: str) -> str:
    return prefix + _UNGLUED % (prefix, prefix)


_NAMED = tuple(
    re.compile(pattern, re.ASCII | re.DOTALL)
    for pattern in (
        rf"(?:{_NAMES}){_IS}{_QUOTED}",
        r"""authorization["'`\\]{0,6}\s{0,4}[:=]\s{0,4}(?P<secret>[^"'`\\\r\n‹]{4,})""",
        rf"(?:{_WORDS}){_IS}{_NO_WORD}{_BARE}",
        rf"(?:token|{_KEYS}){_IS}{_NO_WORD}{_NO_NUMBER}{_BARE}",
        rf"{_FLAG}{_QUOTED}",
        rf"{_FLAG}(?!-){_BARE}",
        r"bearer\s{1,4}(?P<secret>(?=[a-z.~+/=_-]{0,40}\d)[\w.~+/=-]{12,})",
    )
)
"""Secrets by the name before them, in lower case."""

_PEM = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?P<secret>(?!‹).*?)"
    r"(?:(?=-----END [A-Z ]{0,40}PRIVATE KEY)|\Z)",
    re.ASCII | re.DOTALL,
)
_SHAPES = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"{_unglued('sk-')}(?:ant|proj|svcacct|admin|or)-(?P<secret>[\w-]{{16,}})",  # Anthropic, OpenAI, OpenRouter
        rf"{_unglued('sk-')}(?P<secret>(?=[\w-]{{0,24}}\d)[\w-]{{20,}})",
        r"gh[pousr]_(?P<secret>[A-Za-z0-9]{20,})",
        r"github_pat_(?P<secret>\w{20,})",
        r"glpat-(?P<secret>[\w-]{16,})",
        r"AKIA(?P<secret>[A-Z0-9]{16})",  # AWS
        r"AIza(?P<secret>[\w-]{30,})",  # Google
        r"xox[a-z]-(?P<secret>[\w-]{10,})",  # Slack
        r"hooks\.slack\.com/services/(?P<secret>[\w/]{10,})",
        r"npm_(?P<secret>[A-Za-z0-9]{30,})",
        r"pypi-(?P<secret>[\w-]{20,})",
        rf"{_unglued('hf_')}(?P<secret>[A-Za-z0-9]{{20,}})",  # Hugging Face
        rf"{_unglued('gsk_')}(?P<secret>[A-Za-z0-9]{{20,}})",  # Groq
        r"[sr]k_(?:live|test)_(?P<secret>[A-Za-z0-9]{10,})",  # Stripe
        rf"{_unglued('eyJ')}(?P<secret>[\w-]{{8,4096}}\.[\w-]{{8,}}\.[\w-]*)",  # JWT
        r"""://[^\s/@:"'`\\<>]{0,64}:(?P<secret>[^\s/"'`\\<>‹]{1,256})@""",
    )
)
"""Secrets by their own look; what stands before the secret tells whose it is, and stays."""

# ------------------------------------------------------------------------------------------ the quick look

_SUSPECT = re.compile(
    rb"""(?x)
      w (?: ord (?<=password) | d (?<=passwd) ) END
    | k (?: en (?<=token) END | ey (?: (?<=[_-]key) | (?<=apikey) | (?<=accesskey) | (?<=accountkey) ) END
          | _(?:live|test)_ | ia (?<=akia) | s\.slack | - (?<=sk-) [\w-]{16} )
    | z (?: a (?<=aiza) | ation (?<=authorization) END )
    | cret (?<=secret) END
    | j (?<=eyj)
    | xox
    | g (?: h[pousr]_ | ithub_pat_ | lpat- | sk_ )
    | f_ (?<=hf_)
    | y (?<=py) pi-
    | m_ (?<=npm_)
    | b (?: earer | egin\  (?<=-----begin\ ) )
    | : (?: // | \\/\\/ ) [^/\s@]{0,4096}+ @    # JSON may escape a slash
    | \\u00[2-7]                              # or any letter
    """.replace(b"END", rb"(?![a-z0-9_.}])")  # not input_tokens, token_type, {token}
)
"""Each word begins at its rarest letter and looks back: 6 us a KB, where beginning at its first would take 20."""


def suspicious(body: bytes) -> bool:
    """Whether a body, protobuf or JSON, may hold anything `mask` would change: often wrong with yes, never with no."""
    return _SUSPECT.search(body.lower()) is not None


# ------------------------------------------------------------------------------------------ masking


def mask(text: str) -> str:
    """The text with `MASK` in the place of each secret; what tells whose it was stays before it, as in `sk-ant-`."""
    if not suspicious(text.encode(errors="surrogatepass")):
        return text
    while (masked := _masked_once(text)) != text:  # a mark may part what stuck together
        text = masked
    return text


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether a field's name says that its text is a secret: `x-api-key`, `client_secret`, `http.…authorization`."""
    return _SECRET_NAME.search(_folded(name)) is not None


def mask_json(value: Any, depth: int = DEPTH) -> Any:
    """JSON with its secrets masked: in texts, in names, and whatever text stands under a telling name."""
    match value:
        case str():
            return mask(value)
        case dict() if depth:
            return {mask(name): _mask_field(name, inner, depth - 1) for name, inner in value.items()}
        case list() if depth:
            return [mask_json(inner, depth - 1) for inner in value]
        case dict() | list():
            return None
        case _:
            return value


def _mask_field(name: str, value: Any, depth: int) -> Any:
    return MASK if value and isinstance(value, str) and is_secret(name) else mask_json(value, depth)


def _masked_once(text: str) -> str:
    text = _PEM.sub(_masked, text)
    for pattern in _NAMED:
        text = _mask_named(pattern, text)
    for pattern in _SHAPES:
        text = pattern.sub(_masked, text)
    return text


def _masked(found: re.Match[str]) -> str:
    begin, end = found.span("secret")
    return found.string[found.start() : begin] + MASK + found.string[end : found.end()]


def _mask_named(pattern: re.Pattern[str], text: str) -> str:
    kept, at = [], 0
    for found in pattern.finditer(_folded(text)):
        begin, end = found.span("secret")
        kept += [text[at:begin], MASK]
        at = end
    return "".join(kept) + text[at:]


def _folded(text: str) -> str:
    """In lower case, letter for letter: `str.lower` makes two of some and ASCII of others."""
    if text.isascii():
        return text.lower()
    return text.encode(errors="surrogatepass").lower().decode(errors="surrogatepass")
