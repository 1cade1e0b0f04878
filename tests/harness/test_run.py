"""The harness as `make harness` runs it, with the scripted client."""

import pytest

from tests.harness import run, scenarios
from tests.real import clients

pytestmark = pytest.mark.slow


async def test_every_scenario_passes(capsys):
    assert await run.main([], real=False) == 0
    first, *lines, last = capsys.readouterr().out.splitlines()
    assert (first, last) == ("A scripted client plays.", "6/6 scenarios passed")
    assert [line.partition(":")[0] for line in lines] == [f"{name} ok" for name in scenarios.SCENARIOS]


async def test_one_that_is_not_true_fails_and_the_others_go_on(capsys, monkeypatch):
    monkeypatch.setitem(scenarios.PRICES, "output", 21)
    assert await run.main(["cost", "streaming"], real=False) == 1
    told = capsys.readouterr().out
    assert "cost failed: cost_usd: 0.034, not 0.0345" in told
    assert told.endswith("streaming ok: 50 tokens in, 10 out\n1/2 scenarios passed\n")


@pytest.mark.parametrize("name", ["list", "nothing"])
async def test_an_unknown_name_is_answered_with_the_known_ones(name, capsys):
    assert await run.main([name]) == 2
    assert "basic streaming concurrent errors permission cost" in capsys.readouterr().out


def test_without_npm_the_reason_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(clients, "CACHE", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert clients.found("claude") is None
    with pytest.raises(clients.Missing, match="no npm: the real clients cannot be installed"):
        clients.installed("claude")
