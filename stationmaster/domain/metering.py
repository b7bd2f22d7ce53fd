"""Meter values: what the samples of a charger mean, and where they are kept.

Samples in, a `Reading` out. The raw samples are always kept beside what we made of them. How much energy a session took is
said by `domain/energy`.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Container, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

import msgspec
from sqlalchemy import (
    Column,
    Index,
    Integer,
    Label,
    Select,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    func,
    select,
    type_coerce,
    update,
)

from stationmaster.domain import events
from stationmaster.domain.energy import Point
from stationmaster.domain.sample_forms import Samples, meter_value_forms
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Exact, UtcTime, key, metadata
from stationmaster.storage.queries import Bulk, Prepared, page

meter_values = Table(
    "meter_values",
    metadata,
    key(),
    Column("station_id", BigInt, nullable=False),
    Column("session_id", BigInt),  # empty: an orphan, kept all the same (TX-12)
    Column("evse", Integer, nullable=False),
    Column("transaction_id", Text),
    Column("taken_at", UtcTime, nullable=False),
    Column("taken_text", Text),
    Column("received_at", UtcTime, nullable=False),
    Column("context", Text),
    Column("energy_wh", Exact()),  # the register
    Column("location", Text),  # where the meter sits; empty: at the outlet
    Column("resolution_wh", Integer),  # the last digit that was told of the register; empty: a watt-hour or finer
    Column("power_w", Exact()),
    Column("current_a", Exact()),
    Column("voltage_v", Exact()),
    Column("soc_percent", Exact()),
    Column("samples", Text, nullable=False),  # as received
    Column("content_key", BigInt, nullable=False),
    Column("form_id", BigInt),  # of the samples, which are values only then (`sample_forms.py`); empty: not packed yet
    UniqueConstraint("content_key", "station_id"),
)
Index("ix_meter_values_session_id", meter_values.c.session_id, meter_values.c.id)
Index(
    "ix_meter_values_orphans",
    meter_values.c.station_id,
    meter_values.c.id,
    sqlite_where=meter_values.c.session_id.is_(None),
    postgresql_where=meter_values.c.session_id.is_(None),
)


class MeterValueRow(Protocol):
    """A row of the table."""

    id: int
    station_id: int
    session_id: int | None
    evse: int
    transaction_id: str | None
    taken_at: datetime
    received_at: datetime
    context: str | None
    energy_wh: Decimal | None
    power_w: Decimal | None
    current_a: Decimal | None
    voltage_v: Decimal | None
    soc_percent: Decimal | None
    samples: str


_form = select(meter_value_forms.c.text).where(meter_value_forms.c.id == meter_values.c.form_id)
_kept = func.coalesce(_form.correlate(meter_values).scalar_subquery(), "").concat(meter_values.c.samples)
whole_samples: Label[str] = type_coerce(_kept, Samples()).label("samples")
"""The samples as received, packed or not. Whoever reads or searches them takes this, not the column."""
_whole = select(*(whole_samples if each.name == "samples" else each for each in meter_values.c))

ENERGY, POWER, CURRENT = "Energy.Active.Import.Register", "Power.Active.Import", "Current.Import"
VOLTAGE, SOC = "Voltage", "SoC"
_READ = {ENERGY, POWER, CURRENT, VOLTAGE, SOC}
UNREAD = "unread"  # a register or a power in a unit that is none of it: kept as it came, and counted as nothing
_ENERGY_UNITS = {"Wh": 1, "kWh": 1000, "MWh": 1_000_000}
_POWER_UNITS = {"W": 1, "kW": 1000, "MW": 1_000_000, "VA": 1, "kVA": 1000}
# In another case, where that leaves no doubt: `mwh` would be a thousandth or a million.
_SPELT = {unit.casefold(): unit for unit in ("Wh", "kWh", "W", "kW", "VA", "kVA")}
_PLAIN_W = (None, "W")
# What is measured where only the unit says it. A unit of something else means a measurand we do not read.
_BY_UNIT = {
    "Wh": ENERGY,
    "kWh": ENERGY,
    "MWh": ENERGY,
    "W": POWER,
    "kW": POWER,
    "VA": POWER,
    "kVA": POWER,
    "A": CURRENT,
    "V": VOLTAGE,
    "Percent": SOC,
    "%": SOC,
} | dict.fromkeys(("varh", "kvarh", "var", "kvar", "Celsius", "Celcius", "Fahrenheit", "K", "Hertz", "Hz"), "other")
_PHASES = {"L1": 1, "L2": 2, "L3": 3, "L1-N": 1, "L2-N": 2, "L3-N": 3}
_PHASE_ENDINGS = tuple(f".{phase}" for phase in _PHASES)
_ABSURD_DIGITS = 12  # before the point
_MAX_EXPONENT = 12
_MAX_RESOLUTION_WH = 1_000_000
_BEGIN = "Transaction.Begin"
_OUTSIDE = (None, "Outlet")
_ELSEWHERE = (
    "Cable",
    "Body",
    "Inlet",
)  # the nearest to the outlet first; what the car says of itself is not what we sell


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One sampled value in the words both protocol families share; `None` means the default of the specification."""

    value: str
    measurand: str | None = None
    unit: str | None = None
    phase: str | None = None
    context: str | None = None
    location: str | None = None
    exponent: int = 0


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What the samples of one moment say: Wh (register), W, A (largest phase), V (mean), %.

    `location` names the meter when it does not sit at the outlet; `resolution_wh` the last digit told of the register, if
    that is coarser than a watt-hour. `unread`: a register or a power came in a unit that nobody knows, and is in none of these.
    """

    context: str | None = None
    energy_wh: Decimal | None = None
    location: str | None = None
    resolution_wh: int | None = None
    power_w: Decimal | None = None
    current_a: Decimal | None = None
    voltage_v: Decimal | None = None
    soc_percent: Decimal | None = None
    unread: bool = False


def reading(samples: Sequence[Sample]) -> Reading:
    """Normalise: default measurand and unit, phases added up; what is not measured at the outlet only where nothing is.

    A `Transaction.Begin` register that some chargers repeat in every message does not hide the current one.
    """
    told: dict[str, Decimal | None] = {}
    context: str | None = None
    for sample in samples:
        name = _plain(sample.measurand, sample.unit, sample.phase, sample.location, sample.exponent)
        if name is None:
            continue
        if name in told or name is _ODD:
            break  # there is more to it
        told[name] = number(sample.value)
        if name == "energy_wh" and told[name] is not None:
            context = sample.context or None
    else:  # the usual case, in a third of the time
        return Reading(
            context,
            told.get("energy_wh"),
            None,
            None,
            told.get("power_w"),
            told.get("current_a"),
            told.get("voltage_v"),
            told.get("soc_percent"),
        )
    outside, elsewhere = _read(samples, _OUTSIDE)
    if any(_meaning(sample.measurand, sample.unit, sample.phase)[0] is UNREAD for sample in samples):
        outside = msgspec.structs.replace(outside, unread=True)
    if elsewhere and outside.energy_wh is outside.power_w is outside.current_a is outside.voltage_v is None:
        for location in _ELSEWHERE:
            if location in elsewhere:
                value, _ = _read(samples, (location,))
                return msgspec.structs.replace(value, location=location, unread=outside.unread)
    return outside


def _read(samples: Sequence[Sample], locations: Container[str | None]) -> tuple[Reading, set[str | None]]:
    """What these samples say at one of these locations, and which others they name."""
    context: str | None = None
    elsewhere: set[str | None] = set()
    energy: dict[int, Decimal] = {}
    begin: dict[int, Decimal] = {}
    power: dict[int, Decimal] = {}
    current: dict[int, Decimal] = {}
    voltage: dict[int, Decimal] = {}
    soc: Decimal | None = None
    resolution: int | None = None
    for sample in samples:
        measurand, phase, factor = _meaning(sample.measurand, sample.unit, sample.phase)
        if measurand is None or measurand is UNREAD:
            continue
        if measurand == SOC:
            soc = number(sample.value)
            continue
        if sample.location not in locations:
            elsewhere.add(sample.location)
            continue
        value = number(sample.value)
        if value is None:
            continue
        if sample.exponent:
            if abs(sample.exponent) > _MAX_EXPONENT:
                continue
            value = value.scaleb(sample.exponent)
        if measurand == ENERGY:
            if factor is not None or sample.exponent:
                resolution = max(resolution or 0, _last_digit_wh(value, factor or 1)) or None
            if factor is not None:
                value *= factor
            if sample.context == _BEGIN:
                begin[phase] = value
            else:
                energy[phase] = value
                context = sample.context or context
        elif measurand == POWER:
            power[phase] = value if factor is None else value * factor
        elif measurand == CURRENT:
            current[phase] = value
        else:
            voltage[phase] = value
    told = Reading(
        context=_BEGIN if begin and not energy else context,
        energy_wh=_usable(_total(energy or begin)),
        resolution_wh=resolution,
        power_w=_usable(_total(power)),
        current_a=_usable(max(current.values(), default=None)),
        voltage_v=_usable(_mean(voltage)),
        soc_percent=soc,
    )
    return told, elsewhere


_ODD = ""
_FIELDS = {ENERGY: "energy_wh", POWER: "power_w", CURRENT: "current_a", VOLTAGE: "voltage_v", SOC: "soc_percent"}


@functools.lru_cache(1024)
def _plain(
    measurand: str | None,
    unit: str | None,
    line: str | None,
    location: str | None,
    exponent: int,
) -> str | None:
    """Which field of a reading the value of such a sample is, as it was told; None: nothing that we read. `_ODD`: not so simple."""
    meant, phase, factor = _meaning(measurand, unit, line)
    if meant is None:
        return None
    if meant is UNREAD:
        return _ODD
    simple = phase == 0 and factor is None and not exponent and location in _OUTSIDE
    return _FIELDS[meant] if simple else _ODD


@functools.lru_cache(1024)
def _meaning(measurand: str | None, unit: str | None, line: str | None) -> tuple[str | None, int, int | None]:
    """What is measured (None: nothing that we read; `UNREAD`: in no unit of that), on which phase (0: all of them), and by what to multiply it to get Wh or W.

    Kept, because a charger says the same of each of its samples.
    """
    if unit is not None and unit not in _BY_UNIT:
        unit = _SPELT.get(unit.strip().casefold(), unit) or None
    if measurand is None:
        measurand = ENERGY if unit is None else _BY_UNIT.get(unit, ENERGY)
    elif measurand not in _READ and measurand.endswith(_PHASE_ENDINGS):
        measurand, _, line = measurand.rpartition(".")  # some firmwares write the phase into the name
    factor = None
    if measurand == ENERGY and unit is not None and unit != "Wh":
        factor = _ENERGY_UNITS.get(unit)
        measurand = UNREAD if factor is None else measurand
    elif measurand == POWER and unit not in _PLAIN_W:
        factor = _POWER_UNITS.get(unit or "W")
        measurand = UNREAD if factor is None else measurand
    return (
        measurand if measurand in _READ or measurand is UNREAD else None,
        0 if line is None else _PHASES.get(line, -1),
        factor,
    )


def _last_digit_wh(value: Decimal, factor: int) -> int:
    """How coarsely it was told, in Wh: 1.24 kWh is told to 10 Wh. 0 where that is a watt-hour or finer."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _MAX_EXPONENT:
        return 0
    digit = factor * 10.0**exponent
    return int(digit) if 1 < digit <= _MAX_RESOLUTION_WH else 0


def point(taken: Instant, value: Reading) -> Point:
    """A reading as the energy of a session takes it."""
    return Point(taken.at, value.energy_wh, value.power_w, value.context, value.location, value.resolution_wh)


def number(text: str) -> Decimal | None:
    """The value of a sample, or None when it is not a usable number. Blanks and a decimal comma are tolerated (E8)."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        try:
            value = Decimal("".join(text.split()).replace(",", ".", 1))
        except InvalidOperation:
            return None
    return value if value.is_finite() and value.adjusted() < _ABSURD_DIGITS else None


def _usable(value: Decimal | None) -> Decimal | None:
    """What is beyond all measure is no measurement, and fits no column: it stays in the raw samples."""
    return value if value is None or value.adjusted() < _ABSURD_DIGITS else None


def _total(phases: dict[int, Decimal]) -> Decimal | None:
    """The overall value when there is one, else the sum of the phases; values of the neutral line count for nothing."""
    if not phases:
        return None
    if 0 in phases:
        return phases[0]
    lines = [value for phase, value in phases.items() if phase > 0]
    return sum(lines, Decimal(0)) if lines else None


def _mean(phases: dict[int, Decimal]) -> Decimal | None:
    if len(phases) == 1 and 0 in phases:
        return phases[0]
    lines = [value for phase, value in phases.items() if phase >= 0]
    if len(lines) == 1:
        return lines[0]
    return (sum(lines, Decimal(0)) / len(lines)).quantize(Decimal("0.001")) if lines else None


# The session is found inside the INSERT: by the station's transaction id; without one, the session that is active on this
# connector. An id that is not this station's finds nothing, and the value is an orphan.
_insert = Bulk(
    meter_values,
    (
        "station_id",
        "evse",
        "transaction_id",
        "taken_at",
        "taken_text",
        "received_at",
        "context",
        "energy_wh",
        "location",
        "resolution_wh",
        "power_w",
        "current_a",
        "voltage_v",
        "soc_percent",
        "samples",
        "content_key",
    ),
    ignore_duplicates=True,
    inputs=("session_id",),
    session_id=(
        "CASE WHEN {session_id} IS NOT NULL THEN {session_id} WHEN {transaction_id} IS NOT NULL"
        " THEN (SELECT s.id FROM sessions s WHERE s.station_id = {station_id} AND s.transaction_id = {transaction_id}"
        " ORDER BY s.occurrence DESC LIMIT 1)"
        " ELSE (SELECT s.id FROM sessions s WHERE s.station_id = {station_id} AND s.evse = {evse} AND s.status = 'active'"
        " ORDER BY s.started_at DESC, s.id DESC LIMIT 1)"
        " END"
    ),
)


def record(
    work: Work,
    station: Station,
    *,
    evse: int,
    transaction_id: str | None,
    taken: Instant,
    samples: Sequence[Sample],
    raw: bytes,
    live: bool = True,
    session_id: int | None = None,
    evse_told: int | None = None,
    value: Reading | None = None,
) -> Reading:
    """Keep the samples of one moment; the same content twice is stored once (TX-12).

    The session is found by the transaction id, unless it is known to be `session_id`. `evse_told` is what the message itself
    says of the place, where that may be less than is known: a repeat says the same, however much is known by then. `value` is
    what the samples say, where that has been read already.
    """
    if value is None:
        value = reading(samples)
    work.append(
        _insert,
        station.id,
        evse,
        transaction_id,
        taken.at,
        taken.text,
        work.now,
        value.context,
        value.energy_wh,
        value.location,
        value.resolution_wh,
        value.power_w,
        value.current_a,
        value.voltage_v,
        value.soc_percent,
        raw.decode(),
        _content_key(evse if evse_told is None else evse_told, transaction_id, taken, raw),
        session_id,
    )
    if live and work.watched:
        work.publish(
            events.MeterRead(
                station_id=station.id,
                station=station.identity,
                at=taken.at,
                evse=evse,
                transaction_id=transaction_id,
                energy_wh=value.energy_wh,
                power_w=value.power_w,
                soc_percent=value.soc_percent,
            )
        )
    return value


def are_kept(
    work: Work,
    station: Station,
    *,
    evse_told: int,
    transaction_id: str | None,
    moments: Sequence[tuple[Instant, bytes]],
) -> bool:
    """Whether all of this was recorded before; each moment with its samples as they were received."""
    keys = {_content_key(evse_told, transaction_id, taken, raw) for taken, raw in moments}
    kept = select(func.count()).where(meter_values.c.station_id == station.id, meter_values.c.content_key.in_(keys))
    return int(work.execute(kept).scalar_one()) == len(keys)


def _content_key(evse: int, transaction_id: str | None, taken: Instant, raw: bytes) -> int:
    """The minute it was taken, and 32 bits of the content: two of one station would have to collide within a minute.

    The minute comes first so that the UNIQUE index grows at its end, instead of being rewritten all over at every commit.
    """
    check = zlib.crc32(raw, zlib.crc32(f"{evse}|{transaction_id}|{taken.text}|".encode()))
    # Not `taken.at`: where the told time is not believable, that is when we heard it, which differs for a retry.
    minute = 0 if taken.told is None else int(taken.told.timestamp()) // 60
    # Cut to 31 bits, because a minute of the year 9999 has more than the column holds (A3).
    return (minute & 0x7FFF_FFFF) << 32 | check


_a_point = (
    meter_values.c.taken_at,
    meter_values.c.energy_wh,
    meter_values.c.power_w,
    meter_values.c.context,
    meter_values.c.location,
    meter_values.c.resolution_wh,
    meter_values.c.transaction_id.is_not(None).label("by_id"),
)
_points = Prepared(
    select(*_a_point).where(meter_values.c.session_id == bindparam("session_id")).order_by(meter_values.c.id), row=Point
)


def points(work: Work, session_id: int) -> list[Point]:
    """What the energy of a session is made of, in the order it was received."""
    return work.run(_points, session_id=session_id)


_older = meter_values.alias()


def newest_registers(work: Work, of: Select[Any], *, limit: int) -> dict[int, list[Point]]:
    """The newest points that tell a register, oldest first, of each of the sessions whose keys `of` selects."""
    sessions, told, older = of.subquery(), meter_values.c, _older.c
    (session_id,) = sessions.c
    last = select(older.id).where(older.session_id == session_id, older.energy_wh.is_not(None))
    first = last.order_by(older.id.desc()).offset(limit - 1).limit(1).scalar_subquery()
    mine = told.session_id == session_id, told.energy_wh.is_not(None), told.id >= func.coalesce(first, 0)
    found: dict[int, list[Point]] = {}
    rows = select(session_id, *_a_point).select_from(sessions).join(meter_values, and_(*mine)).order_by(told.id)
    for row in work.execute(rows):
        found.setdefault(row[0], []).append(Point(*tuple(row)[1:]))
    return found


def signed_of(work: Work, session_id: int) -> list[MeterValueRow]:
    """Of a session, what was signed first and what last (once when it is the same), by the time it was taken."""
    mine = _whole.where(meter_values.c.session_id == session_id, whole_samples.contains("igned"))
    order = meter_values.c.taken_at, meter_values.c.id
    first = work.execute(mine.order_by(*order).limit(1)).all()
    last = work.execute(mine.order_by(*(each.desc() for each in order)).limit(1)).all()
    return list({row.id: row for row in [*first, *last]}.values())


def values_of(work: Work, session_id: int, *, limit: int) -> list[MeterValueRow]:
    """The first meter value of a session and the newest ones, `limit` in all, oldest first.

    The first and the last are often signed and decide the bill (O3). `page_of` has those between.
    """
    mine = _whole.where(meter_values.c.session_id == session_id)
    newest: list[MeterValueRow] = [*work.execute(mine.order_by(meter_values.c.id.desc()).limit(limit + 1))][::-1]
    if len(newest) <= limit:
        return newest
    return [work.execute(mine.order_by(meter_values.c.id).limit(1)).one(), *newest[2:]]


def page_of(work: Work, session_id: int, *, limit: int, cursor: str | None) -> list[MeterValueRow]:
    """Meter values of a session, newest first."""
    mine = _whole.where(meter_values.c.session_id == session_id)
    return list(work.execute(page(mine, meter_values.c.id, limit=limit, cursor=cursor)))


def latest(work: Work, session_ids: list[int]) -> dict[int, MeterValueRow]:
    """The last meter value of each of these sessions."""
    last = (
        select(func.max(meter_values.c.id))
        .where(meter_values.c.session_id.in_(session_ids))
        .group_by(meter_values.c.session_id)
    )
    rows = work.execute(_whole.where(meter_values.c.id.in_(last)))
    return {row.session_id: row for row in rows}


def adopt(work: Work, station_id: int, transaction_id: str, session_id: int) -> None:
    """Values of this transaction that found no session belong to this one after all."""
    lost = (meter_values.c.station_id == station_id, meter_values.c.session_id.is_(None))
    work.execute(
        update(meter_values).where(*lost, meter_values.c.transaction_id == transaction_id).values(session_id=session_id)
    )


def move(work: Work, session_id: int, to_session_id: int, *, since: datetime) -> None:
    """What was heard of one session since then belongs to another, which began alike."""
    later = (meter_values.c.session_id == session_id, meter_values.c.received_at >= since)
    work.execute(update(meter_values).where(*later).values(session_id=to_session_id))


def orphans(work: Work, station_id: int, *, limit: int, cursor: str | None) -> list[MeterValueRow]:
    """Meter values that belong to no session we know, newest first."""
    lost = _whole.where(meter_values.c.station_id == station_id, meter_values.c.session_id.is_(None))
    return list(work.execute(page(lost, meter_values.c.id, limit=limit, cursor=cursor)))
