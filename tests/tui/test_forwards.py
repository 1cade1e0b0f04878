"""What the header says of requests that are passed on to other collectors."""

import pytest

from tests.fakes.fleet import StillDoor
from tests.tui.screen import Played, text

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.mark.parametrize(
    ("forwards", "width", "says"),
    [
        (None, 140, "/h   :4318 ●  14 ev/s"),
        ((1_234, False), 140, "/h   → 1.2k   :4318 ●  14 ev/s"),
        ((37, True), 140, "/h   → 37 wait   :4318 ●  14 ev/s"),
        ((37, True), 60, None),
    ],
)
async def test_the_header_counts_what_went_and_what_waits(forwards, width, says):
    door = StillDoor()
    door.forwarded = forwards
    app = Played(door=door)
    async with app.run_test(size=(width, 40)) as pilot:
        await pilot.pause()
        head = text(app)[0]
    if says is None:
        assert "→" not in head
    else:
        assert " ".join(says.split()) in " ".join(head.split())
