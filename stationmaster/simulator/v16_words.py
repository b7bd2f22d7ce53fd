"""Between the simulator's own words and OCPP 1.6: meter readings and charging profiles. Plain functions."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, cast

from stationmaster.ocpp import v16
from stationmaster.ocpp.messages import now_text, parse_time
from stationmaster.simulator.limits import Limits, Profile, Purpose, composite
from stationmaster.simulator.meter import REGISTER, Outlet, Reading, measured
from stationmaster.simulator.parts import Known

PURPOSES: dict[str, Purpose] = {
    "ChargePointMaxProfile": "max",
    "TxDefaultProfile": "default",
    "TxProfile": "transaction",
}


def meter_value(at: str, reading: Reading, measurands: Iterable[str], context: str) -> v16.MeterValue:
    """One reading as the measurands asked for. Without any it has the register, so that it is never empty."""
    samples = list(_samples(reading, list(measurands) or [REGISTER], context))
    return v16.MeterValue(timestamp=at, sampled_value=samples)


def transaction_data(at: str, reading: Reading, measurands: Iterable[str], context: str) -> v16.TransactionData:
    """The same as StopTransaction carries it."""
    samples = [
        v16.TransactionSampledValue(**{name: getattr(sample, name) for name in sample.__struct_fields__})
        for sample in _samples(reading, measurands, context)
    ]
    return v16.TransactionData(timestamp=at, sampled_value=samples)


def _samples(reading: Reading, measurands: Iterable[str], context: str) -> Iterator[v16.SampledValue]:
    def sample(value: float, measurand: str, unit: str, phase: str | None) -> v16.SampledValue:
        words = {"value": f"{value:g}" if value < 100_000 else str(round(value)), "context": context}
        return v16.SampledValue(**cast(Any, words), **cast(Any, {"measurand": measurand, "unit": unit, "phase": phase}))

    for value in measured(reading, measurands):
        yield sample(*value)


def profile(connector: int, given: v16.ChargingProfile) -> Profile:
    """A 1.6 charging profile in the words of limits.py."""
    schedule = given.charging_schedule
    return Profile(
        id=given.charging_profile_id,
        connector=connector,
        stack_level=given.stack_level,
        purpose=PURPOSES[given.charging_profile_purpose],
        kind=given.charging_profile_kind,
        unit=schedule.charging_rate_unit,
        periods=tuple(
            (period.start_period, period.limit, period.number_phases or 3)
            for period in schedule.charging_schedule_period
        ),
        recurrency=given.recurrency_kind,
        start=parse_time(schedule.start_schedule),
        duration_s=schedule.duration,
        valid_from=parse_time(given.valid_from),
        valid_to=parse_time(given.valid_to),
        transaction=given.transaction_id,
    )


def composite_schedule(
    limits: Limits, connector: int, outlet: Outlet, at: datetime, began: datetime | None, *, duration_s: int, unit: str
) -> v16.ChargingSchedule:
    """The limits in force from `at` on."""
    periods = [
        v16.ChargingSchedulePeriod(start_period=start_s, limit=limit, number_phases=outlet.supply.phases)
        for start_s, limit in composite(limits, connector, outlet, at, began, duration_s=duration_s, unit=unit)
    ]
    return v16.ChargingSchedule(
        charging_rate_unit=cast(Any, unit),
        charging_schedule_period=periods,
        duration=duration_s,
        start_schedule=now_text(at),
    )


def known(info: v16.IdTagInfo) -> Known:
    """What the central system said about a token."""
    return Known(info.status, info.parent_id_tag)
