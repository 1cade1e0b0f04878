"""One event through all six rooms: the door, the interpreter, the ledger, the hands, the frame, the page."""

from pathlib import Path

from aiohttp import ClientSession

from aimon_core.clock import SteppedClock
from aimon_core.config import Settings
from aimon_core.session import Transition
from aimon_tui.app import AimonApp, ScreenSettings
from aimon_tui.runtime import Runtime
from tests.fakes.captures import sent


class Notes:
    """A hand that writes down what it is told."""

    def __init__(self) -> None:
        self.transitions: list[Transition] = []
        self.changed: set[str] = set()

    def moved(self, transitions):
        self.transitions += transitions

    def frame(self, changed):
        self.changed |= set(changed)

    async def close(self):
        pass


def cells(app: AimonApp) -> list[str]:
    """The screen as text, row by row."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]


async def test_an_event_walks_from_the_socket_to_the_cell(tmp_path: Path) -> None:
    clock, hand = SteppedClock(), Notes()
    runtime = Runtime(Settings(port=0, state_dir=str(tmp_path)), clock, runtime_folder=str(tmp_path / "run"))
    await runtime.start()
    await runtime.priced.wait()
    runtime.hands.append(hand)
    app = AimonApp(
        runtime,
        door=runtime.door,
        clock=clock,
        settings=ScreenSettings(theme="aimon-dark"),
        framed=False,
        environment={"TERM": "xterm-256color", "COLORTERM": "truecolor"},
    )
    async with app.run_test(size=(120, 40)) as pilot, ClientSession(f"http://{runtime.door.address}") as client:
        assert any("No sessions yet." in line for line in cells(app))
        waiting = [one for one in sent("tui_permission") if one.unix <= 1795227782]
        for one in waiting:  # the client has asked for its first permission, nobody has answered
            clock.jump(round(one.unix * 1e9))
            headers = {"Content-Type": one.content_type}
            async with client.post(one.path, data=one.body, headers=headers) as answer:
                assert answer.status == 200, "the door"
        session = runtime.store.sessions()[0]
        assert (session.state, session.llm_calls) == ("waiting", 1), "the interpreter and the ledger"
        assert [one.after for one in hand.transitions] == ["idle", "working", "waiting"], "the hands, at once"
        app.frame()
        await pilot.pause()
        assert session.key in hand.changed, "the hands, at the frame"
        row = next(line for line in cells(app) if "shop-api" in line)
        for words in ("! waiting", "claude-code", "opus-5-5", "Bash: touch build.stamp ?", "3.6k", "$0.02"):
            assert words in row, "the page"
    await runtime.stop()
