"""Claude Code itself, connected by `aimon setup`: what a person does in its pane is what aimon tells of it."""

import asyncio

import pytest

from tests.fakes.scene import until
from tests.fakes.tmux import needs_tmux
from tests.fakes.tmux import until as at_once

pytestmark = [pytest.mark.real, needs_tmux]

PROMPT_MS = 250
"""How soon a wait is told after the hook that knows of it."""


async def pause(seconds: float = 2.0) -> None:
    """A person is not in a hurry, and what does not change must be seen not to."""
    await asyncio.sleep(seconds)


async def test_a_permission_is_told_as_it_is_asked_given_and_refused(play, tell):
    async with play() as (stage, claude, seen):
        await claude.say("Good morning T-HELLO")
        await claude.reaches("completed")
        await pause()
        await claude.say("Stamp it T-PERM")
        await claude.reaches("working")
        row = await claude.reaches("waiting")
        assert (row["waiting_for"], row["waiting_on"]) == ("permission", "Bash: touch build.stamp")
        await claude.approve()
        await claude.reaches("working")
        await claude.reaches("completed")
        assert (stage.project / "build.stamp").exists()
        await pause()
        await claude.say("Clear up T-DENY")
        await claude.reaches("waiting")
        await claude.deny()
        row = await claude.reaches("idle")
        assert (row["errors"], row["turns"], row["waiting_for"]) == (0, 3, None)
        await pause()
        await stage.billed(claude.key)
        tell(f"a permission is told {sorted(seen.told_after_ms('waiting'))} ms after its hook began")
        assert min(seen.told_after_ms("waiting")) <= PROMPT_MS


async def test_a_question_waits_for_its_answer(play):
    async with play() as (stage, claude, _):
        await claude.say("Choose T-ASK")
        assert (await claude.reaches("waiting"))["waiting_for"] == "question"
        await claude.terminal.answer("Which database", "Enter", "answer")
        await claude.reaches("completed")
        await pause()
        await stage.billed(claude.key)


async def test_an_interrupted_turn_is_over(play):
    async with play() as (stage, claude, _):
        await claude.say("At length T-SLOW")
        await claude.reaches("working")
        await claude.terminal.sees("slow slow")
        await pause(3)
        claude.terminal.press("Escape", "interrupt a text")
        await claude.reaches("idle")
        await pause()
        await claude.say("Wait T-WAIT")
        await claude.reaches("waiting")
        await claude.approve()
        await claude.reaches("working")
        await pause(3)
        claude.terminal.press("Escape", "interrupt a tool")
        assert (await claude.reaches("idle"))["errors"] == 0
        await pause()
        await claude.say("Good morning T-HELLO")
        await claude.reaches("completed")
        await pause()
        await stage.billed(claude.key)
        assert [one.aborted for one in stage.api.served] == [True, False, False]


async def test_work_in_the_background_goes_on_after_the_turn(play):
    async with play() as (stage, claude, _):
        await claude.say("Look into it T-BACK")
        await until(lambda: len(stage.api.served) == 3, "three calls")
        await claude.terminal.sees("Started it in the background.")
        assert (await stage.session(claude.key))["state"] == "working", "a subagent still works"
        await claude.terminal.sees("The check in the background is done.")
        row = await claude.reaches("completed")
        assert [(one["type"], one["state"]) for one in row["subagents"]] == [("general-purpose", "completed")]
        await pause()
        await stage.billed(claude.key)


async def test_clear_begins_another_session_and_compact_does_not(play):
    async with play() as (stage, claude, _):
        await claude.say("Good morning T-HELLO")
        await claude.reaches("completed")
        await pause()
        await claude.say("/compact")
        await claude.terminal.sees("Compacted")
        await pause()
        await stage.billed(claude.key)
        first = claude.key
        await claude.say("/clear")
        await until(lambda: claude.key != first, "another session")
        await pause()
        await claude.say("Good evening T-HELLO")
        await claude.reaches("completed")
        await pause()
        await stage.billed(claude.key)
        states = {row["key"]: row["state"] for row in await stage.sessions()}
        assert states == {first: "ended", claude.key: "completed"}


async def test_one_that_is_killed_has_ended(play):
    async with play(sources="otlp,hooks,transcripts,processes") as (stage, claude, _):
        await claude.say("Stamp it T-PERM")
        await claude.reaches("waiting")
        key = claude.key
        await pause()
        claude.terminal.kill()

        async def over() -> bool:
            return [row["state"] for row in await stage.sessions() if row["key"] == key] == ["ended"]

        await until(over, "its end", wait_s=10)


async def test_its_terminal_comes_to_the_front(play):
    async with play() as (stage, claude, _):
        terminal = stage.tmux.attach("shell")
        await claude.say("Stamp it T-PERM")
        await claude.reaches("waiting")
        assert stage.tmux.shows(terminal) != claude.terminal.pane.id
        told = await stage.focused(claude.key)
        assert told["ok"], told
        assert at_once(lambda: stage.tmux.shows(terminal) == claude.terminal.pane.id)
        stage.tmux("select-window", "-t", "shell:0")
        assert stage.program.run("focus", claude.key, "--port", str(stage.serving.port)).returncode == 0
        assert at_once(lambda: stage.tmux.shows(terminal) == claude.terminal.pane.id)
        await claude.deny()
        await claude.reaches("idle")
