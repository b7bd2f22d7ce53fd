"""From the points of a session to its energy: gather, find, doubt, in this order (decision 0014)."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from stationmaster.domain.energy.plain import plain_wh
from stationmaster.domain.energy.power import EDGE_S, SLACK_WH, Flow, Told, flow
from stationmaster.domain.energy.tracks import Reading, Track, common_digit, continuous, step, tolerance
from stationmaster.domain.energy.words import Energy, LeftOut, Point, Proposal, Step

_ABSURD = Decimal(10) ** 12
_BEGIN, _END = "Transaction.Begin", "Transaction.End"
_PREFERENCE = (None, "Outlet", "Cable", "Body", "Inlet")  # where a meter sits that tells what the car took
_MINUTE_S = 60.0
_NEAR = 0.05  # two registers that count the same agree within this
_NEAR_WH = 100.0
_SCALES = (1.0, 1000.0, 0.001)  # as told; kWh told as Wh; Wh told as kWh


class _Session(msgspec.Struct, frozen=True, gc=False):
    """Everything that was told, in order."""

    start: Reading | None
    stop: Reading | None
    tracks: list[Track]
    flow: Flow
    powers: list[Point]
    left_out: list[LeftOut]
    elsewhere: bool  # no register was told at the outlet

    @property
    def length_s(self) -> float:
        return self.flow.length_s


class _Found(msgspec.Struct, gc=False):
    """An answer: the energy, and the readings it came from, each with what had been taken by then."""

    wh: float | None
    flags: list[str] = msgspec.field(default_factory=list)
    chain: list[tuple[Reading, float]] = msgspec.field(default_factory=list)
    proposals: list[Proposal] = msgspec.field(default_factory=list)
    by_power: bool = False

    @property
    def exact_wh(self) -> Decimal | None:
        return None if self.wh is None else _decimal(self.wh)

    @property
    def all_flags(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.flags))


def of_session(
    start_wh: Decimal | None,
    points: Sequence[Point],
    stop_wh: Decimal | None,
    *,
    started_at: datetime,
    stopped_at: datetime | None = None,
    clock: bool = True,
    rated_w: float | None = None,
    reasons: bool = True,
) -> Energy:
    """The energy of a session, never negative; of one that still runs when `stopped_at` and `stop_wh` are None.

    `clock`: are the station's times to be believed? `rated_w` is what the connector can deliver, where it is known. Who asks for
    no `reasons` gets the figures and the flags only: no series, nothing of what was used, left out or proposed.
    """
    if not reasons and clock and stopped_at is not None:
        plain = plain_wh(start_wh, points, stop_wh, started_at=started_at, stopped_at=stopped_at, rated_w=rated_w)
        if plain is not None:
            return Energy(_decimal(plain), stop_wh)
    session = _gathered(start_wh, points, stop_wh, started_at, stopped_at, clock, rated_w)
    if session.start is not None and session.stop is not None:
        found = _between(session, session.start, session.stop)
    elif session.start is not None:
        found = _without_stop(session, session.start)
    else:
        found = _without_start(session, session.stop)
    if session.start is None or session.stop is None:
        found.flags.insert(0, "estimated")
    _doubt(session, found)
    if not reasons:
        wh, flags = found.exact_wh, found.all_flags
        return Energy(wh, _last_register(session, found), flags, held=wh is None or bool(flags))
    return _told(session, found, started_at, stopped_at)


# Gather


def _gathered(
    start_wh: Decimal | None,
    points: Sequence[Point],
    stop_wh: Decimal | None,
    started_at: datetime,
    stopped_at: datetime | None,
    clock: bool,
    rated_w: float | None,
) -> _Session:
    if stopped_at is None:
        stopped_at = max((point.at for point in points), default=started_at)
    length_s = max(0.0, (stopped_at - started_at).total_seconds())
    start = _end(start_wh, started_at, 0.0)
    stop = _end(stop_wh, stopped_at, length_s)
    left_out: list[LeftOut] = []
    told_at = {point.location for point in points if _is_register(point.energy_wh)}
    best = min(map(_rank, told_at), default=0)
    used_at = {location for location in told_at if _rank(location) == best}
    readings: list[Reading] = []
    powers: list[Point] = []
    watts: list[Told] = []
    for point in points:
        t = (point.at - started_at).total_seconds()
        if point.power_w is not None:
            powers.append(point)
            watts.append(_power(point, t, length_s))
        if point.energy_wh is None:
            continue
        if not _is_register(point.energy_wh):
            left_out.append(LeftOut(point.at, point.energy_wh, "unusable"))
        elif point.location not in used_at:
            left_out.append(LeftOut(point.at, point.energy_wh, "elsewhere"))
        else:
            readings.append(Reading(t, float(point.energy_wh), point, float(point.resolution_wh or 1)))
    readings = _in_order(readings) if clock else readings
    readings = list(_without_repeated_begin(readings, start, left_out))
    digit = common_digit(readings)
    if digit > 1:
        readings = [Reading(one.t, one.wh, one.point, max(digit, one.last_digit_wh)) for one in readings]
    flowed = flow(
        watts, length_s=length_s, clock=clock, rated_w=rated_w, difference_wh=_difference(start, stop, readings)
    )
    return _Session(
        start=start,
        stop=stop,
        tracks=continuous(readings, flowed.step_wh),
        flow=flowed,
        powers=powers,
        left_out=left_out,
        elsewhere=best > 0,
    )


def _end(wh: Decimal | None, at: datetime, t: float) -> Reading | None:
    return Reading(t, float(wh), Point(at, wh)) if wh is not None and _is_register(wh) else None


def _is_register(wh: Decimal | None) -> bool:
    """A register counts up from zero; anything else is none."""
    return wh is not None and 0 <= wh < _ABSURD


def _rank(location: str | None) -> int:
    if location is None or location == "Outlet":
        return 0
    return _PREFERENCE.index(location) if location in _PREFERENCE else len(_PREFERENCE)


def _in_order(readings: list[Reading]) -> list[Reading]:
    """By time; as they came, where the register then falls less often (a clock that was set on the way)."""
    by_time = sorted(readings, key=_time_and_register)
    if by_time == readings:
        return readings
    return readings if _falls(readings) < _falls(by_time) else by_time


_time_and_register = operator.attrgetter("t", "wh")


def _falls(readings: list[Reading]) -> int:
    return sum(after.wh < before.wh for before, after in itertools.pairwise(readings))


def _without_repeated_begin(
    readings: list[Reading], start: Reading | None, left_out: list[LeftOut]
) -> Iterable[Reading]:
    """Without the register of the begin where it is told once more, under its own name or after the register had risen."""
    highest = 0.0
    for index, one in enumerate(readings):
        again = start is not None and 0 < start.wh == one.wh < highest
        if again or (index and one.point.context == _BEGIN):
            left_out.append(_leave_out(one, "begin_again"))
        else:
            highest = max(highest, one.wh)
            yield one


def _power(point: Point, t: float, length_s: float) -> Told:
    edge = point.context in (_BEGIN, _END) or not EDGE_S <= t <= length_s - EDGE_S
    return Told(t, float(point.power_w or 0), edge)


def _difference(start: Reading | None, stop: Reading | None, readings: list[Reading]) -> float | None:
    first, last = start or next(iter(readings), None), stop or next(reversed(readings), None)
    return None if first is None or last is None else last.wh - first.wh


# Find


def _between(session: _Session, start: Reading, stop: Reading) -> _Found:
    """Both ends are known: is their difference the energy?"""
    difference = stop.wh - start.wh
    if abs(difference) <= tolerance(start, stop) and session.flow.estimate_wh:
        return _by_power(session, ["estimated"])  # the register stands still while power flows
    if step(start, stop, session.flow.total_wh) is None:
        return _broken(session, start, stop)
    through = [track for track in session.tracks if _joins(session, start, track) and _reaches(session, track, stop)]
    if through:
        track = max(through, key=lambda track: len(track.readings))
        found = _Found(max(0.0, difference), chain=_chain([start, *track.readings, stop]))
        found.flags += _ambiguities(session, found.chain, track)
        if "register_jump" in found.flags:
            return _Found(None, found.flags, proposals=_proposals(session, start, stop))
        return found
    return _with_values_of_another_register(session, start, stop)


def _with_values_of_another_register(session: _Session, start: Reading, stop: Reading) -> _Found:
    """The ends fit each other, but not the values between them. What do those say?"""
    energy = max(0.0, stop.wh - start.wh)
    witnesses = []
    for track in session.tracks:
        apart = not _reaches(session, track, stop) and not _joins(session, start, track)
        if apart and track.stands_still:
            continue  # an outlier, or a meter that is dead: it says nothing
        scale = _agreement(session, track, energy, strict=not apart)
        if scale is None or (scale == 1 and _goes_on(session, track, stop)):
            return _reset(session, start, stop) or _contradicted(session, start, stop)
        witnesses.append((track, scale))
    if not witnesses:
        return _Found(energy, chain=_chain([start, stop]))
    track, scale = max(witnesses, key=lambda witness: len(witness[0].readings))
    base = track.first.wh
    if _from_zero(session, track, 0.0, start.wh) and scale == 1:
        base = 0.0
    along = [(one, (one.wh - base) * scale) for one in track.readings]
    return _Found(energy, chain=[(start, 0.0), *along, (stop, energy)])


def _goes_on(session: _Session, track: Track, stop: Reading) -> bool:
    """Might it be the register of the stop after all, which began again after the start?"""
    return track.last.wh <= stop.wh and _within(track.last, stop, _brisk_w(session, track.readings))


def _agreement(session: _Session, track: Track, energy: float, *, strict: bool) -> float | None:
    """By which scale this register says the same as the ends do; None when by none.

    It may say less: what flowed before its first and after its last value. `strict` wants half of the energy at least, for a
    register that might as well be the one of the ends after a reset.
    """
    outside_s = (track.first.t, session.length_s - track.last.t)
    outside_wh = sum(session.flow.step_wh(seconds) for seconds in outside_s)
    said = [(track.growth_wh, 1.0)]
    if track.first.wh <= session.flow.step_wh(track.first.t):
        said.append((track.last.wh, 1.0))
    said += [(track.growth_wh * scale, scale) for scale in _SCALES[1:]]
    for wh, scale in said:
        near = max(_NEAR_WH, energy * _NEAR, tolerance(track.first, track.last) * scale)
        if wh - near <= energy <= wh + near + outside_wh and (wh >= energy / 2 or not (strict or scale != 1)):
            return scale
    return None


def _contradicted(session: _Session, start: Reading, stop: Reading) -> _Found:
    if any(_joins(session, start, track) and track.last.wh > stop.wh for track in session.tracks):
        return _Found(stop.wh - start.wh, ["register_rollback"], _chain([start, stop]))
    jumped = any(_joins(session, start, track) for track in session.tracks) or any(
        _reaches(session, track, stop) for track in session.tracks
    )
    found = _Found(None, ["register_jump" if jumped else "registers_disagree"])
    found.proposals = _proposals(session, start, stop)
    return found


def _broken(session: _Session, start: Reading, stop: Reading) -> _Found:
    """The ends do not fit: the register fell between them, or rose by more than can have flowed."""
    fell = stop.wh < start.wh
    if fell and (found := _reset(session, start, stop)) is not None:
        return found
    found = _Found(None, ["register_rollback" if fell else "register_jump"])
    found.proposals = _proposals(session, start, stop)
    return found


def _without_stop(session: _Session, start: Reading) -> _Found:
    """No end was told, or the session still runs: up to the last value of the register that the start belongs to."""
    if not session.tracks:
        return _by_power(session)
    chain, resets = _chain_of_resets(session, start, None)
    if len(chain) == 1 and session.elsewhere:
        # Another meter of the charger, which says nothing of where the session began but how much flowed since.
        track = max(session.tracks, key=lambda track: len(track.readings))
        return _Found(track.growth_wh, chain=_chain(track.readings))
    if len(chain) == 1:
        found = _by_power(session)
        found.proposals = _proposals(session, start, None)
        if found.wh is None:
            found.flags.append("register_jump" if session.tracks[0].first.wh > start.wh else "register_rollback")
        return found
    wh = chain[-1][1]
    if wh <= 1 and session.flow.estimate_wh:
        return _by_power(session)
    found = _Found(wh, ["register_reset"] if resets else [], chain)
    if not resets:
        used = {id(one) for one, _ in chain}
        track = next(track for track in session.tracks if id(track.last) in used)
        found.flags += _ambiguities(session, chain, track)
    return found


def _without_start(session: _Session, stop: Reading | None) -> _Found:
    """No begin was told: from the first value on, if the charger says that it is of the begin."""
    tracks = [track for track in session.tracks if stop is None or _reaches(session, track, stop)]
    track = max(tracks, key=lambda track: len(track.readings), default=None)
    if track is not None and track.first.point.context == _BEGIN:
        chain = _chain([*track.readings, stop] if stop is not None else track.readings)
        return _Found(chain[-1][1], chain=chain)
    found = _by_power(session)
    found.proposals = _proposals(session, None, stop)
    return found


def _by_power(session: _Session, flags: Sequence[str] = ()) -> _Found:
    estimate = session.flow.estimate_wh
    return _Found(float(round(estimate)) if estimate else None, list(flags), by_power=bool(estimate))


def _reset(session: _Session, start: Reading, stop: Reading) -> _Found | None:
    chain, resets = _chain_of_resets(session, start, stop)
    if not resets or chain[-1][0] is not stop:
        return None
    found = _Found(chain[-1][1], ["register_reset"], chain)
    difference = stop.wh - start.wh
    if difference >= 0:
        found.proposals = [Proposal(_decimal(difference), "difference")]
    return found


def _chain_of_resets(
    session: _Session, start: Reading, stop: Reading | None
) -> tuple[list[tuple[Reading, float]], int]:
    """The register of the start, and those that begin near zero after it has ended, one after the other."""
    chain, resets, since = [(start, 0.0)], 0, 0.0
    joined = [track for track in session.tracks if _joins(session, start, track)]
    first = max(joined, key=lambda track: (track.first.point.by_id, len(track.readings)), default=None)
    rest = sorted((track for track in session.tracks if track is not first), key=lambda track: track.first.t)
    for track in [first, *rest] if first is not None else rest:
        last = chain[-1][0]
        if track is first:
            base = start.wh
        elif track.first.t >= last.t and _from_zero(session, track, last.t, last.wh):
            since, base, resets = chain[-1][1], 0.0, resets + 1
        else:
            continue
        chain += [(one, since + max(0.0, one.wh - base)) for one in track.readings]
    last, so_far = chain[-1]
    if stop is not None and step(last, stop, session.flow.step_wh(stop.t - last.t)) is not None:
        chain.append((stop, so_far + max(0.0, stop.wh - last.wh)))
    return chain, resets


def _from_zero(session: _Session, track: Track, since_s: float, before_wh: float) -> bool:
    """Can this register have begun at zero at that time, below where another one stood?"""
    return track.first.wh < before_wh and track.first.wh <= session.flow.step_wh(track.first.t - since_s)


def _joins(session: _Session, start: Reading, track: Track) -> bool:
    return step(start, track.first, session.flow.step_wh(track.first.t - start.t)) is not None


def _reaches(session: _Session, track: Track, stop: Reading) -> bool:
    return step(track.last, stop, session.flow.step_wh(stop.t - track.since_s)) is not None


def _chain(readings: Sequence[Reading]) -> list[tuple[Reading, float]]:
    return [(one, max(0.0, one.wh - readings[0].wh)) for one in readings]


def _ambiguities(session: _Session, chain: list[tuple[Reading, float]], used: Track) -> list[str]:
    """Were the values that stand apart perhaps the register itself, which fell? One that it cannot have reached was not."""
    on_the_way = [one for one, _ in chain]
    flags = []
    for track in session.tracks:
        if track is used:
            continue
        before = [one for one in on_the_way if one.t <= track.first.t]
        after = [one for one in on_the_way if one.t >= track.last.t]
        if len(before) + len(after) < len(on_the_way) or not before or not after:
            continue  # told in turns with the other: a meter of its own
        if before[-1] is after[0]:
            after = after[1:] or after
        low, high = before[-1], after[0]
        brisk_w = _brisk_w(session, on_the_way)
        dips = track.first.wh < low.wh - tolerance(low, track.first)
        if dips and _within(track.last, high, brisk_w):
            flags.append("register_reset" if track.first.wh < low.wh / 2 else "register_rollback")
        elif not dips and track.last.wh > high.wh and _within(low, track.first, brisk_w):
            flags.append("register_rollback")
        elif not dips and track.last.wh <= high.wh and _within(track.last, high, session.flow.w):
            flags.append("register_jump")  # it goes on from there, only the step up to it is too large
    return list(dict.fromkeys(flags))


def _brisk_w(session: _Session, readings: list[Reading]) -> float:
    """What the car drew at its best, with room: what was told, or twice what the register shows."""
    seen = [
        (after.wh - before.wh) / (after.t - before.t) * 3600
        for before, after in itertools.pairwise(readings)
        if after.t - before.t >= _MINUTE_S
    ]
    highest = max((float(point.power_w or 0) for point in session.powers), default=0.0)
    return max(highest * 1.25, 2 * max(seen, default=session.flow.w))


def _within(before: Reading, after: Reading, watts: float) -> bool:
    rise = after.wh - before.wh
    return 0 <= rise <= watts * max(after.t - before.t, _MINUTE_S) / 3600 + tolerance(before, after)


# Doubt


def _doubt(session: _Session, found: _Found) -> None:
    """Hold the answer against power × time (the second witness) and against what the connector can deliver at all."""
    wh, expected = found.wh, session.flow.by_time_wh
    if wh is None or found.by_power:
        return
    if wh > session.flow.total_wh:
        found.flags.append("register_jump")
        found.wh = None
        found.proposals = _proposals(session, session.start, session.stop)
    elif wh and expected > 500 and expected / 2 < wh * 1000 < expected * 2 and wh * 2 < expected:
        found.flags.append("unit_suspect")
        found.proposals.append(Proposal(_decimal(wh * 1000), "kwh"))
    elif session.flow.is_witness and not _near(wh, expected, session.flow.doubt):
        rising = sum(after > before for (_, before), (_, after) in itertools.pairwise(found.chain))
        if expected == 0 and rising >= 3:
            return  # a charger that always tells 0 W measures no power
        found.flags.append("power_disagrees")
        found.proposals.append(Proposal(_decimal(round(expected)), "power"))


def _near(wh: float, expected: float, factor: float) -> bool:
    return expected / factor - SLACK_WH <= wh <= expected * factor + SLACK_WH


def _proposals(session: _Session, start: Reading | None, stop: Reading | None) -> list[Proposal]:
    """What it may have been, the likeliest first; only what can have flowed."""
    able = session.flow.total_wh
    proposals = []
    track = max(session.tracks, key=lambda track: len(track.readings), default=None)
    if track is not None:
        if start is not None and _joins(session, start, track):
            proposals.append((track.last.wh - start.wh, "start_to_last"))
        elif len(track.readings) > 1:
            proposals.append((track.growth_wh, "values"))
        if stop is not None and _reaches(session, track, stop):
            proposals.append((stop.wh - track.first.wh, "first_to_stop"))
    proposals.append((round(session.flow.by_time_wh), "power"))
    if session.flow.rated and session.flow.clock:
        proposals.append((round(session.flow.w * session.length_s / 3600), "rated"))
    if start is not None and stop is not None:
        proposals.append((stop.wh - start.wh, "difference"))
        if stop.wh < start.wh:
            proposals.append((stop.wh, "stop"))
    found: dict[Decimal, Proposal] = {}
    for wh, how in proposals:
        if 0 < wh <= able:
            found.setdefault(_decimal(wh), Proposal(_decimal(wh), how))
    return list(found.values())


# Tell


def _told(session: _Session, found: _Found, started_at: datetime, stopped_at: datetime | None) -> Energy:
    wh, flags = found.exact_wh, found.all_flags
    used = {id(one) for one, _ in found.chain} if wh is not None else set()
    left_out = list(session.left_out)
    for track in session.tracks:
        why = "outlier" if len(track.readings) == 1 else "other_register"
        left_out += [_leave_out(one, why) for one in track.readings if id(one) not in used]
    return Energy(
        wh=wh,
        stop_wh=_last_register(session, found),
        flags=flags,
        held=wh is None or bool(flags),
        series=() if wh is None else _series(session, found, wh, started_at, stopped_at),
        used=tuple(one.point for one, _ in found.chain) if wh is not None else (),
        left_out=tuple(sorted(left_out, key=lambda one: one.at)),
        proposals=tuple(one for one in found.proposals if one.wh != wh),
    )


def _last_register(session: _Session, found: _Found) -> Decimal | None:
    """What the meter showed at the end."""
    if session.stop is not None:
        return session.stop.point.energy_wh
    last = found.chain[-1][0].point.energy_wh if found.chain else None
    return session.tracks[-1].last.point.energy_wh if last is None and session.tracks else last


def _series(
    session: _Session, found: _Found, wh: Decimal, started_at: datetime, stopped_at: datetime | None
) -> tuple[Step, ...]:
    """Never falls, and ends with the headline."""
    if found.by_power:
        taken = _by_power_so_far(session, float(wh), started_at, stopped_at)
    else:
        taken = [(one.point.at, so_far) for one, so_far in found.chain]
    steps: list[Step] = []
    highest = Decimal(0)
    for at, so_far in taken:
        highest = max(highest, min(_decimal(so_far), wh))
        if steps and at <= steps[-1].at:
            steps[-1] = Step(steps[-1].at, highest)
        else:
            steps.append(Step(at, highest))
    if steps and steps[-1].wh != wh:
        steps[-1] = Step(steps[-1].at, wh)
    return tuple(steps)


def _by_power_so_far(
    session: _Session, wh: float, started_at: datetime, stopped_at: datetime | None
) -> list[tuple[datetime, float]]:
    points = sorted(session.powers, key=lambda point: point.at)
    taken = [(started_at, 0.0)]
    areas = [
        max(0.0, float((before.power_w or 0) + (after.power_w or 0))) * (after.at - before.at).total_seconds()
        for before, after in itertools.pairwise(points)
    ]
    whole, so_far = sum(areas) or 1.0, 0.0
    for point, area in zip(points[1:], areas, strict=True):
        so_far += area
        taken.append((point.at, wh * so_far / whole))
    return [*taken, (stopped_at or points[-1].at, wh)]


def _leave_out(reading: Reading, why: str) -> LeftOut:
    assert reading.point.energy_wh is not None
    return LeftOut(reading.point.at, reading.point.energy_wh, why)


def _decimal(wh: float) -> Decimal:
    """Back to exact: registers have three digits behind the point at the most."""
    value = Decimal(round(wh * 1000)) / 1000
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
