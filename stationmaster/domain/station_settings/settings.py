"""What is known of a charger's settings: one value, the list, what has changed, and in what two chargers differ."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy import bindparam, func, select

from stationmaster.domain.commands import Attribute
from stationmaster.domain.station_settings.table import name_key, setting_changes, station_settings
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted
from stationmaster.storage.lists import listed as rows_of
from stationmaster.storage.queries import Prepared, page

_value = Prepared(
    select(station_settings.c.value).where(
        station_settings.c.station_id == bindparam("station_id"), station_settings.c.name_key == bindparam("key")
    )
)


def value(work: Work, station: Station, name: str) -> str | None:
    """What the station has told last of this setting."""
    row = work.first(_value, station_id=station.id, key=name_key(name))
    return None if row is None else row.value


def is_on(work: Work, station_id: int, name: str) -> bool:
    """Whether the station has told last that this setting is true."""
    row = work.first(_value, station_id=station_id, key=name_key(name))
    return row is not None and (row.value or "").lower() == "true"


def described(work: Work, station_id: int, name: str) -> tuple[str | None, str | None]:
    """What the station has told last of this setting, and of what may stand there (2.x, valuesList). None of what it has not told."""
    mine = station_settings.c.station_id == station_id, station_settings.c.name_key == name_key(name)
    row = work.execute(select(station_settings.c.value, station_settings.c.choices).where(*mine)).one_or_none()
    return (None, None) if row is None else (row.value, row.choices)


def number(work: Work, station: Station, name: str) -> float | None:
    """The same as a positive number; None when it is none, or not known."""
    try:
        told = float(value(work, station, name) or "")
    except ValueError:
        return None
    return told if 0 < told < 10**9 else None


class SettingRow(Protocol):
    """A row of the table."""

    id: int
    name: str
    value: str | None
    read_only: bool | None
    told_at: datetime
    component: str | None
    instance: str | None
    evse: int | None
    connector: int | None
    variable: str | None
    variable_instance: str | None
    attribute: Attribute
    write_only: bool | None
    kind: str | None
    unit: str | None
    min_limit: float | None
    max_limit: float | None
    choices: str | None
    changed_at: datetime | None


class ChangeRow(Protocol):
    """A row of the history."""

    id: int
    name: str
    attribute: Attribute
    before: str | None
    after: str | None
    at: datetime
    by: str | None
    command: str | None


class Difference(NamedTuple):
    """A setting of which two chargers have another value, or which one of them has not told."""

    name: str
    attribute: Attribute
    here: str | None
    there: str | None
    told_here: bool
    told_there: bool


def listed(
    work: Work,
    station_id: int,
    *,
    component: str | None = None,
    variable: str | None = None,
    text: str | None = None,
    changed_since: datetime | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Found[SettingRow]:
    """The settings of a charger by name; perhaps of one component or variable, or those that have changed since."""
    columns = station_settings.c
    mine = select(station_settings).where(columns.station_id == station_id)
    if component is not None:
        mine = mine.where(func.lower(columns.component) == component.lower())
    if variable is not None:
        mine = mine.where(func.lower(columns.variable) == variable.lower())
    if changed_since is not None:
        mine = mine.where(columns.changed_at >= changed_since)
    wanted = Wanted(limit, cursor, "name", text)
    return rows_of(work, mine, wanted, key=columns.id, sorts={"name": columns.name_key}, searched=[columns.name])


def changes(
    work: Work, station_id: int, *, since: datetime | None = None, limit: int, cursor: str | None
) -> list[ChangeRow]:
    """What has changed of a charger's settings, newest first."""
    mine = select(setting_changes).where(setting_changes.c.station_id == station_id)
    if since is not None:
        mine = mine.where(setting_changes.c.at >= since)
    return list(work.execute(page(mine, setting_changes.c.id, limit=limit, cursor=cursor)))


def differences(work: Work, here: int, there: int, *, read_only: bool = False) -> list[Difference]:
    """In what the settings of two chargers differ, by name; of what cannot be changed only when that is asked for."""
    one, other = _all_of(work, here), _all_of(work, there)
    found = []
    for key in sorted(one.keys() | other.keys()):
        mine, theirs = one.get(key), other.get(key)
        either = mine or theirs
        assert either is not None
        fixed = (mine is None or mine.read_only is True) and (theirs is None or theirs.read_only is True)
        if fixed and not read_only:
            continue
        values = None if mine is None else mine.value, None if theirs is None else theirs.value
        if mine is None or theirs is None or values[0] != values[1]:
            found.append(Difference(either.name, either.attribute, *values, mine is not None, theirs is not None))
    return found


def _all_of(work: Work, station_id: int) -> dict[str, SettingRow]:
    columns = station_settings.c
    mine = select(columns.name_key, columns.name, columns.attribute, columns.value, columns.read_only)
    return {row.name_key: row for row in work.execute(mine.where(columns.station_id == station_id))}
