"""Which EVSEs and connectors a charger has, by its own numbers, and as far as it has told of all of them.

We speak of an EVSE by the number that the charger gives it; our rows have ids of their own, and those never leave the house.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from stationmaster.domain import commands, station_settings
from stationmaster.domain.connectors import connectors
from stationmaster.domain.errors import Invalid
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

_WHOLE_REPORTS = ("report-settings", "get-configuration")


def check(work: Work, station: Station, *, evse: int | None, connector: int | None = None) -> None:
    """Before a charger is asked for something at a place that it does not have (P-03). Raises `Invalid`.

    Only where it has told all of its places; one that it has only spoken of now and then may have more.
    """
    if not evse:
        return
    told = _told(work, station)
    if told is None:
        return
    numbers = sorted({number for number, _ in told if number})
    if evse not in numbers:
        said = "charger {charger} has no connector {evse}; it has {known}"
        said = said if station.version == "1.6" else "charger {charger} has no EVSE {evse}; it has {known}"
        raise Invalid("evse", said, charger=station.identity, evse=evse, known=_listed(numbers))
    here = sorted({number for at, number in told if at == evse and number})
    if connector and here and connector not in here:
        lacks = "EVSE {evse} of charger {charger} has no connector {connector}; it has {known}"
        known = _listed(here)
        raise Invalid("connector", lacks, charger=station.identity, evse=evse, connector=connector, known=known)


def _told(work: Work, station: Station) -> set[tuple[int, int]] | None:
    """Every EVSE with its connectors, 0 where only the EVSE was told; None while we cannot know that these are all."""
    if station.version == "1.6":
        count = station_settings.number(work, station, "NumberOfConnectors")
        whole = set() if count is None else {(number, 0) for number in range(1, int(count) + 1)}
    else:
        whole = _in_settings(work, station) if _has_reported_all(work, station) else set()
    if not whole:
        return None
    # A status is proof of a connector, whatever the settings say.
    rows = work.execute(select(connectors.c.evse, connectors.c.number).where(connectors.c.station_id == station.id))
    return whole | {(row.evse, row.number) for row in rows if row.evse > 0}


def _in_settings(work: Work, station: Station) -> set[tuple[int, int]]:
    columns = station_settings.station_settings.c
    theirs = select(columns.evse, columns.connector).where(columns.station_id == station.id, columns.evse > 0)
    return {(row.evse, row.connector or 0) for row in work.execute(theirs.distinct())}


def _has_reported_all(work: Work, station: Station) -> bool:
    """Whether every part of a full report of its settings has come."""
    columns = commands.commands.c
    reports = select(columns.arguments).where(
        columns.station_id == station.id,
        columns.name.in_(_WHOLE_REPORTS),
        columns.progress == commands.REPORTED,
    )
    return any(_asks_for_all(arguments or {}) for arguments in work.execute(reports).scalars())


def _asks_for_all(arguments: dict[str, object]) -> bool:
    return arguments.get("scope", "all") == "all" and not arguments.get("components") and not arguments.get("keys")


def _listed(numbers: Collection[int]) -> str:
    *most, last = map(str, numbers)
    return f"{', '.join(most)} and {last}" if most else last
