"""A charger that was taught another version of OCPP: what of it is not known any more."""

from __future__ import annotations

import msgspec
import pytest

from stationmaster.domain import alarms, boots, local_lists, organizations, stations
from stationmaster.domain.credentials import Keys
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work

SAME = boots.BootFacts("Acme", "One", "17")


async def listed(database: Database, before: str, after: str, *, keep: bool) -> local_lists.LocalListRow:
    """The list of cards of a charger that has taken one, and boots once more."""

    def write(work: Work) -> local_lists.LocalListRow | None:
        home = organizations.home(work)
        row, _ = stations.create(work, home, Keys(b"k" * 48), identity="CP1")
        station = Station(row.id, row.identity, home, before, "accepted", True)
        boots.record(work, station, SAME)
        local_lists.keep(work, home, "CP1", keep)
        local_lists.accepted(work, station, version=4, full=True, put={"TAG1": "x"}, dropped=[])
        boots.record(work, msgspec.structs.replace(station, version=after), SAME)
        assert stations.get(work, home, "CP1").ocpp_version == after
        assert not alarms.is_open(work, station, kind="hardware_changed")
        return local_lists.of(work, row.id)

    found = await database.write(write)
    assert found is not None
    return found


@pytest.mark.parametrize("before, after", [("1.6", "2.0.1"), ("1.6", "2.1"), ("2.0.1", "1.6"), ("2.1", "1.6")])
@pytest.mark.parametrize("keep", [True, False])
async def test_the_list_of_cards_is_sent_whole_when_its_cards_have_kinds_now(
    database: Database, before: str, after: str, keep: bool
) -> None:
    row = await listed(database, before, after, keep=keep)
    assert (row.entries, row.version, row.next_at is not None) == (None, 4, keep)


@pytest.mark.parametrize("before, after", [("1.6", "1.6"), ("2.0.1", "2.1"), ("2.1", "2.0.1")])
async def test_else_it_stays_as_it_is(database: Database, before: str, after: str) -> None:
    row = await listed(database, before, after, keep=False)
    assert row.entries == {"TAG1": "x"}
