"""The many spellings of one model: what a client calls it, and what a price table may call it.

Apart from prices because it knows only strings: context suffixes, vendor prefixes, cloud regions, dates.
"""

import re

_CONTEXT = re.compile(r"\[(\d+)([km])\]$")
_GITHUB = re.compile(r"^github(?:[-_]copilot)?/")
"""GitHub sells requests, not tokens: its models are worth what their makers take for them."""
_DATE = re.compile(r"-(?:20\d{6}|20\d\d-\d\d-\d\d)$|-latest$")


def declared_context(model: str) -> int | None:
    """The context window that a name declares itself: `claude-opus-4-8[1m]` has a million tokens."""
    found = _CONTEXT.search(model.lower())
    return int(found[1]) * (1_000_000 if found[2] == "m" else 1_000) if found else None


def spellings(model: str) -> list[str]:
    """Names to look up, the most exact first, in lower case."""
    name = _CONTEXT.sub("", model.strip().lower())
    name = _GITHUB.sub("", name)
    name = name.rsplit("models/", 1)[-1]  # Gemini and Vertex: projects/…/models/gemini-2.5-pro
    names = [name, name.replace("@default", "").replace("@", "-")]  # Vertex: claude-opus-4-5@20251101
    names += [_DATE.sub("", one) for one in names]
    return list(dict.fromkeys(names))


def vendor_and_name(spelling: str) -> tuple[str, str] | None:
    """The vendor a name names, and the name there: `anthropic/claude-sonnet-4.5`, Bedrock's `us.anthropic.claude-…`.

    None for a bare name.
    """
    if "anthropic.claude" in spelling:
        return "aws", spelling
    vendor, slash, name = spelling.partition("/")
    return (vendor, name) if slash else None
