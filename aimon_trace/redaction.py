"""What must not stand in a trace is taken out before it is in one: secrets, names that hold some, personal numbers.

Secrets are found by the ledger's own `aimon_core.masking`, so that what one hides the other does not show. Apart,
because a trace file leaves the machine: addresses, cards and social security numbers go here, too. Whatever is redacted
is a copy in the types of JSON; the agent's own data are never touched, and what it does to them later is not seen.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import isfinite
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

from aimon_core.masking import DEPTH, MASK, is_secret, mask

Side = Literal["input", "output", "other"]
Leaf = Callable[[Any], Any]
M = TypeVar("M", bound=BaseModel)

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])", re.ASCII)
_SSN = re.compile(r"(?<![\w.-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-]|\.\d)", re.ASCII)
"""A social security number of the United States; the areas left out are never given."""
_CARD = re.compile(r"(?<![\w.-])(?:[3-6]|2[2-7])(?:[ -]?\d){11,18}(?![\w-]|\.\d)", re.ASCII)
"""13 to 19 digits, in groups or not, of a known network: a time in nanoseconds begins with a 1."""
_DIGITS = re.compile(r"\d{3}-\d\d-|\d(?:[ -]?\d){11}", re.ASCII)
"""What a text without has neither of both; most have none."""
SHORT = 64
"""Characters of a text that is remembered: names, roles and models come again and again."""

_IS = r"""["'\\]{0,4}\s{0,4}[:=]\s{0,4}["'\\]{0,4}"""
_VALUE = r"""[^\s"'\\,;&}]{1,512}"""
_JOINS = frozenset({"step_id", "parent_step_id", "step_type", "timestamp", "triggered_by_step_id"})
"""Fields that join steps."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class RedactionConfig:
    """What is taken out of a trace; by default everything known to be secret or personal."""

    enabled: bool = True
    redact_inputs: bool = True
    """Whether prompts, arguments and queries are looked through."""
    redact_outputs: bool = True
    """Whether answers, results and documents are."""
    capture_inputs: bool = True
    """False: no input is kept at all, whatever it says."""
    capture_outputs: bool = True
    secrets: bool = True
    """Keys, tokens and passwords, by their shape or by the name before them."""
    personal: bool = True
    """E-mail addresses, card numbers (Luhn), social security numbers."""
    patterns: tuple[str | re.Pattern[str], ...] = ()
    """What else to take out."""
    field_names: tuple[str, ...] = ("bearer", "credential")
    """Parts of names whose values go, in any case; names that tell a secret (`api_key`, `token`) need not be said."""
    replacement: str = "[REDACTED]"

    def keeping(self, *, inputs: bool, outputs: bool) -> "RedactionConfig":
        """The same, but for sides that are not to be kept at all."""
        inputs, outputs = self.capture_inputs and inputs, self.capture_outputs and outputs
        return dataclasses.replace(self, capture_inputs=inputs, capture_outputs=outputs)

    @classmethod
    def default(cls) -> "RedactionConfig":
        """The default, by the name that the original gave it."""
        return cls()


class Redactor:
    """One configuration, compiled."""

    def __init__(self, config: RedactionConfig | None = None) -> None:
        self.config = config = config or RedactionConfig()
        parts = "|".join(re.escape(name) for name in config.field_names)
        self._parts = tuple(name.lower() for name in config.field_names)
        self._named = re.compile(rf"((?:{parts})\w{{0,32}}{_IS}){_VALUE}", re.IGNORECASE) if parts else None
        self._patterns = [re.compile(one) for one in config.patterns]
        self._short = lru_cache(maxsize=4_096)(self._redacted)
        self._hides = lru_cache(maxsize=4_096)(self._of_name)

    # ------------------------------------------------------------------ values

    def text(self, text: str) -> str:
        """A text without what must not stand in it."""
        return self._short(text) if len(text) <= SHORT else self._redacted(text)

    def _redacted(self, text: str) -> str:
        new = self.config.replacement
        if self.config.secrets:
            text = mask(text).replace(MASK, new)
        if self._named and self._tells(text):
            text = self._named.sub(lambda found: found[1] + new, text)
        for pattern in self._patterns:
            text = pattern.sub(lambda _: new, text)
        if self.config.personal and "@" in text:
            text = _EMAIL.sub(lambda _: new, text)
        if self.config.personal and _DIGITS.search(text):
            text = _CARD.sub(lambda found: new if is_card(found[0]) else found[0], _SSN.sub(lambda _: new, text))
        return text

    def value(self, value: Any, side: Side = "other") -> Any:
        """A copy of any value in the types of JSON, redacted as its side asks."""
        config = self.config
        keep, look = {
            "input": (config.capture_inputs, config.redact_inputs),
            "output": (config.capture_outputs, config.redact_outputs),
            "other": (True, True),
        }[side]
        if not config.enabled or (keep and not look):
            return copied(value, _same)
        if not keep:
            return copied(value, lambda one: self._gone(one) if isinstance(one, str) else None)
        return copied(value, self._leaf, self.text, self._hides)

    def _leaf(self, value: str | float) -> Any:
        if isinstance(value, str):
            return self.text(value)
        card = self.config.personal and isinstance(value, int) and _CARD.fullmatch(str(value)) and is_card(str(value))
        return self.config.replacement if card else value

    def _gone(self, _: Any) -> str:
        return self.config.replacement

    def _of_name(self, name: str) -> Leaf | None:
        """What is done to all that stands under a name; None where that is nothing of its own."""
        secret = (self.config.secrets and is_secret(name)) or self._tells(name)
        return self._gone if secret else None

    def _tells(self, text: str) -> bool:
        lower = text.lower()
        return any(part in lower for part in self._parts)

    # ------------------------------------------------------------------ documents

    def fields(self, kind: type[BaseModel], fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a step, or of another document, that is not made yet."""
        inputs, outputs = getattr(kind, "inputs", ()), getattr(kind, "outputs", ())
        sides: dict[str, Side] = {**dict.fromkeys(inputs, "input"), **dict.fromkeys(outputs, "output")}
        return {name: self._field(name, value, sides.get(name, "other")) for name, value in fields.items()}

    def _field(self, name: str, value: Any, side: Side) -> Any:
        if value is None or name in _JOINS or (side == "other" and isinstance(value, int | float)):
            return value
        return self.value(value, side)

    def document(self, document: M) -> M:
        """A step, or another document, redacted anew: nothing happens to what was redacted already."""
        kind = type(document)
        return kind.model_validate(self.fields(kind, dict(document)))


def copied(
    value: Any,
    leaf: Leaf,
    rename: Callable[[str], str] = str,
    hides: Callable[[str], Leaf | None] | None = None,
    depth: int = DEPTH,
) -> Any:
    """A value in the types of JSON that JSON can write: texts and numbers through `leaf`, names through `rename`.

    What stands under a name that `hides` has a word for goes through that instead. Below `depth` levels is nothing.
    """
    match value:
        case None | bool():
            return value
        case str():
            return leaf(_sound(value))
        case int():
            return leaf(value)
        case float():
            return leaf(value if isfinite(value) else str(value))
        case _ if depth <= 0:
            return None
        case dict() | Mapping():
            return {
                rename(_sound(str(name))): copied(one, (hides and hides(str(name))) or leaf, rename, hides, depth - 1)
                for name, one in value.items()
            }
        case list() | tuple() | set() | frozenset():
            return [copied(one, leaf, rename, hides, depth - 1) for one in value]
        case BaseModel():
            return copied(dict(value), leaf, rename, hides, depth)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            return copied(fields, leaf, rename, hides, depth)
        case _:
            return leaf(_shown(value))


def is_card(text: str) -> bool:
    """Whether the digits of a text add up as those of a payment card do (Luhn)."""
    digits = [int(one) for one in text if one.isdigit()]
    odd, even = digits[-1::-2], digits[-2::-2]
    return (sum(odd) + sum(sum(divmod(2 * one, 10)) for one in even)) % 10 == 0


def _sound(text: str) -> str:
    """A text without half letters (lone surrogates), which no file takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _same(value: Any) -> Any:
    return value


def _shown(value: Any) -> str:
    """What a value that JSON does not know says of itself; it may be anybody's, and fail at that."""
    try:
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    except Exception:  # noqa: BLE001 - a foreign object's own word about itself never fails the agent
        return f"<{type(value).__qualname__}>"
