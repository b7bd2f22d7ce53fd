"""What stations have told of their settings: 1.6 configuration keys, and variables of 2.x as `Component/Variable`.

Kept is what we have read or written last, not what a station would say now; a person at the charger may have changed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Boolean, Column, ForeignKey, Table, Text, UniqueConstraint, insert, select, update

from stationmaster.domain import message_log
from stationmaster.domain.commands import Answer
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata

station_settings = Table(
    "station_settings",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("name_key", Text, nullable=False),  # in lower case: chargers and people do not agree on capitals
    Column("name", Text, nullable=False),
    Column("value", Text),
    Column("read_only", Boolean),
    Column("told_at", UtcTime, nullable=False),
    UniqueConstraint("station_id", "name_key"),
)

MAX_SETTINGS = 2000  # of one station; what it tells beyond that is answered, and not kept


class Setting(msgspec.Struct, frozen=True):
    """One setting as a station tells it. `read_only` is None when that is not known."""

    name: str
    value: str | None
    read_only: bool | None = None


def learn(work: Work, station: Station, told: Iterable[Setting]) -> None:
    """Remember what a station has told of its settings, or has accepted."""
    held = select(station_settings.c.name_key).where(station_settings.c.station_id == station.id)
    known = set(work.execute(held).scalars())
    for name_key, setting in {setting.name.lower(): setting for setting in told}.items():
        values: dict[str, Any] = {"name": setting.name, "value": _without_secret(setting), "told_at": work.now}
        if setting.read_only is not None:
            values["read_only"] = setting.read_only
        if name_key in known:
            mine = (station_settings.c.station_id == station.id) & (station_settings.c.name_key == name_key)
            work.execute(update(station_settings).where(mine).values(**values))
        elif len(known) < MAX_SETTINGS:
            known.add(name_key)
            work.execute(insert(station_settings).values(station_id=station.id, name_key=name_key, **values))


def value(work: Work, station: Station, name: str) -> str | None:
    """What the station has told last of this setting."""
    mine = select(station_settings.c.value).where(
        station_settings.c.station_id == station.id, station_settings.c.name_key == name.lower()
    )
    return work.execute(mine).scalar()


def number(work: Work, station: Station, name: str) -> float | None:
    """The same as a positive number; None when it is none, or not known."""
    try:
        told = float(value(work, station, name) or "")
    except ValueError:
        return None
    return told if 0 < told < 10**9 else None


def read_answer(read: Sequence[Setting], unknown: Sequence[str]) -> Answer:
    """What it means that these settings were read, and those are not known."""
    data = {"settings": [msgspec.to_builtins(setting) for setting in read], "unknown": list(unknown)}
    if unknown and not read:
        return Answer("unknown_setting", f"The charger does not know {', '.join(unknown)}.", data)
    lacking = f" It does not know {', '.join(unknown)}." if unknown else ""
    return Answer("accepted", f"The charger has told its settings.{lacking}", data)


def _without_secret(setting: Setting) -> str | None:
    """Passwords and keys are not kept here."""
    blanked = message_log.blanked({"name": setting.name, "value": setting.value})
    kept: str | None = blanked["value"]
    return kept
