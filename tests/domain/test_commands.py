"""The history of commands says what came of each, whatever became of the server."""

from __future__ import annotations

from typing import Any

from stationmaster.domain import commands
from stationmaster.domain.commands import Outcome


async def test_what_was_asked_before_a_restart_has_failed_and_the_rest_stays(world: Any) -> None:
    station = await world.station()
    row = await world(commands.asked, station, name="reset", arguments={"kind": "soft"}, by="a@example.org", node="n1")
    await world(commands.finished, station, row.id, Outcome(kind="result", payload={"status": "Accepted"}))
    await world(commands.asked, station, name="clear-cache", arguments={}, by="a@example.org", node="n1")
    assert await world(commands.interrupted, ["n1"]) == 1
    last, first = await world(commands.listed, station.id, limit=10, cursor=None)
    assert (last.status, first.status) == ("failed", "accepted")
    assert "stopped before" in last.detail and last.finished_at == world.now
    assert await world(commands.interrupted, ["n1"]) == 0
