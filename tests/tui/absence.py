"""A person who leaves the screen and comes back, and what happens meanwhile."""

from msgspec.structs import replace
from textual import events
from textual.pilot import Pilot

from aimon_core.session import Session
from tests.fakes.fleet import computed, session
from tests.tui.screen import Played


async def leave(app: Played, pilot: Pilot[None]) -> None:
    """The terminal loses its focus."""
    app.post_message(events.AppBlur())
    await pilot.pause()


async def come_back(app: Played, pilot: Pilot[None]) -> None:
    """The terminal has its focus again."""
    app.post_message(events.AppFocus())
    await pilot.pause()


def later(app: Played, one: Session, state: str, after_s: float, **facts) -> Session:
    """A session that entered a state some seconds from now, which is then: time passes until the next frame."""
    app.stepped.advance(after_s)
    now_ns = app.stepped.now_ns()
    moved = replace(one, state=state, since_ns=now_ns, last_activity_at_ns=now_ns, **facts)
    app.tell(moved)
    return moved


def one(app: Played, name: str) -> Session:
    """The first session of a project."""
    return next(session for session in app.board.rows if session.name == name)


async def pass_a_morning(app: Played, pilot: Pilot[None]) -> None:
    """Away for 42 minutes: one waits and is answered, one is done, one fails, one ends, and one begins and waits."""
    await leave(app, pilot)
    shop = one(app, "shop-api")
    later(
        app,
        shop,
        "completed",
        723,
        waited_ns=shop.waited_ns + 737 * 10**9,
        cost=computed(5.32),
        doing="“Build is clean.”",
    )
    later(
        app, one(app, "data-pipeline"), "failed", 600, cost=computed(0.16), doing="overloaded (529), attempt 10 of 10"
    )
    later(app, one(app, "web-app"), "ended", 300, cost=computed(1.00), doing="closed")
    later(app, one(app, "billing-reconciler"), "working", 200, cost=computed(7.67))
    began = app.stepped.now_ns()
    new = session("claude-code", "mobile", started_at_ns=began, cost=computed(0.40), doing="Which branch?")
    later(app, new, "waiting", 400, waiting_for="question")
    app.step(297)
    await come_back(app, pilot)
