"""What a scripted model says, as data: a script is a list of answers, one for each call of a turn.

    SCRIPTS = {
        "T-TIDY": [
            says("I look first.", tool("Bash", command="ls"), usage=Usage(input=101, output=41)),
            says("All is tidy.", usage=Usage(input=102, output=12, cache_read=101), fails=(529,)),
        ]
    }

A prompt that contains `T-TIDY` gets the first answer; what follows a tool's result gets the second, after one
`529 Overloaded`. A script that has ended answers `Done.`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct


class Text(Struct, frozen=True):
    """What the model writes; it is streamed word by word."""

    text: str


class Thinking(Struct, frozen=True):
    """What the model thinks before it writes."""

    text: str


class ToolUse(Struct, frozen=True):
    """A tool that the model wants to be run."""

    name: str
    input: dict[str, Any]


Block = Text | Thinking | ToolUse


class Usage(Struct, frozen=True):
    """The tokens of a call, in exclusive parts: `input` is what was neither read from nor written to a cache."""

    input: int = 0
    output: int = 0
    """Reasoning included."""
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    reasoning: int = 0
    """The part of `output` that was thought; OpenAI tells it, Anthropic does not."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(*(getattr(self, name) + getattr(other, name) for name in self.__struct_fields__))

    @property
    def cache_write(self) -> int:
        """Written to a cache, for however long."""
        return self.cache_write_5m + self.cache_write_1h


class Answer(Struct, frozen=True):
    """One answer of the model."""

    content: tuple[Block, ...]
    usage: Usage = Usage(input=11, output=3)
    fails: tuple[int, ...] = ()
    """HTTP statuses of the attempts before the one that succeeds."""
    delay_s: float = 0.0
    """Before the first byte."""
    chunk_s: float = 0.0
    """Between two words."""
    stop_reason: str = "end_turn"
    """As Anthropic calls it."""

    @property
    def tools(self) -> tuple[str, ...]:
        """The names of the tools it asks for."""
        return tuple(block.name for block in self.content if isinstance(block, ToolUse))


def says(*content: str | Block, **given: Any) -> Answer:
    """An answer of texts and other blocks; it stops for its tools, where no other `stop_reason` is given."""
    blocks = tuple(Text(block) if isinstance(block, str) else block for block in content)
    asks = any(isinstance(block, ToolUse) for block in blocks)
    return Answer(blocks, **{"stop_reason": "tool_use" if asks else "end_turn"} | given)


def tool(name: str, /, **given: Any) -> ToolUse:
    """A tool and what it is given: `tool("Bash", command="ls")`."""
    return ToolUse(name, given)


Script = Sequence[Answer]
Scripts = Mapping[str, Script]
"""By the word in a prompt that starts it."""

DONE = says("Done.")
"""What a script says that has ended."""
SIDE = says('{"title": "Work on the shop", "isNewTopic": true}', usage=Usage(input=40, output=12))
"""What calls get that clients make for themselves, such as for a title."""
SUMMARY = says(
    "<analysis>Short.</analysis>\n<summary>1. Primary Request: work on the shop.</summary>",
    usage=Usage(input=2500, output=220, cache_read=4000),
    delay_s=1.0,
)
"""What a client gets that compacts its conversation."""
