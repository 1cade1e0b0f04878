"""What the fleet does: a morning of eight sessions up to the moment the curtain rises, and then on for ever.

The morning is written out, so that the first picture is the same in every run; what follows is drawn from a seeded
random source per session.
"""

from collections.abc import Iterator
from heapq import merge
from random import Random

from aimon_core.session import Tokens
from aimon_tui.demo.actors import Coder
from aimon_tui.demo.actors.claude_code import Claude
from aimon_tui.demo.actors.codex import Codex
from aimon_tui.demo.actors.copilot import Copilot
from aimon_tui.demo.actors.gemini_cli import Gemini
from aimon_tui.demo.actors.opencode import Opencode
from aimon_tui.demo.actors.own import Own
from aimon_tui.demo.wire import Request

HOME = "/home/dev/projects"

TASKS = (
    ("fix the failing test", "src/cart.ts", "npm test", "The test passes: the total was rounded twice."),
    ("add a cart total", "src/total.ts", "npm run build", "The cart shows its total."),
    ("why is CI red", ".github/workflows/ci.yml", "gh run view --log-failed", "CI used an old Node; it is pinned now."),
    ("rename the module", "src/index.ts", "git mv src/a.ts src/b.ts", "Renamed, and every import follows."),
)
"""Prompt, file, command and last words."""

RISKY = (
    "rm -rf build",
    "git push --force-with-lease",
    "psql -c 'drop table carts_old'",
    "kubectl rollout restart deploy/api",
)


def fleet(epoch_ns: int) -> Iterator[Request]:
    """All requests of the fleet in the order of their time; `epoch_ns` is second 0, the moment the curtain rises."""
    sessions = (
        _shop(epoch_ns),
        _infra(epoch_ns),
        _billing(epoch_ns),
        _web(epoch_ns),
        _notes(epoch_ns),
        _closed(epoch_ns),
    )
    own = (_pipeline(epoch_ns), _docs(epoch_ns))
    yield from merge(*sessions, *own, key=lambda request: request.at_s)


def _turn(actor: Coder, task: int, scale: float = 1.0) -> Iterator[Request]:
    """A turn as most are: read, think, change, test, done."""
    text, file, command, words = TASKS[task % len(TASKS)]
    read = round(58_000 * scale)
    yield from actor.prompt(text)
    yield from actor.think(4, Tokens(900, read, 2_600, output=320))
    yield from actor.tool("Read", file, 0.4)
    yield from actor.think(5, Tokens(300, read + 2_600, 1_900, output=512))
    yield from actor.tool("Edit", file, 0.5)
    yield from actor.think(3, Tokens(200, read + 4_500, 800, output=210))
    yield from actor.tool("Bash", command, 6.0)
    yield from actor.think(4, Tokens(260, read + 5_300, 700, output=180))
    yield from actor.stop(words)


def _morning(actor: Coder, turns: int, gap_s: float, scale: float = 1.0) -> Iterator[Request]:
    yield from actor.open()
    for number in range(turns):
        actor.pause(gap_s)
        yield from _turn(actor, number, scale)


def _shop(epoch_ns: int) -> Iterator[Request]:
    actor = Claude(f"{HOME}/shop-api", -1_500, epoch_ns, "claude-opus-5-5")
    yield from _morning(actor, 6, 180, 3.2)
    actor.at_s = -44.0
    yield from actor.prompt("fix the failing test")
    yield from actor.think(5, Tokens(1_200, 190_000, 9_000, output=340))
    yield from actor.tool("Bash", "npm test", 2.2, ok=False)
    yield from actor.delegate("general-purpose", "claude-haiku-4-5", 2)
    yield from actor.think(4, Tokens(800, 199_000, 4_200, output=388))
    yield from actor.tool("Edit", "src/cart.ts", 0.4)
    yield from actor.think(3, Tokens(500, 203_000, 2_000, output=290))
    actor.at_s = -14.2
    yield from actor.ask("Bash", "rm -rf build", 36.0)
    yield from actor.think(3, Tokens(500, 205_000, 2_000, output=290))
    yield from actor.stop("The build folder is gone and the test passes.")
    yield from _for_ever(actor, Random(1), 3.4)


def _infra(epoch_ns: int) -> Iterator[Request]:
    actor = Codex(f"{HOME}/infra", -1_200, epoch_ns, "gpt-5.5")
    yield from _morning(actor, 3, 200, 2.0)
    actor.at_s = -230
    yield from actor.prompt("rotate the certificates")
    yield from actor.think(8, Tokens(2_100, 120_000, 4_000, output=700))
    yield from actor.tool("Bash", "certbot renew --dry-run", 12)
    actor.at_s = -185
    yield from actor.refused(429, "Number of requests has exceeded your rate limit")
    actor.pause(420)
    yield from _for_ever(actor, Random(2), 2.2)


def _billing(epoch_ns: int) -> Iterator[Request]:
    actor = Claude(f"{HOME}/billing-reconciler", -1_450, epoch_ns, "claude-opus-5-5")
    yield from _morning(actor, 7, 150, 6.0)
    actor.at_s = -52
    yield from actor.prompt("reconcile the ledger")
    yield from actor.think(20, Tokens(2_000, 380_000, 8_000, output=1_400))
    yield from actor.tool("Edit", "src/ledger/reconcile.py", 48)
    yield from actor.think(3, Tokens(500, 388_000, 2_000, output=290))
    yield from actor.stop("Both sides of the ledger agree.")
    yield from _for_ever(actor, Random(3), 6.4)


def _web(epoch_ns: int) -> Iterator[Request]:
    actor = Gemini(f"{HOME}/web-app", -900, epoch_ns, "gemini-3-pro-preview")
    yield from _morning(actor, 4, 140, 1.4)
    actor.at_s = -24
    yield from actor.prompt("speed up the tests")
    yield from actor.think(15, Tokens(1_400, 84_000, 5_000, output=900))
    actor.at_s = -8
    yield from actor.tool("Bash", "npm test -- --watch=false", 19)
    yield from actor.think(4, Tokens(500, 90_000, 2_000, output=290))
    yield from actor.stop("The suite takes 19 s now, it took 64 s.")
    yield from _for_ever(actor, Random(4), 1.6)


def _notes(epoch_ns: int) -> Iterator[Request]:
    actor = Opencode(f"{HOME}/notes", -723, epoch_ns, "kimi-k3")
    yield from actor.open()
    actor.pause(900)
    yield from _for_ever(actor, Random(5), 0.4)


def _closed(epoch_ns: int) -> Iterator[Request]:
    actor = Copilot(f"{HOME}/web-app", -700, epoch_ns, "claude-sonnet-5-5")
    yield from _morning(actor, 2, 120, 0.8)
    actor.at_s = -40
    yield from actor.close()


def _pipeline(epoch_ns: int) -> Iterator[Request]:
    """An agent of someone's own: spans only, so its prompts and waits cannot be seen."""
    actor = Own("my-langchain-agent", "data-pipeline", -600, epoch_ns, "gpt-5.5")
    rng = Random(6)
    while True:
        actor.prompt()
        for _ in range(rng.randint(3, 7)):
            yield from actor.think(rng.uniform(4, 14), rng.randint(4_000, 16_000), rng.randint(80, 700), 3_000)
            yield from actor.tool(rng.choice(("search", "fetch_table", "write_parquet")), rng.uniform(0.5, 5))
        yield from actor.stop()
        actor.pause(rng.uniform(6, 12))


def _docs(epoch_ns: int) -> Iterator[Request]:
    """One whose model has no price: its cost is unknown, and said to be."""
    actor = Own("docs-writer", "docs", -240, epoch_ns, "in-house-7b")
    actor.prompt()
    for _ in range(4):
        yield from actor.think(48, 9_800, 480)
        yield from actor.tool("edit_page", 5)
    actor.at_s = -30
    yield from actor.think(9, 9_800, 480)
    yield from actor.stop()


def _for_ever(actor: Coder, rng: Random, scale: float) -> Iterator[Request]:
    """Turn after turn, some of which need a person."""
    while True:
        actor.pause(rng.uniform(8, 70))
        yield from _turn(actor, rng.randrange(len(TASKS)), scale)
        if rng.random() < 0.5:
            actor.pause(rng.uniform(5, 20))
            yield from actor.prompt("and clean up")
            yield from actor.think(4, Tokens(900, round(60_000 * scale), 2_600, output=320))
            yield from actor.ask("Bash", rng.choice(RISKY), rng.uniform(10, 40))
            yield from actor.think(3, Tokens(300, round(62_000 * scale), 900, output=120))
            yield from actor.stop("Cleaned up.")
