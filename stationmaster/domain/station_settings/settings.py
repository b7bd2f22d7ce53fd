"""What is known of a charger's settings."""

from __future__ import annotations

from sqlalchemy import select

from stationmaster.domain.station_settings.table import name_key, station_settings
from stationmaster.domain.stations import Station
from stationmaster.storage import Work


def value(work: Work, station: Station, name: str) -> str | None:
    """What the station has told last of this setting."""
    mine = select(station_settings.c.value).where(
        station_settings.c.station_id == station.id, station_settings.c.name_key == name_key(name)
    )
    return work.execute(mine).scalar()


def number(work: Work, station: Station, name: str) -> float | None:
    """The same as a positive number; None when it is none, or not known."""
    try:
        told = float(value(work, station, name) or "")
    except ValueError:
        return None
    return told if 0 < told < 10**9 else None
