"""The setup page: what it shows of real files, what its keys write and take back, and what it says when it cannot."""

import json

import pytest
from msgspec.structs import replace

from aimon_tui.screens.setup import SetupPage
from tests.fakes.fleet import StillDoor, blind, waiting
from tests.fakes.homes import tree
from tests.fakes.machine import CLAUDE, CODEX, GEMINI, SOME, machine
from tests.hostile import CORPUS
from tests.tui.screen import MEDIUM, SMALL, TAKEN, WIDE, Played, listed, said, text
from tests.tui.test_hostile import check
from tests.tui.test_theme import judge

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def mine(tmp_path):
    """The person's home."""
    return tmp_path / "home/dev"


@pytest.fixture
def app(tmp_path, monkeypatch):
    """A dashboard on a machine with three agents, one of them with broken settings."""
    return Played(machine=machine(tmp_path, monkeypatch))


async def press(pilot, *keys):
    """Press keys, and wait for what they set off in threads."""
    await pilot.pause()
    for key in (*keys, None):
        if key is not None:
            await pilot.press(key)
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()


def standings(app):
    """Agent and state of each row of the list."""
    region = app.screen.query_one("#list").region
    return [row[1:] for row in text(app)[region.y + 1 : region.bottom]]


def preview(app):
    """What stands below the title of the changes."""
    region = app.screen.query_one("#preview").region
    return "\n".join(text(app)[region.y : region.bottom])


def edge(app):
    """The title of the changes."""
    return text(app)[app.screen.query_one("#preview").region.y - 1]


# ------------------------------------------------------------------ what it shows


async def test_it_lists_every_agent_and_shows_what_connecting_the_first_would_change(app, mine):
    before = tree(mine)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S")
        assert isinstance(app.screen, SetupPage)
        assert [row.split("  ")[0].strip() for row in standings(app)] == [
            "Claude Code", "Codex", "Gemini CLI", "Qwen Code", "Copilot CLI", "opencode",
        ]  # fmt: skip
        assert "0 of 3 connected" in said(app)
        assert "they send to 127.0.0.1:4318" in text(app)[0]
        assert "Gives tokens, dollars, spans; waits and ends of turns as they happen; context and limits." in preview(
            app
        )
        assert "Copies hook_program.py and statusline_program.py to ~/.local/share/aimon" in preview(app)
        assert "+++ ~/.claude/settings.json" in preview(app)
        assert '+    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",' in preview(app)
        assert edge(app).endswith("+37 −1")
    assert tree(mine) == before


async def test_the_diff_is_the_one_that_the_command_prints(app):
    async with app.run_test(size=(400, 80)) as pilot:
        await press(pilot, "S")
        shown = [row.strip() for row in preview(app).splitlines()]
        assert [line.strip() for line in app.machine.agents[0].plan.diff()] == shown[3 : shown.index("", 3)]


async def test_a_broken_file_is_told_with_its_line_and_left_alone(app, mine):
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S", "j", "j")
        assert "× broken, line 3" in standings(app)[2]
        assert "~/.gemini/settings.json, line 3: " in standings(app)[2]
        assert "Mend it first; nothing was changed." in " ".join(preview(app).split())
        await press(pilot, "enter")
        assert "~/.gemini/settings.json, line 3: " in preview(app)
        assert (mine / GEMINI).read_text() == SOME[GEMINI]
        (mine / GEMINI).write_text("{}")
        await press(pilot, "enter")  # it had changed: what would be written now is shown first
        assert "○ not connected" in standings(app)[2]
        await press(pilot, "enter")
        assert "✓ connected" in standings(app)[2]


async def test_an_agent_that_was_not_found_is_offered_when_somebody_asks(app, mine):
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S", "j", "j", "j")
        assert "· not found" in standings(app)[3]
        assert "Qwen Code was not found on this machine: no home/dev/.qwen" in preview(app).replace("~", "home/dev")
        assert "+++" not in preview(app)
        await press(pilot, "enter")
        assert "+++ ~/.qwen/settings.json" in preview(app)
        assert not (mine / ".qwen").exists()
        await press(pilot, "enter")
        assert "hooks" in json.loads((mine / ".qwen/settings.json").read_text())
        assert "1 of 4 connected" in said(app)
        await press(pilot, "u")
        assert not (mine / ".qwen").exists()
        assert "· not found" in standings(app)[3]


async def test_where_the_port_is_somebody_elses_it_says_so(tmp_path, monkeypatch):
    app = Played(machine=machine(tmp_path, monkeypatch), door=StillDoor(TAKEN))
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S")
        assert f"× {TAKEN}" in text(app)[0]


async def test_it_begins_with_the_agent_of_a_session_that_cannot_be_seen_as_a_whole(tmp_path, monkeypatch):
    one = replace(blind(), agent="codex", blind_spots=("no hooks: waits invisible",))
    app = Played([one], machine=machine(tmp_path, monkeypatch))
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S")
        assert edge(app).startswith(" changes  Codex  ~/.codex/config.toml, hooks.json")


async def test_it_begins_with_what_can_be_connected(app):
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S", "enter", "escape", "S")
        assert edge(app).startswith(" changes  Codex ")


# ------------------------------------------------------------------ what its keys do


@pytest.mark.parametrize("key", ["enter", "a"])
async def test_one_key_writes_what_is_shown_and_says_what_the_command_says(app, mine, key):
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S", "j", key)
        assert "✓ connected" in standings(app)[1]
        assert "1 of 3 connected" in said(app)
        assert "Codex is set up: tokens and tools; waits and ends of turns as they happen." in preview(app)
        assert "Sessions that run already keep their old settings: restart them." in preview(app)
        assert "Codex runs hooks once you trust them: /hooks in its prompt." in preview(app)
        assert "There is nothing left to change." in preview(app)
        assert edge(app).endswith("─")
    assert "[otel]" in (mine / CODEX).read_text()
    assert "hooks" in json.loads((mine / ".codex/hooks.json").read_text())


async def test_a_second_time_nothing_is_written(app, mine):
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S", "enter")
        before = tree(mine)
        await press(pilot, "enter")
        assert "Claude Code is connected already." in preview(app)
    assert tree(mine) == before


async def test_undo_gives_back_every_byte(app, mine):
    before = tree(mine)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S", "enter", "u")
        assert "Claude Code: ~/.claude/settings.json is what it was." in preview(app)
        assert "○ not connected" in standings(app)[0]
        assert edge(app).endswith("+37 −1")
        await press(pilot, "u")
        assert "Claude Code: There is nothing of aimon's to undo." in preview(app)
    assert tree(mine).items() >= before.items()
    assert (mine / CLAUDE).read_text() == SOME[CLAUDE]


async def test_what_changed_meanwhile_is_not_written_over(app, mine):
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S")
        (mine / CLAUDE).write_text('{"model": "haiku"}\n')
        await press(pilot, "enter")
        assert "~/.claude/settings.json changed in the meantime. Run it again." in preview(app)
        assert '-{"model": "haiku"}' in preview(app)  # what would be written now
        assert (mine / CLAUDE).read_text() == '{"model": "haiku"}\n'
        await press(pilot, "enter")
        assert "✓ connected" in standings(app)[0]


async def test_a_file_that_cannot_be_written_is_a_line_on_the_page(app, mine):
    (mine / CLAUDE).chmod(0o444)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S", "enter")
        assert "settings.json is read-only. Something" in " ".join(preview(app).replace("▐", "").split())
        assert "○ not connected" in standings(app)[0]


async def test_what_a_person_set_otherwise_stays_and_is_told(tmp_path, monkeypatch):
    theirs = (
        '{"env": {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://x\\u001b[31m.example"}, "disableAllHooks": true,'
        ' "statusLine": {"type": "command", "command": "aimon statusline"}}'
    )
    app = Played(machine=machine(tmp_path, monkeypatch, {CLAUDE: theirs}))
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S")
        assert "Left as you set it, telemetry: env.OTEL_EXPORTER_OTLP_ENDPOINT is https://x.example." in preview(app)
        await press(pilot, "enter")
        assert "Nothing was written: what you set otherwise stays." in preview(app)
    assert (tmp_path / "home/dev" / CLAUDE).read_text() == theirs
    assert not (tmp_path / "home/dev/.local/share/aimon/hook_program.py").exists()


@pytest.mark.parametrize(("keys", "begins", "toast"), [
    (("y",), '{\n  "env": {', "Copied: what to put into ~/.claude/settings.json."),
    (("j", "c"), "# ~/.codex/config.toml\n[otel]\n", "Copied: what to put into ~/.codex/config.toml, hooks.json."),
])  # fmt: skip
async def test_what_to_put_in_can_be_copied(app, keys, begins, toast):
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S", *keys)
        assert app.clipboard.startswith(begins)
        assert [one.message for one in app._notifications] == [toast]


async def test_long_lines_move_sideways_and_no_farther_than_they_reach(app):
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S", "pagedown")
        assert '"SessionEnd": [{' in preview(app)
        await press(pilot, *["right"] * 4)
        assert '"SessionEnd": [{' not in preview(app)
        for _ in range(40):
            app.screen.action_shift(1)
        await press(pilot)
        assert "claude-code || exit 0" in preview(app)
        for _ in range(40):
            app.screen.action_shift(-1)
        await press(pilot)
        assert '"SessionEnd": [{' in preview(app)


async def test_what_does_not_fit_is_read_on_with_the_page_keys(app):
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "S")
        assert "SubagentStop" not in preview(app)
        await press(pilot, *["pagedown"] * 12)
        assert "SubagentStop" in preview(app)
        await press(pilot, *["pageup"] * 20)
        assert "Copies hook_program.py" in preview(app)


async def test_the_mouse_selects_connects_and_leaves(app):
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S")
        await pilot.click("#list", offset=(5, 2))
        await pilot.click("#footer", offset=(3, 0))
        await press(pilot)
        assert "✓ connected" in standings(app)[1]
        await pilot.click("#footer", offset=(text(app)[-1].index("esc") + 1, 0))
        await press(pilot)
        assert listed(app)


async def test_the_cursor_stays_on_the_list_and_escape_leads_back(app):
    async with app.run_test(size=MEDIUM) as pilot:
        await press(pilot, "S", "k", "G", "j")
        assert edge(app).startswith(" changes  opencode ")
        await press(pilot, "g", "escape")
        assert " sessions  by need " in said(app)


async def test_what_is_typed_before_anything_is_shown_writes_nothing(app, mine):
    before = tree(mine)
    async with app.run_test(size=MEDIUM) as pilot:
        await pilot.pause()
        app.machine.ready.clear()
        await pilot.press("S", "enter", "u", "y", "j")
        assert "agents  on this machine" in said(app)
        app.machine.ready.set()
        await press(pilot)
        assert "0 of 3 connected" in said(app)
    assert tree(mine) == before


async def test_nothing_is_written_that_nobody_could_read_before(tmp_path, monkeypatch, mine):
    here = machine(tmp_path, monkeypatch)
    await here.look(StillDoor())
    before = tree(mine)
    app = Played(machine=here)
    async with app.run_test(size=MEDIUM) as pilot:
        await press(pilot)
        app.action_visit("setup")
        app.screen.action_connect()
        await press(pilot)
        assert isinstance(app.screen, SetupPage)
        app.screen.action_cursor(1)
        app.screen.action_connect()
        await press(pilot)
        assert "+++ ~/.codex/config.toml" in preview(app)
        assert tree(mine) == before
        await press(pilot, "enter")
        assert "✓ connected" in standings(app)[1]


async def test_the_empty_page_knows_what_was_done(tmp_path, monkeypatch):
    app = Played([], machine=machine(tmp_path, monkeypatch, {CODEX: ""}))
    async with app.run_test(size=MEDIUM) as pilot:
        await press(pilot, "S", "enter", "escape")
        assert "All quiet." in said(app)
        assert "Codex is connected." in said(app)


@pytest.mark.parametrize(
    ("mode", "words"), [(0o644, "Codex is set up: tokens and"), (0o444, "config.toml is read-only.")]
)
async def test_who_leaves_at_once_is_told_all_the_same(tmp_path, monkeypatch, mode, words):
    app = Played([], machine=machine(tmp_path, monkeypatch, {CODEX: ""}))
    (tmp_path / "home/dev" / CODEX).chmod(mode)
    async with app.run_test(size=MEDIUM) as pilot:
        await press(pilot, "S")
        app.screen.action_connect()
        await pilot.press("escape")
        assert len(app.screen_stack) == 1
        await press(pilot)
        assert [words in one.message for one in app._notifications] == [True]
        assert ("Codex is connected." in said(app)) is (mode == 0o644)


async def test_the_help_of_the_page_tells_its_keys_and_that_of_the_list_the_key_to_it(app):
    async with app.run_test(size=MEDIUM) as pilot:
        await press(pilot, "question_mark")
        assert "connect your agents" in said(app)
        assert "undo, to the byte" not in said(app)
        await press(pilot, "escape", "S", "question_mark")
        assert "undo, to the byte" in said(app)
        assert "acknowledge" not in said(app)


@pytest.mark.parametrize("name", CORPUS)
async def test_whatever_stands_in_a_file_is_words(tmp_path, monkeypatch, name):
    theirs = json.dumps({CORPUS[name]: [CORPUS[name]] * 3}, ensure_ascii=False, indent=2)
    app = Played(machine=machine(tmp_path, monkeypatch, {CLAUDE: theirs.encode(errors="replace").decode()}))
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "S")
        check(app)
        await press(pilot, "enter", "right", "u")
        check(app)


@pytest.mark.parametrize("name", ["aimon-dark", "aimon-light", "nord", "catppuccin-latte"])
async def test_every_painted_cell_can_be_read(tmp_path, monkeypatch, name):
    app = Played([], theme=name, machine=machine(tmp_path, monkeypatch, sources=("transcripts",)))
    async with app.run_test(size=MEDIUM) as pilot:
        await press(pilot)
        judge(app)
        for keys in ("S", "G", "enter", "g", "enter", "j", "j"):
            await press(pilot, keys)
            judge(app)
        await pilot.resize_terminal(*SMALL)
        judge(app)


async def test_ascii_is_all_that_is_sent_where_it_is_asked_for(tmp_path, monkeypatch):
    app = Played(machine=machine(tmp_path, monkeypatch), ascii=True)
    async with app.run_test(size=MEDIUM) as pilot:
        for key in ("S", "j", "enter", "j"):
            await press(pilot, key)
            assert said(app).isascii()
        assert "+ connected" in standings(app)[1]


# ------------------------------------------------------------------ the key that mends


async def test_a_row_that_cannot_show_all_names_the_key(tmp_path, monkeypatch):
    one = replace(blind(), agent="codex", blind_spots=("no hooks: waits invisible",))
    app = Played([one, waiting()], machine=machine(tmp_path, monkeypatch), keys={"setup": "Z"})
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "j")
        assert "blind  Z  no hooks: waits invisible" in said(app)
        await press(pilot, "w")
        assert "Z connect the agent   y copy   esc close" in said(app)
        await press(pilot, "Z")
        assert edge(app).startswith(" changes  Codex ")
        await press(pilot, "escape")
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize(("agent", "here"), [("goose", True), ("codex", False)])
async def test_no_key_is_named_where_it_would_mend_nothing(tmp_path, monkeypatch, agent, here):
    one = replace(blind(), agent=agent, blind_spots=("no hooks: waits invisible",))
    app = Played([one], machine=machine(tmp_path, monkeypatch) if here else None)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot)
        assert "blind     no hooks: waits invisible" in said(app)
        await press(pilot, "w")
        assert "connect the agent" not in said(app)
