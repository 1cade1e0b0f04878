"""The one gate between foreign text and the terminal: whatever leaves here can be put into a cell.

It stands apart because Textual does not sanitize: five of five ways of showing a string let ESC, C1 and OSC 52
through to the real terminal. Everything that came over the wire passes here once, at the edge where it becomes
cells, a title, a toast or a log line.
"""

import re
from unicodedata import category, normalize

LIMIT = 256
"""Characters that a value keeps by default: more than any cell shows."""
RAW_PER_KEPT = 4
"""Raw characters read for each one kept: work on a 1 MB value is bounded before it begins."""
MARKS = 4
"""Combining marks a character keeps: enough for Hebrew, Thai and keycaps, too few to pile over other rows."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_ESCAPES = re.compile(
    "(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x90-\x9f]*(?:\x07|\x1b\\\\|\x9c)"  # strings: OSC, DCS, APC …
    "|(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI
    "|\x1b[ -/]*[0-~]"  # the short ones
)
_FILLERS = re.compile("[\u115f\u1160\u2800\u3164\uffa0]")
"""Letters that look like blanks."""
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # C0, DEL and C1; those that separate become blanks instead
    "\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f"  # zero widths, bidi controls
    "\ufe00-\ufe0d\ufeff\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U00013440\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"  # tags and variation selectors can carry whole messages
)
_EMOJI = "\u2190-\u2bff\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(f"(?<![{_EMOJI}\ufe0f])\u200d|\u200d(?![{_EMOJI}])")
_JOINER = "\u200d"


def clean(text: str, limit: int = LIMIT) -> str:
    """One line of at most `limit` characters without anything a terminal obeys or an eye cannot see.

    Escape sequences, control, bidi and zero-width characters go, blanks of every kind become single spaces, a
    lone surrogate becomes U+FFFD; emoji, CJK and a few combining marks stay. NFC; a cut shows as `…`.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return " ".join(text.split())
    bounded = text[: limit * RAW_PER_KEPT]
    words = " ".join(_visible(bounded).split())
    kept = " ".join(word for word in map(_few_marks, words.split(" ")) if word)
    if len(kept) <= limit and len(bounded) == len(text):
        return kept
    return kept[: limit - 1].rstrip(f" {_JOINER}") + "…" if limit > 0 else ""


def _visible(text: str) -> str:
    """The text without what hides: NFC before and after, since what is taken out may part a letter from its accent."""
    if _SURROGATES.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _HIDDEN.sub("", _ESCAPES.sub("", text))
    text = normalize("NFC", _FILLERS.sub(" ", text))
    return normalize("NFC", _STRAY_JOINER.sub("", text))


def _few_marks(word: str) -> str:
    """The word with at most `MARKS` marks on a character and none without one."""
    kept, marks = [], MARKS
    for letter in word:
        if letter == _JOINER or category(letter)[0] == "M":
            marks += 1
        else:
            marks = 0
        if marks <= MARKS:
            kept.append(letter)
    return "".join(kept)
