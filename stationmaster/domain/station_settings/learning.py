"""What a charger has told of its settings becomes rows, and what is another than before becomes history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Text, bindparam, func, select, update

from stationmaster.domain import secrets_by_kind
from stationmaster.domain.commands import Asked
from stationmaster.domain.secrets_by_kind import HIDDEN
from stationmaster.domain.station_settings.table import Setting, setting_changes, station_settings
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.columns import UtcTime
from stationmaster.storage.queries import AtOnce, Bulk, Prepared

MAX_SETTINGS = 10_000  # of one station; what it tells beyond that is answered, and not kept
MAX_VALUE = 2500  # characters
FEW = 600  # up to so many are looked for by their names

_NUMBERED = 2**31 - 1
_DESCRIBED = ("read_only", "write_only", "kind", "unit", "min_limit", "max_limit", "choices")
_PLACED = ("component", "instance", "evse", "connector", "variable", "variable_instance")
_COLUMNS = ("station_id", "name_key", "name", "attribute", *_PLACED, "value", "told_at", "changed_at", *_DESCRIBED)
_sets = [f"{name} = excluded.{name}" for name in ("name", *_PLACED, "value", "told_at")]
# An answer that tells the value alone does not forget what a report has told beside it.
_sets += [f"{name} = coalesce(excluded.{name}, station_settings.{name})" for name in ("changed_at", *_DESCRIBED)]
_put = AtOnce(
    Bulk(
        station_settings,
        _COLUMNS,
        on_conflict=f"(station_id, name_key) DO UPDATE SET {', '.join(_sets)}",
    )
)
_changes = Bulk(setting_changes, ("station_id", "name", "attribute", "before", "after", "at", "by", "command"))


_reading = Prepared(  # of what cannot be changed, or of which we do not know whether it can
    update(station_settings)
    .where(
        station_settings.c.station_id == bindparam("station"),
        station_settings.c.name_key == bindparam("key"),
        station_settings.c.read_only.is_not(False),
    )
    .values(value=bindparam("new_value", type_=Text), told_at=bindparam("at", type_=UtcTime))
)


class Held(NamedTuple):
    """What we hold of a setting."""

    value: str | None
    told_at: datetime


def learn(
    work: Work, station: Station, told: Iterable[Setting], *, as_of: datetime | None = None, asked: Asked | None = None
) -> int:
    """Remember what a station has told of its settings, or has accepted; returns how many are kept.

    `as_of` is when it was so at the earliest: what we hold from later stays. `asked` says who has changed them; without it the
    station tells by itself.
    """
    as_of = work.now if as_of is None else as_of
    new = {setting.key: setting for setting in told}
    held = _held(work, station, list(new) if len(new) <= FEW else None)
    room = MAX_SETTINGS - _count(work, station)
    rows: list[tuple[Any, ...]] = []
    for key, setting in new.items():
        before = held.get(key)
        if before is None:
            room -= 1
            if room < 0:
                continue
        elif before.told_at > as_of:
            continue
        value = public_value(setting)
        if value is None and setting.write_only and before is not None:
            value = before.value
        changed_at = None
        if asked is not None or (before is not None and before.value != value):
            changed_at = work.now
            attribute, was = setting.attribute, None if before is None else before.value
            by = (None, None) if asked is None else asked
            work.append(_changes, station.id, setting.name, attribute, was, value, work.now, *by)
        variable = setting.variable or setting.name
        row: tuple[Any, ...] = (station.id, key, setting.name, setting.attribute, setting.component, setting.instance)
        row += (_whole(setting.evse), _whole(setting.connector), variable, setting.variable_instance)
        row += (value, as_of, changed_at, setting.read_only, setting.write_only, setting.kind, setting.unit)
        rows.append((*row, setting.min_limit, setting.max_limit, setting.choices))
    if rows:
        work.run(_put, rows=rows)
    return len(rows)


def learn_value(work: Work, station: Station, told: Setting) -> None:
    """A monitor has told a value. Of what can be changed it is history; a temperature is none, though it changes every minute."""
    if not told.value and _is_write_only(work, station, told.key):
        return  # N07.FR.10: it is told as empty, whatever it is
    mine = {"station": station.id, "key": told.key}
    if not work.change(_reading, **mine, new_value=public_value(told), at=work.now):
        learn(work, station, [told])


def _is_write_only(work: Work, station: Station, key: str) -> bool:
    columns = station_settings.c
    mine = select(columns.write_only).where(columns.station_id == station.id, columns.name_key == key)
    return work.execute(mine).scalar() is True


def _held(work: Work, station: Station, keys: list[str] | None) -> dict[str, Held]:
    columns = station_settings.c
    mine = select(columns.name_key, columns.value, columns.told_at).where(columns.station_id == station.id)
    if keys is not None:
        mine = mine.where(columns.name_key.in_(keys))
    return {row.name_key: Held(row.value, row.told_at) for row in work.execute(mine)}


def _count(work: Work, station: Station) -> int:
    mine = select(func.count()).where(station_settings.c.station_id == station.id)
    return int(work.execute(mine).scalar_one())


def public_value(setting: Setting) -> str | None:
    """Passwords and keys are not kept here."""
    if setting.value and _is_secret(setting.variable or setting.name):
        return HIDDEN
    if setting.value is None:
        return None
    kept = secrets_by_kind.blanked(setting.value[:MAX_VALUE])
    assert isinstance(kept, str)
    return kept


@lru_cache(maxsize=4096)  # chargers of one make have the same names
def _is_secret(name: str) -> bool:
    return secrets_by_kind.is_secret(name)


def _whole(number: int | None) -> int | None:
    """Cut to what the column holds."""
    return None if number is None else max(-_NUMBERED, min(number, _NUMBERED))
