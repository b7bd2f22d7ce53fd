"""What chargers of the field do to their meter values. Each mangling is a function from a session to a session.

`charge` makes a session from the simulator's own meter; the manglings that follow spoil it in one way each, as somebody has
reported of a real charger. What it truly took stays in `true_wh`.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from stationmaster.simulator.meter import MWH_PER_WH, Outlet, Supply, Vehicle

REGISTER = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"

Sample = dict[str, Any]
Wire = int | float | str | None


@dataclass(frozen=True)
class Moment:
    """One MeterValue: seconds after the start, and its samples in 1.6 words. `by_id`: sent with the transaction's id."""

    at_s: int
    samples: list[Sample]
    by_id: bool = True


@dataclass(frozen=True)
class Told:
    """What a charger tells of one session: meterStart, MeterValues, meterStop."""

    start: Wire
    moments: list[Moment]
    stop: Wire
    length_s: int
    true_wh: float
    supply: Supply


Mangling = Callable[[Told, random.Random], Told]


def charge(
    chance: random.Random, supply: Supply, *, register_wh: int, length_s: int, every_s: int, power: bool = True
) -> Told:
    """A car drives up, charges and leaves; the charger tells its register, and its power, once in so many seconds."""
    outlet = Outlet(supply, register_wh * MWH_PER_WH + chance.randrange(1000), Vehicle.any(chance, supply.kind))
    outlet.chance = chance
    begin_mwh, moments = outlet.register_mwh, []
    start = outlet.register_wh
    for at_s in range(every_s, length_s, every_s):
        outlet.charge(every_s)
        reading = outlet.read()
        samples: list[Sample] = [{"value": str(reading.register_wh), "measurand": REGISTER, "unit": "Wh"}]
        if power:
            samples.append({"value": f"{reading.power_w:g}", "measurand": POWER, "unit": "W"})
        moments.append(Moment(at_s, samples))
    outlet.charge(length_s - (moments[-1].at_s if moments else 0))
    true_wh = (outlet.register_mwh - begin_mwh) / MWH_PER_WH
    return Told(start, moments, outlet.register_wh, length_s, true_wh, supply)


def _registers(told: Told, change: Callable[[int, float], float | None]) -> list[Moment]:
    """The moments with other registers: `change` has the number of the moment and its register; None leaves it out."""
    changed = []
    for index, moment in enumerate(told.moments):
        samples = []
        for sample in moment.samples:
            if sample["measurand"] == REGISTER:
                wh = change(index, float(sample["value"]))
                if wh is not None:
                    samples.append(sample | {"value": f"{wh:.10g}"})
            else:
                samples.append(sample)
        if samples:
            changed.append(replace(moment, samples=samples))
    return changed


def _each(told: Told, measurand: str, **words: Any) -> list[Moment]:
    """The moments with other words on each sample of this measurand."""
    return [
        replace(
            moment,
            samples=[one | words if one["measurand"] == measurand else one for one in moment.samples],
        )
        for moment in told.moments
    ]


def _ends(told: Told) -> tuple[int, int]:
    assert isinstance(told.start, int) and isinstance(told.stop, int)
    return told.start, told.stop


# Units and forms


def nothing(told: Told, chance: random.Random) -> Told:
    """A charger that does everything right."""
    return told


def kwh_as_wh(told: Told, chance: random.Random) -> Told:
    """OpenEVSE 4.2: all of its registers are kWh and called Wh."""
    start, stop = _ends(told)
    if not told.moments:
        return told  # nothing would give it away
    return replace(
        told,
        start=round(start / 1000),
        stop=round(stop / 1000),
        moments=_registers(told, lambda _, wh: round(wh / 1000, 2)),
    )


def values_in_kwh_as_wh(told: Told, chance: random.Random) -> Told:
    return replace(told, moments=_registers(told, lambda _, wh: round(wh / 1000, 3)))


def values_in_wh_as_kwh(told: Told, chance: random.Random) -> Told:
    return replace(told, moments=_each(told, REGISTER, unit="kWh"))


def power_in_kw_as_w(told: Told, chance: random.Random) -> Told:
    moments = [
        replace(
            moment,
            samples=[
                one | {"value": f"{float(one['value']) / 1000:g}"} if one["measurand"] == POWER else one
                for one in moment.samples
            ],
        )
        for moment in told.moments
    ]
    return replace(told, moments=moments)


def rounded_to_kwh(told: Told, chance: random.Random) -> Told:
    moments = _registers(told, lambda _, wh: round(wh / 1000))
    return replace(told, moments=_each(replace(told, moments=moments), REGISTER, unit="kWh"))


def rounded_to_ten_wh(told: Told, chance: random.Random) -> Told:
    moments = _registers(told, lambda _, wh: round(wh / 1000, 2))
    return replace(told, moments=_each(replace(told, moments=moments), REGISTER, unit="kWh"))


def rounded_up_to_kwh_in_wh(told: Told, chance: random.Random) -> Told:
    return replace(told, moments=_registers(told, lambda _, wh: -(-wh // 1000) * 1000))


def decimal_comma(told: Told, chance: random.Random) -> Told:
    moments = _registers(told, lambda _, wh: wh + 0.5)
    moments = [
        replace(one, samples=[sample | {"value": sample["value"].replace(".", ",")} for sample in one.samples])
        for one in moments
    ]
    return replace(told, moments=moments)


def ends_as_text(told: Told, chance: random.Random) -> Told:
    return replace(told, start=f" {told.start}", stop=f"{told.stop},0")


def ends_with_fractions(told: Told, chance: random.Random) -> Told:
    start, stop = _ends(told)
    return replace(told, start=start + 0.25, stop=stop + 0.75)


def without_measurand(told: Told, chance: random.Random) -> Told:
    """Only the units tell the register from the power (E7)."""
    samples = [[one | {"measurand": None} for one in moment.samples] for moment in told.moments]
    return replace(told, moments=[replace(one, samples=told) for one, told in zip(told.moments, samples, strict=True)])


def per_phase(told: Told, chance: random.Random) -> Told:
    return replace(told, moments=[replace(one, samples=_in_phases(one.samples)) for one in told.moments])


def an_element_for_each_sample(told: Told, chance: random.Random) -> Told:
    """One moment in several meterValue elements: the total first, then the phases (E6)."""
    moments = [
        replace(moment, samples=[sample])
        for moment in told.moments
        for sample in moment.samples + _in_phases(moment.samples)
    ]
    return replace(told, moments=moments)


def _in_phases(samples: list[Sample]) -> list[Sample]:
    return [
        sample | {"phase": phase, "value": f"{float(sample['value']) * share:.10g}"}
        for sample in samples
        for phase, share in (("L1", 0.5), ("L2", 0.25), ("L3", 0.25))
    ]


# Values that are missing, repeated, late


def values_dropped(told: Told, chance: random.Random) -> Told:
    return replace(told, moments=[one for one in told.moments if chance.random() < 0.4])


def values_twice(told: Told, chance: random.Random) -> Told:
    return replace(told, moments=[one for moment in told.moments for one in (moment, moment)])


def values_late(told: Told, chance: random.Random) -> Told:
    return replace(told, moments=sorted(told.moments, key=lambda _: chance.random()))


def no_values(told: Told, chance: random.Random) -> Told:
    return replace(told, moments=[])


def no_power(told: Told, chance: random.Random) -> Told:
    moments = [replace(one, samples=one.samples[:1]) for one in told.moments]
    return replace(told, moments=moments)


def no_registers(told: Told, chance: random.Random) -> Told:
    return replace(told, moments=_registers(told, lambda *_: None))


def power_always_zero(told: Told, chance: random.Random) -> Told:
    return replace(told, moments=_each(told, POWER, value="0"))


def register_read_seldom(told: Told, chance: random.Random) -> Told:
    """The meter is read every tenth time; in between its last value is repeated."""
    last: list[float] = [_ends(told)[0]]

    def read(index: int, wh: float) -> float:
        if index % 10 == 9:
            last[0] = wh
        return last[0]

    return replace(told, moments=_registers(told, read))


def times_in_whole_minutes(told: Told, chance: random.Random) -> Told:
    return replace(told, moments=[replace(one, at_s=one.at_s // 60 * 60) for one in told.moments])


def missing_start(told: Told, chance: random.Random) -> Told:
    return replace(told, start=chance.choice((None, -1, "?", 10**30)))


def missing_stop(told: Told, chance: random.Random) -> Told:
    return replace(told, stop=chance.choice((None, -1, "?", 10**30)))


def only_power_and_no_ends(told: Told, chance: random.Random) -> Told:
    return replace(no_registers(told, chance), start=0, stop=0) if told.moments else told


# Registers that fall, jump, stray


def reset_to_zero(told: Told, chance: random.Random) -> Told:
    """The counter begins anew at some value, and so the stop counts from there."""
    if not told.moments:
        return told
    at = chance.randrange(len(told.moments))
    base = float(told.moments[at].samples[0]["value"])
    moments = _registers(told, lambda index, wh: wh if index < at else wh - base)
    return replace(told, moments=moments, stop=round(_ends(told)[1] - base))


def reset_between_values(told: Told, chance: random.Random) -> Told:
    """The same, somewhere between two values."""
    if not told.moments:
        return told
    at = chance.randrange(len(told.moments))
    after = float(told.moments[at].samples[0]["value"])
    before = float(told.moments[at - 1].samples[0]["value"]) if at else _ends(told)[0]
    base = chance.uniform(before, after)
    moments = _registers(told, lambda index, wh: wh if index < at else round(wh - base))
    return replace(told, moments=moments, stop=round(_ends(told)[1] - base))


def outlier(told: Told, chance: random.Random) -> Told:
    """One value that is wrong: zero, far too high, a little off."""
    if not told.moments:
        return told
    at = chance.randrange(len(told.moments))
    kind = chance.randrange(5)

    def stray(index: int, wh: float) -> float:
        if index != at:
            return wh
        return (0, wh * 10, wh + chance.randint(1, 5000), max(0, wh - chance.randint(1, 5000)), 4_294_967_295)[kind]

    return replace(told, moments=_registers(told, stray))


def jump(told: Told, chance: random.Random) -> Told:
    """From some value on the register is higher by far more than can have flowed."""
    if not told.moments:
        return told
    at = chance.randrange(len(told.moments))
    by = chance.choice((2, 5, 100)) * (1000 + round(told.supply.limit_w * told.length_s / 3600))
    moments = _registers(told, lambda index, wh: wh if index < at else wh + by)
    return replace(told, moments=moments, stop=_ends(told)[1] + by)


def stop_jumps(told: Told, chance: random.Random) -> Told:
    return replace(told, stop=_ends(told)[1] + 2_000_000)


def stop_below_start(told: Told, chance: random.Random) -> Told:
    start, _ = _ends(told)
    return replace(told, stop=round(start * chance.uniform(0, 0.9)))


def all_zero(told: Told, chance: random.Random) -> Told:
    """The values are always 0; start and stop are right."""
    return replace(told, moments=_registers(told, lambda *_: 0))


# Two registers


def values_from_zero(told: Told, chance: random.Random) -> Told:
    """Start and stop are of the lifetime register, the values begin at zero with the session (Grizzl-E, Growatt)."""
    start, _ = _ends(told)
    return replace(told, moments=_registers(told, lambda _, wh: wh - start))


def ends_from_zero(told: Told, chance: random.Random) -> Told:
    """The mirror: start and stop count the session, the values are of the lifetime register."""
    start, stop = _ends(told)
    return replace(told, start=0, stop=stop - start)


def start_of_zero(told: Told, chance: random.Random) -> Told:
    """Only the start is 0, everything else is of the lifetime register (evcc#29654)."""
    return replace(told, start=0)


def all_but_the_start_from_zero(told: Told, chance: random.Random) -> Told:
    start, stop = _ends(told)
    return replace(values_from_zero(told, chance), stop=stop - start)


def stop_of_zero(told: Told, chance: random.Random) -> Told:
    start, stop = _ends(told)
    return replace(told, stop=stop - start)


def second_register(told: Told, chance: random.Random) -> Told:
    """The register of the house comes in between, with or without the transaction's id (lb#374)."""
    base, share, by_id = chance.randrange(3_000_000, 90_000_000), chance.uniform(1, 3), chance.random() < 0.5
    moments = []
    for moment in told.moments:
        moments.append(moment)
        if chance.random() < 0.5:
            wh = base + (float(moment.samples[0]["value"]) - _ends(told)[0]) * share
            moments.append(Moment(moment.at_s + 1, [moment.samples[0] | {"value": f"{wh:.10g}"}], by_id))
    return replace(told, moments=moments)


def begin_sample_in_each(told: Told, chance: random.Random) -> Told:
    """The register of the begin comes in each message, named so (Growatt Thor, Project EV)."""
    begin = {"value": str(told.start), "measurand": REGISTER, "unit": "Wh", "context": "Transaction.Begin"}
    return replace(told, moments=[replace(one, samples=[begin, *one.samples]) for one in told.moments])


def begin_sample_between(told: Told, chance: random.Random) -> Told:
    """The same in messages of its own, and not named."""
    begin = {"value": str(told.start), "measurand": REGISTER, "unit": "Wh"}
    moments = [one for moment in told.moments for one in (moment, Moment(moment.at_s + 1, [begin]))]
    return replace(told, moments=moments)


def body_only(told: Told, chance: random.Random) -> Told:
    moments = _each(replace(told, moments=_each(told, REGISTER, location="Body")), POWER, location="Body")
    return replace(told, moments=moments, stop=None)


def car_tells_too(told: Told, chance: random.Random) -> Told:
    """The car tells an energy of its own, which is not what we sell."""
    moments = [
        replace(one, samples=[*one.samples, one.samples[0] | {"value": "77000", "location": "EV"}])
        for one in told.moments
    ]
    return replace(told, moments=moments)


HARMLESS: tuple[Mangling, ...] = (
    nothing,
    rounded_to_kwh,
    rounded_to_ten_wh,
    decimal_comma,
    ends_as_text,
    ends_with_fractions,
    without_measurand,
    per_phase,
    an_element_for_each_sample,
    values_twice,
    values_late,
    no_values,
    no_power,
    no_registers,
    times_in_whole_minutes,
    begin_sample_in_each,
    second_register,
    car_tells_too,
)
"""The energy is certain all the same: a session like these is not held."""

DOUBTFUL: tuple[Mangling, ...] = (
    kwh_as_wh,
    values_in_kwh_as_wh,
    values_in_wh_as_kwh,
    power_in_kw_as_w,
    rounded_up_to_kwh_in_wh,
    power_always_zero,
    register_read_seldom,
    begin_sample_between,
    values_dropped,
    missing_start,
    missing_stop,
    only_power_and_no_ends,
    reset_to_zero,
    reset_between_values,
    outlier,
    jump,
    stop_jumps,
    stop_below_start,
    all_zero,
    values_from_zero,
    ends_from_zero,
    start_of_zero,
    all_but_the_start_from_zero,
    stop_of_zero,
    body_only,
)
"""The energy is found, or the session is held; which of the two depends on what else was told."""

OLD_METER: frozenset[Mangling] = frozenset(
    (reset_to_zero, reset_between_values, start_of_zero, all_but_the_start_from_zero, stop_of_zero, stop_below_start)
)
"""To be seen, these need a meter that has counted more than can flow between two values."""
