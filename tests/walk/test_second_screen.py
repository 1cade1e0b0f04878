"""Two screens on one ledger, over real sockets and a pretended ssh: the same frame, and a word when one is gone."""

import asyncio
import os
import sys
from pathlib import Path

import aiohttp
import pytest

from aimon_core.clock import SteppedClock
from aimon_core.config import Settings
from aimon_tui.app import AimonApp, ScreenSettings
from aimon_tui.attached import Attachment, HttpSource, SshSource
from aimon_tui.live import LiveApp, screen_settings
from aimon_tui.runtime import Runtime
from tests.fakes.captures import sent
from tests.fakes.machine import machine
from tests.tui.screen import TRUECOLOR, said, text

CAPTURES = ("tui_permission", "print_subagents2", "print_tools", "tui_interrupt")
SIZES = [(120, 40), (80, 24), (60, 15)]
WAIT_S = 20.0


class First:
    """An aimon with a door and no screen yet, on a clock that stands still."""

    def __init__(self, folder: Path) -> None:
        self.clock = SteppedClock(round(sent(CAPTURES[0])[0].unix * 1e9))
        self.runtime = Runtime(Settings(port=0, persist=False), self.clock, runtime_folder=str(folder / "run"))
        self.runtime.remembers = True

    async def start(self) -> None:
        await self.runtime.start()
        await self.runtime.priced.wait()

    async def play(self, name: str, *, upto: int | None = None) -> None:
        """Send a capture; to whoever watches, everything happens in one moment."""
        async with aiohttp.ClientSession(f"http://{self.runtime.door.address}") as client:
            for request in sent(name)[:upto]:
                headers = {"Content-Type": request.content_type}
                async with client.post(request.path, data=request.body, headers=headers) as answer:
                    assert answer.status == 200


@pytest.fixture
async def first(tmp_path):
    one = First(tmp_path)
    await one.start()
    yield one
    await one.runtime.stop()


def shows(ledger, door, clock, tells) -> AimonApp:
    settings = ScreenSettings(theme="aimon-dark", bell=False, title=False)
    return AimonApp(ledger, door=door, clock=clock, settings=settings, tells=tells, framed=False, environment=TRUECOLOR)


def attached(first: First, says=lambda *_: None) -> Attachment:
    host, _, port = first.runtime.door.address.rpartition(":")
    return Attachment(HttpSource(host, int(port)), first.clock, says)


@pytest.fixture
async def hears():
    """Makes attachments listen, and lets them end before the test does."""
    tasks = []
    yield lambda attachment: tasks.append(asyncio.ensure_future(attachment.run()))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(true) -> None:
    async with asyncio.timeout(WAIT_S):
        while not true():  # noqa: ASYNC110 - another connection's work, told by its result
            await asyncio.sleep(0.01)


def caught_up(first: First, attachment: Attachment) -> bool:
    """Whether everything the first one knows has been told."""
    store, ledger = first.runtime.store, attachment.ledger
    return ledger.sessions() == store.sessions() and all(
        list(ledger.turns(one.key)) == [turn for turn in store.growing(one.key) if turn] for one in store.sessions()
    )


async def frames(app: AimonApp, size, keys) -> list[str]:
    """What stands on a screen after some keys, the door's own place in the header left out."""
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.frame()
        await pilot.press(*keys)
        await pilot.pause(0.1)
        lines = text(app)
    return [lines[0][:66] if "enter" not in keys else lines[0], *lines[1:]]


@pytest.mark.parametrize("keys", [(), ("j",), ("enter",), ("enter", "e"), ("w",)])
@pytest.mark.parametrize("size", SIZES)
async def test_both_screens_show_the_same(first, size, keys, hears):
    for name in CAPTURES:
        await first.play(name)
    attachment = attached(first)
    hears(attachment)
    await until(lambda: caught_up(first, attachment))
    runtime = first.runtime
    own = await frames(shows(runtime, runtime.door, first.clock, runtime.told), size, keys)
    other = await frames(shows(attachment.ledger, attachment.door, attachment.clock, attachment.told), size, keys)
    assert len(runtime.sessions()) >= 3
    assert own == other


async def test_what_changes_is_told_as_it_changes(first, hears):
    attachment = attached(first)
    hears(attachment)
    await attachment.heard.wait()
    await first.play("tui_permission", upto=12)
    await until(lambda: caught_up(first, attachment))
    before = attachment.ledger.sessions()
    assert before
    await first.play("tui_permission")
    first.clock.advance(1)  # trees are told twice a second
    await until(lambda: caught_up(first, attachment))
    assert attachment.ledger.sessions() != before


async def test_the_first_one_gone_the_second_says_so_and_goes_on(first, hears):
    await first.play("print_subagents2")
    said_ = []
    attachment = attached(first, lambda words, how: said_.append((words, how)))
    app = shows(attachment.ledger, attachment.door, attachment.clock, attachment.told)
    async with app.run_test(size=(120, 40)) as pilot:
        hears(attachment)
        await until(lambda: caught_up(first, attachment))
        app.frame()
        await pilot.pause()
        assert f"via {first.runtime.door.address}" in said(app)
        await first.runtime.stop()
        await until(lambda: attachment.door.problem)
        app.frame()
        app.repaint()
        await pilot.press("enter")
        await pilot.pause()
        assert "opus" in said(app)
        await pilot.press("escape")
        await pilot.pause()
        assert f"× {attachment.source.name} gone" in text(app)[0]
        now_ns = attachment.clock.now_ns()
        first.clock.advance(100)
        assert attachment.clock.now_ns() == now_ns
    assert [how for _, how in said_] == ["error"]
    assert "What is shown is what it told last." in said_[0][0]


async def test_it_is_found_again_when_it_is_back(first, tmp_path, hears):
    said_ = []
    attachment = attached(first, lambda words, how: said_.append(words))
    hears(attachment)
    await attachment.heard.wait()
    port = first.runtime.door.port
    await first.runtime.stop()
    await until(lambda: attachment.door.problem)
    again = Runtime(Settings(port=port, persist=False), first.clock, runtime_folder=str(tmp_path / "again"))
    await again.start()
    await until(lambda: not attachment.door.problem)
    assert said_[-1] == f"{attachment.source.name} is back."
    await again.stop()


async def test_seen_on_one_screen_is_seen_on_the_other(first, hears):
    for name in CAPTURES:
        await first.play(name)
    session = next(one for one in first.runtime.sessions() if one.state == "completed")
    attachment = attached(first)
    hears(attachment)
    await until(lambda: caught_up(first, attachment))
    attachment.ledger.acknowledge(session.key)
    await until(lambda: attachment.ledger.get(session.key).state == "idle")
    assert first.runtime.get(session.key).state == "idle"


async def test_details_are_looked_up_there(first):
    await first.play("print_tools")
    (session,) = first.runtime.sessions()
    span = next(one for one in first.runtime.turns(session.key)[0].spans if one.kind == "tool")
    attachment = attached(first)
    told, own = await attachment.told(session.key, span), await first.runtime.told(session.key, span)
    assert [(one.channel, one.signal, one.attributes) for one in told.tellings] == [
        (one.channel, one.signal, one.attributes) for one in own.tellings
    ]
    assert told.tellings
    await first.runtime.stop()
    assert "does not answer" in (await attachment.told(session.key, span)).notice


async def test_a_screen_that_stands_still_costs_nothing_and_catches_up(first):
    host, _, port = first.runtime.door.address.rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET /api/v1/stream?full=1 HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    await writer.drain()
    await until(lambda: first.runtime.door.receiver._api._mirror.screens)
    (screen,) = first.runtime.door.receiver._api._mirror.screens
    for name in CAPTURES:
        await first.play(name)
    assert len(screen.changed) <= len(first.runtime.store.sessions(every=True))
    writer.close()
    await until(lambda: not first.runtime.door.receiver._api._mirror.screens)


async def test_a_second_aimon_attaches_by_itself_and_connects_agents_to_the_first(first, tmp_path, monkeypatch):
    await first.play("print_tools")
    settings = Settings(port=first.runtime.door.port, persist=False, theme="aimon-dark")
    runtime = Runtime(settings, first.clock, runtime_folder=str(tmp_path / "second"))
    here = machine(tmp_path, monkeypatch, ready=False)
    app = LiveApp(runtime, clock=first.clock, settings=screen_settings(settings), machine=here)
    async with app.run_test(size=(120, 40)) as pilot:
        async with asyncio.timeout(WAIT_S):
            while "via 127.0.0.1" not in said(app) or not app.board.rows:
                await pilot.pause(0.05)
        assert f"via {first.runtime.door.address}" in said(app)
        assert [one.key for one in app.board.rows] == [one.key for one in first.runtime.sessions()]
        await pilot.press("S")
        async with asyncio.timeout(WAIT_S):
            while f'"OTEL_EXPORTER_OTLP_ENDPOINT": "http://{first.runtime.door.address}"' not in said(app):
                await pilot.pause(0.05)
    await runtime.stop()


async def test_what_a_person_chose_stays_when_the_screen_takes_over(tmp_path):
    first = First(tmp_path)
    first.runtime = Runtime(Settings(port=0, state_dir=str(tmp_path / "state")), first.clock,
                            runtime_folder=str(tmp_path / "run"))  # fmt: skip
    await first.start()
    for name in CAPTURES:
        await first.play(name)
    before, listed = first.runtime.totals(), {one.key: one.state for one in first.runtime.sessions()}
    settings = Settings(port=first.runtime.door.port, state_dir=str(tmp_path / "state"), theme="aimon-dark")

    def made() -> Runtime:
        return Runtime(settings, first.clock, runtime_folder=str(tmp_path / "run"))

    app = LiveApp(made(), clock=first.clock, settings=screen_settings(settings), heir=made)
    async with app.run_test(size=(120, 40)):
        await until(lambda: len(app.board.rows) == len(first.runtime.sessions()))
        app.narrow("agent:claude-code")
        app.board.next_sort()
        app.move(2)
        chosen, sort, words = app.board.selected, app.board.sort, app.board.filter
        await first.runtime.stop()
        await until(lambda: app.ledger is app.runtime)
        assert {one.key: one.state for one in app.runtime.sessions()} == listed
        assert app.runtime.notices == []
        await until(lambda: len(app._notifications))
        assert [one.message for one in app._notifications] == [f"took over {first.runtime.door.address}"]
        assert (app.board.selected, app.board.sort, app.board.filter) == (chosen, sort, words)
        assert app.runtime.totals() == before
    await app.runtime.stop()


async def test_without_the_other_ones_journal_a_screen_waits(first, tmp_path):
    await first.play("print_tools")
    settings = Settings(port=first.runtime.door.port, state_dir=str(tmp_path / "state"), theme="aimon-dark")

    def made() -> Runtime:
        return Runtime(settings, first.clock, runtime_folder=str(tmp_path / "second"))

    app = LiveApp(made(), clock=first.clock, settings=screen_settings(settings), heir=made)
    async with app.run_test(size=(120, 40)):
        await until(lambda: app.board.rows)
        await first.runtime.stop()
        await until(lambda: app.door.problem)
        assert app.ledger is not app.runtime
        assert app.runtime.door.receiver is None or not app.runtime.door.receiver._listeners
    await app.runtime.stop()


# ------------------------------------------------------------------ through ssh


@pytest.fixture
def ssh(tmp_path, monkeypatch):
    """Makes an `ssh` that runs a script here instead of there."""

    def made(script: str) -> None:
        path = tmp_path / "bin" / "ssh"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")

    return made


async def test_another_machine_is_shown_through_ssh(first, ssh, tmp_path, hears):
    await first.play("print_tools")
    aimon = f"{sys.executable} -m aimon_tui.cli stream --full --port {first.runtime.door.port}"
    ssh(f'echo "$@" > {tmp_path}/asked\nexec {aimon}')
    attachment = Attachment(SshSource("ssh://dev@desk"), first.clock, lambda *_: None)
    hears(attachment)
    await until(lambda: caught_up(first, attachment))
    assert attachment.door.label == "via desk"
    assert (tmp_path / "asked").read_text().endswith("-- dev@desk aimon stream --full\n")


@pytest.mark.parametrize(("script", "words"), [
    ("echo 'Permission denied (publickey).' >&2; exit 255", "desk: Permission denied (publickey)."),
    ("echo 'sh: aimon: not found' >&2; exit 127", "desk: sh: aimon: not found."),
    ("printf 'bad \\033[31m\\007 word' >&2; exit 1", "desk: bad "),
    ("exit 0", "desk: it ended."),
    ("echo '<html>'", "What answers there is no aimon"),
])  # fmt: skip
async def test_why_another_machine_cannot_be_shown_is_said(ssh, script, words, hears):
    ssh(script)
    said_ = []
    attachment = Attachment(SshSource("ssh://desk"), SteppedClock(), lambda text, how: said_.append(text))
    hears(attachment)
    await until(lambda: said_)
    assert words in said_[0]
    assert all(letter.isprintable() for letter in said_[0])


async def test_without_ssh_there_is_a_word(monkeypatch, hears):
    monkeypatch.setenv("PATH", "/nowhere")
    said_ = []
    attachment = Attachment(SshSource("ssh://desk"), SteppedClock(), lambda text, how: said_.append(text))
    hears(attachment)
    await until(lambda: said_)
    assert "ssh cannot be started" in said_[0]


async def test_from_afar_one_can_only_look(ssh):
    ssh("sleep 60")
    said_ = []
    attachment = Attachment(SshSource("ssh://desk"), SteppedClock(), lambda text, how: said_.append(text))
    attachment.ledger.acknowledge("claude-code:s1")
    await until(lambda: said_)
    assert said_ == ["From here desk can only be looked at."]
