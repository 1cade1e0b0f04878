"""The six scenarios: what an agent does, told through hooks and telemetry, and what aimon must make of it.

Each is a script of the model's and a coroutine that plays it; it returns what it saw, and raises AssertionError where
that is not the truth. The session is whoever plays: a scripted client, or a real one.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from tests.fakes.model_api import Script, Usage, says, tool
from tests.fakes.scene import Scene


class Player(Protocol):
    """A client in a session."""

    @property
    def key(self) -> str:
        """What aimon calls the session."""

    async def say(self, prompt: str) -> None:
        """Begin a turn."""

    async def approve(self) -> None:
        """Allow the tool that waits for it."""


Scenario = Callable[[Scene, Player], Awaitable[str]]

HELPERS = 3
PRICES = {"input": 4, "cache_read": 0.2, "cache_write_5m": 5, "cache_write_1h": 8, "output": 20}
"""Dollars for a million tokens of claude-opus-5-5, which plays all parts."""
COSTLY = Usage(input=1_000, output=500, cache_read=10_000, cache_write_5m=2_000, cache_write_1h=1_000)


def _helper(number: int) -> Any:
    return tool(
        "Agent", description=f"Part {number}", prompt=f"Part {number}: T-PART", subagent_type="general-purpose",
        run_in_background=False,
    )  # fmt: skip


SCRIPTS: dict[str, Script] = {
    "T-BASIC": [
        says("I look.", tool("Bash", command="ls", description="List files"), usage=Usage(input=100, output=20)),
        says("Nothing is here.", usage=Usage(input=130, output=10)),
    ],
    "T-STREAM": [says("word " * 20, chunk_s=0.1, usage=Usage(input=50, output=10))],
    "T-PARTS": [
        says(*(_helper(number) for number in range(HELPERS)), usage=Usage(input=200, output=60)),
        says("All parts are done.", usage=Usage(input=260, output=12)),
    ],
    "T-PART": [
        says(tool("Bash", command="ls -1", description="List files"), usage=Usage(input=40, output=9), delay_s=0.2),
        says("This part is done.", usage=Usage(input=51, output=7), delay_s=0.2),
    ],
    "T-AGAIN": [says("It went well at last.", usage=Usage(input=90, output=8), fails=(529, 429))],
    "T-LIMIT": [says("never", fails=(429,) * 50, delay_s=0.3)],
    "T-BROKEN": [says("never", fails=(500,) * 50, delay_s=0.3)],
    "T-WRITE": [
        says(tool("Write", file_path="note.txt", content="a note\n"), usage=Usage(input=70, output=30)),
        says("The note is written.", usage=Usage(input=101, output=9)),
    ],
    "T-COST": [says("That was costly.", usage=COSTLY)],
}  # fmt: skip


async def basic(scene: Scene, player: Player) -> str:
    """One turn of two calls with a tool between them, and what caused what."""
    await player.say("Look around T-BASIC")
    await scene.reaches(player.key, "completed")
    await scene.billed(player.key)
    await scene.tells(player.key, turns=1, llm_calls=2, tool_calls=1)
    (turn,) = await scene.turns(player.key)
    calls = [span["key"] for span in turn["spans"] if span["kind"] == "llm"]
    (used,) = [span for span in turn["spans"] if span["kind"] == "tool"]
    _same("the tool's causes", [used["asked_by"], used["read_by"]], calls)
    return "1 turn, 2 calls, 1 tool; who asked for it and who read it is known"


async def streaming(scene: Scene, player: Player) -> str:
    """A slow answer: the session works as long as it streams, and its tokens are those of the stream's end."""
    served = len(scene.api.served)
    await player.say("Write T-STREAM")
    await scene.reaches(player.key, "working")
    _same("answers when it began to work", len(scene.api.served), served)
    await scene.reaches(player.key, "completed")
    tokens = (await scene.billed(player.key))["tokens"]
    _same("tokens", [tokens["input"], tokens["output"]], [50, 10])
    return "50 tokens in, 10 out"


async def concurrent(scene: Scene, player: Player) -> str:
    """Three subagents at once: one row, and each has its own figures."""
    others = {one["key"] for one in await scene.sessions()} - {player.key}
    await player.say("Divide it T-PARTS")
    await scene.reaches(player.key, "completed")
    row = await scene.billed(player.key)
    helpers = [(one["state"], one["tokens"]["total"]) for one in row["subagents"]]
    _same("subagents", helpers, [("completed", 40 + 9 + 51 + 7)] * HELPERS)
    _same("rows", {one["key"] for one in await scene.sessions()} - others, {player.key})
    return f"{HELPERS} subagents in one row, {row['tokens']['total']} tokens"


async def errors(scene: Scene, player: Player) -> str:
    """What a retry mends is no error; what no retry mends fails the turn, and says how."""
    await player.say("Try T-AGAIN")
    await scene.reaches(player.key, "completed")
    await scene.tells(player.key, llm_calls=1, errors=0)
    for prompt, kind in (("Try T-LIMIT", "rate_limit"), ("Try T-BROKEN", "server")):
        await player.say(prompt)
        await scene.reaches(player.key, "working")
        await scene.tells(player.key, 60, state="failed", last_error_type=kind)
    await scene.tells(player.key, llm_calls=1, llm_calls_failed=2, errors=2)
    await scene.billed(player.key)
    return "a retried call is none; 429 and 500 are two"


async def permission(scene: Scene, player: Player) -> str:
    """A tool waits for a person, who allows it."""
    await player.say("Write it down T-WRITE")
    await scene.tells(player.key, state="waiting", waiting_for="permission")
    await player.approve()
    await scene.reaches(player.key, "completed")
    _same("the note", (scene.project / "note.txt").read_text(), "a note\n")
    row = await scene.billed(player.key)
    assert row["waited_ms"] > 0, "it did not wait"
    (turn,) = await scene.turns(player.key)
    spans = {span["kind"]: span for span in turn["spans"]}
    _same(
        "what waited",
        [spans["wait"]["name"], spans["tool"]["name"], spans["tool"]["failed"]],
        ["Write", "Write", False],
    )
    return f"Write waited {row['waited_ms']} ms, and was allowed"


async def cost(scene: Scene, player: Player) -> str:
    """Each kind of token has its own price."""
    await player.say("Spend T-COST")
    await scene.reaches(player.key, "completed")
    row = await scene.billed(player.key)
    usd = sum(getattr(COSTLY, part) * price for part, price in PRICES.items()) / 1e6
    for told in ("cost_usd", "computed_usd", "reported_usd"):
        found = row["cost_usd"] if told == "cost_usd" else row["cost"][told]
        _same(told, found if found is None else round(found, 9), found if found is None else round(usd, 9))
    assert row["cost_usd"] is not None, "the price is unknown"
    return f"${row['cost_usd']:.6f}, to the last digit"


def _same(what: str, told: object, truth: object) -> None:
    assert told == truth, f"{what}: {told}, not {truth}"


SCENARIOS: dict[str, Scenario] = {
    play.__name__: play for play in (basic, streaming, concurrent, errors, permission, cost)
}
"""By name, in the order in which they are played."""
