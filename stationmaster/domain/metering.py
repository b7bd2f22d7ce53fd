"""Meter values: what the samples of a charger mean, and how much energy a session took.

The hard thinking is pure: samples in, a `Reading` out; registers in, energy and remarks out. The raw samples are
always kept beside what we made of them.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint, bindparam, func, select

from stationmaster.domain import events
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
    Column("transaction_number", BigInt),
    Column("taken_at", UtcTime, nullable=False),
    Column("taken_text", Text),
    Column("received_at", UtcTime, nullable=False),
    Column("context", Text),
    Column("energy_wh", Exact()),  # the register
    Column("power_w", Exact()),
    Column("current_a", Exact()),
    Column("voltage_v", Exact()),
    Column("soc_percent", Exact()),
    Column("samples", Text, nullable=False),  # as received
    Column("content_key", BigInt, nullable=False),
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

ENERGY = "Energy.Active.Import.Register"
_READ = {ENERGY, "Power.Active.Import", "Current.Import", "Voltage", "SoC"}
_ENERGY_UNITS = {"Wh": 1, "kWh": 1000, "MWh": 1_000_000}
_POWER_UNITS = {"W": 1, "kW": 1000, "VA": 1, "kVA": 1000}
_PLAIN_W = (None, "W")
_PHASES = {"L1": 1, "L2": 2, "L3": 3, "L1-N": 1, "L2-N": 2, "L3-N": 3}
_PHASE_ENDINGS = tuple(f".{phase}" for phase in _PHASES)
_ABSURD_DIGITS = 12  # before the point
_ABSURD = Decimal(10) ** _ABSURD_DIGITS
_MAX_EXPONENT = 12
_BEGIN = "Transaction.Begin"
_OUTSIDE = (None, "Outlet")


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
    """What the samples of one moment say: Wh (register), W, A (largest phase), V (mean), %."""

    context: str | None = None
    energy_wh: Decimal | None = None
    power_w: Decimal | None = None
    current_a: Decimal | None = None
    voltage_v: Decimal | None = None
    soc_percent: Decimal | None = None


def reading(samples: Sequence[Sample]) -> Reading:
    """Normalise: default measurand and unit, phases added up, measurements inside the car left aside.

    A `Transaction.Begin` register that some chargers repeat in every message does not hide the current one.
    """
    context: str | None = None
    energy: dict[int, Decimal] = {}
    begin: dict[int, Decimal] = {}
    power: dict[int, Decimal] = {}
    current: dict[int, Decimal] = {}
    voltage: dict[int, Decimal] = {}
    soc: Decimal | None = None
    for sample in samples:
        measurand, line = sample.measurand or ENERGY, sample.phase
        if measurand not in _READ and measurand.endswith(
            _PHASE_ENDINGS
        ):  # some firmwares write the phase into the name of the measurand
            measurand, _, line = measurand.rpartition(".")
        if measurand == "SoC":
            soc = number(sample.value)
            continue
        if sample.location not in _OUTSIDE:
            continue
        value = number(sample.value)
        if value is None:
            continue
        if sample.exponent:
            if abs(sample.exponent) > _MAX_EXPONENT:
                continue
            value = value.scaleb(sample.exponent)
        phase = 0 if line is None else _PHASES.get(line, -1)
        if measurand == ENERGY:
            if sample.unit is not None and sample.unit != "Wh":
                value *= _ENERGY_UNITS.get(sample.unit, 1)
            if sample.context == _BEGIN:
                begin[phase] = value
            else:
                energy[phase] = value
                context = sample.context or context
        elif measurand == "Power.Active.Import":
            power[phase] = value if sample.unit in _PLAIN_W else value * _POWER_UNITS.get(sample.unit or "W", 1)
        elif measurand == "Current.Import":
            current[phase] = value
        elif measurand == "Voltage":
            voltage[phase] = value
    return Reading(
        context=_BEGIN if begin and not energy else context,
        energy_wh=_usable(_total(energy or begin)),
        power_w=_usable(_total(power)),
        current_a=_usable(max(current.values(), default=None)),
        voltage_v=_usable(_mean(voltage)),
        soc_percent=soc,
    )


def last_register(readings: Sequence[Reading]) -> Decimal | None:
    """The last register in these, in Wh."""
    return next((one.energy_wh for one in reversed(readings) if one.energy_wh is not None), None)


def number(text: str) -> Decimal | None:
    """The value of a sample, or None when it is not a usable number. Blanks and a decimal comma are tolerated."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        try:
            value = Decimal(text.replace(" ", "").replace(",", ".", 1))
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
    lines = [value for phase, value in phases.items() if phase >= 0]
    if len(lines) == 1:
        return lines[0]
    return (sum(lines, Decimal(0)) / len(lines)).quantize(Decimal("0.001")) if lines else None


class Register(msgspec.Struct, frozen=True, gc=False):
    """One point of a session's history: when, the energy register (Wh) and the power (W), as far as they were told."""

    at: datetime
    energy_wh: Decimal | None
    power_w: Decimal | None = None


class Energy(msgspec.Struct, frozen=True, gc=False):
    """The energy of a session in Wh (None: cannot be said), and why a person should look before it is billed."""

    wh: Decimal | None
    stop_wh: Decimal | None
    flags: tuple[str, ...] = ()


_MAX_POWER_W = 4_000_000  # a megawatt charger, with room: more than this is no measurement
_NOTICEABLE_WH = 500  # less is within the errors of power × time
_MAX_WH = 1_000_000  # more than any vehicle takes; asked when the clock of the station says nothing


def session_energy(
    start_wh: Decimal | None, history: Sequence[Register], stop_wh: Decimal | None, hours: float | None
) -> Energy:
    """Energy from the registers, with an eye on their continuity (TX-09). Never negative.

    Where no register says anything, power × time does, as an estimate. `hours` is how long the session took, None when the
    station's clock is not to be believed. Flags: `estimated` (no final register), `register_reset` (the counter began again at zero), `register_rollback` (it ran backwards), `register_jump`
    (more than any charger can deliver), `unit_suspect` (looks like kWh told as Wh).
    """
    flags: list[str] = []
    registers = _in_order([point for point in history if _register(point.energy_wh) is not None])
    start_wh, stop_wh = _register(start_wh), _register(stop_wh)
    if stop_wh is None:
        flags.append("estimated")
        stop_wh = registers[-1].energy_wh if registers else None
    if start_wh is None or stop_wh is None or (start_wh == stop_wh and _power_by_time_wh(history) > _NOTICEABLE_WH):
        return Energy(_estimate(history), stop_wh, tuple(flags or ["estimated"]))

    steps = [start_wh, *(point.energy_wh for point in registers if point.energy_wh is not None), stop_wh]
    falls = [index for index in range(1, len(steps)) if steps[index] < steps[index - 1]]
    if not falls or _counts_from_zero(steps, falls):
        wh: Decimal | None = stop_wh - start_wh
    elif (
        len(falls) == 1
        and steps[falls[0]] < steps[falls[0] - 1] / 2
        and stop_wh >= steps[falls[0]]
        and len(registers) > 1
    ):
        # One fall to a small value and a steady rise after it: a counter that began again, not a broken one.
        flags.append("register_reset")
        wh = steps[falls[0] - 1] - start_wh + stop_wh
    else:
        flags.append("register_rollback")
        wh = stop_wh - start_wh if stop_wh >= start_wh else None

    if wh is not None and wh > (_MAX_WH if hours is None else _MAX_POWER_W * hours + 10_000):
        flags.append("register_jump")
    if wh and _looks_like_kwh(float(wh), history):
        flags.append("unit_suspect")
    return Energy(wh, stop_wh, tuple(flags))


def _register(wh: Decimal | None) -> Decimal | None:
    """A register counts up from zero; anything else is none."""
    return wh if wh is not None and 0 <= wh < _ABSURD else None


def _in_order(registers: list[Register]) -> list[Register]:
    """As they were received; by their times when only so the register never falls (a value that was repeated late)."""
    if _never_falls(registers):
        return registers
    by_time = sorted(registers, key=lambda point: point.at)
    return by_time if _never_falls(by_time) else registers


def _never_falls(registers: list[Register]) -> bool:
    values = [point.energy_wh or 0 for point in registers]
    return all(before <= after for before, after in itertools.pairwise(values))


def _counts_from_zero(steps: list[Decimal], falls: list[int]) -> bool:
    """Whether the values between start and stop are those of another register, which begins at zero with each session.

    Only its first value falls, and its last one says what the difference of start and stop says.
    """
    if falls != [1] or len(steps) < 3 or steps[-1] < steps[0]:
        return False
    wh = steps[-1] - steps[0]
    return abs(wh - steps[-2]) <= max(Decimal(100), wh / 20)


def _looks_like_kwh(wh: float, history: Sequence[Register]) -> bool:
    """Is a thousand times the energy what power × time says? A plausibility check, hence floats."""
    powers = [float(point.power_w) for point in history if point.power_w is not None]
    if not powers:
        return False
    hours = abs((history[-1].at - history[0].at).total_seconds()) / 3600
    if wh * 1000 > 2 * max(powers) * hours:
        return False
    expected = _power_by_time_wh(history)
    return expected > _NOTICEABLE_WH and expected / 2 < wh * 1000 < expected * 2


def _estimate(history: Sequence[Register]) -> Decimal | None:
    wh = _power_by_time_wh(history)
    return _usable(Decimal(round(wh))) if wh > _NOTICEABLE_WH else None


def _power_by_time_wh(history: Sequence[Register]) -> float:
    points = [(point.at, float(point.power_w)) for point in history if point.power_w is not None]
    return sum(
        (before + after) / 2 * (until - since).total_seconds() / 3600
        for (since, before), (until, after) in itertools.pairwise(points)
    )


# The session is found inside the INSERT: by the station's own number; without one (or with 0, -1: several firmwares), the
# session that is active on this connector. A number that is not this station's finds nothing, and the value is an orphan.
_insert = Bulk(
    meter_values,
    (
        "station_id",
        "evse",
        "transaction_number",
        "taken_at",
        "taken_text",
        "received_at",
        "context",
        "energy_wh",
        "power_w",
        "current_a",
        "voltage_v",
        "soc_percent",
        "samples",
        "content_key",
    ),
    ignore_duplicates=True,
    session_id=(
        "CASE WHEN {transaction_number} > 0"
        " THEN (SELECT s.id FROM sessions s WHERE s.station_id = {station_id} AND s.number = {transaction_number})"
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
    transaction_number: int | None,
    taken: Instant,
    samples: Sequence[Sample],
    raw: bytes,
    live: bool = True,
) -> Reading:
    """Keep the samples of one moment; the same content twice is stored once (TX-12)."""
    value = reading(samples)
    work.append(
        _insert,
        station.id,
        evse,
        transaction_number,
        taken.at,
        taken.text,
        work.now,
        value.context,
        value.energy_wh,
        value.power_w,
        value.current_a,
        value.voltage_v,
        value.soc_percent,
        raw.decode(),
        _content_key(evse, transaction_number, taken, raw),
    )
    if live and work.watched:
        work.publish(
            events.MeterRead(
                station_id=station.id,
                station=station.identity,
                at=taken.at,
                evse=evse,
                transaction_id=None if transaction_number is None else str(transaction_number),
                energy_wh=value.energy_wh,
                power_w=value.power_w,
                soc_percent=value.soc_percent,
            )
        )
    return value


def _content_key(evse: int, transaction_number: int | None, taken: Instant, raw: bytes) -> int:
    """The minute it was taken, and 32 bits of the content: two of one station would have to collide within a minute.

    The minute comes first so that the UNIQUE index grows at its end, instead of being rewritten all over at every commit.
    """
    check = zlib.crc32(raw, zlib.crc32(f"{evse}|{transaction_number}|{taken.text}|".encode()))
    # Not `taken.at`: where the time is not believable that is when we heard it, and a retry is heard at another.
    minute = 0 if taken.told is None else int(taken.told.timestamp()) // 60
    return minute << 32 | check


_history = Prepared(
    select(meter_values.c.taken_at, meter_values.c.energy_wh, meter_values.c.power_w)
    .where(meter_values.c.session_id == bindparam("session_id"))
    .order_by(meter_values.c.id)
)


def history(work: Work, session_id: int) -> list[Register]:
    """The registers of a session in the order they were received."""
    return [Register(*row) for row in work.run(_history, session_id=session_id)]


def values_of(work: Work, session_id: int, *, limit: int) -> list[Any]:
    """The newest `limit` meter values of a session, oldest first."""
    newest = (
        select(meter_values)
        .where(meter_values.c.session_id == session_id)
        .order_by(meter_values.c.id.desc())
        .limit(limit)
    )
    return list(work.execute(newest))[::-1]


def latest(work: Work, session_ids: list[int]) -> dict[int, Any]:
    """The last meter value of each of these sessions."""
    last = (
        select(func.max(meter_values.c.id))
        .where(meter_values.c.session_id.in_(session_ids))
        .group_by(meter_values.c.session_id)
    )
    rows = work.execute(select(meter_values).where(meter_values.c.id.in_(last)))
    return {row.session_id: row for row in rows}


def orphans(work: Work, station_id: int, *, limit: int, cursor: str | None) -> list[Any]:
    """Meter values that belong to no session we know, newest first."""
    lost = select(meter_values).where(meter_values.c.station_id == station_id, meter_values.c.session_id.is_(None))
    return list(work.execute(page(lost, meter_values.c.id, limit=limit, cursor=cursor)))
