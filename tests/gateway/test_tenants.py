"""What is in a command is looked up beside its charger: nothing of another tenant is found there (API-14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import commands, organizations, stations
from stationmaster.domain.errors import DomainError
from stationmaster.storage import Work
from tests.api.test_tenants import happenings

NAMES: dict[str, Callable[[str], commands.Command]] = {
    "session_id": lambda name: commands.RemoteStop(session=name),
    "session_id to ask after": lambda name: commands.CheckSession(session=name),
    "reservation_id": lambda name: commands.CancelReservation(reservation=name),
    "firmware_id": lambda name: commands.UpdateFirmware(firmware=name),
}


@pytest.mark.any_database
@pytest.mark.parametrize("name", NAMES)
async def test_API_14_a_command_names_nothing_of_another_tenant(app: App, charger: Any, name: str) -> None:
    one = await charger("CP1")

    def others(work: Work) -> dict[str, str]:
        other = organizations.create(work, name="Other").id
        stations.create(work, other, app.keys, identity="STATION-X")
        return happenings(work, "X", "theirs")[1]

    ids = await app.database.write(others)
    mine = app.directory.find("CP1")
    assert mine is not None
    with pytest.raises(DomainError, match=r"there is no|has no|not of this"):
        await app.switchboard.send(mine.station.id, NAMES[name](ids[name.partition(" ")[0]]), by="test")
    assert (await one.exchange([2, "after", "Heartbeat", {}]))[1] == "after"  # and nothing was sent to it before
