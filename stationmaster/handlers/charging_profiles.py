"""What is said of charging profiles in every version: what a schedule becomes for a station, and what answers mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

import msgspec

from stationmaster.domain import charging_profiles, commands, composites
from stationmaster.domain import limits as domain_limits
from stationmaster.domain.charging_profiles import ChargingProfile, Fitted, Period, Purpose, Unit
from stationmaster.domain.commands import Answer
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.stations import Station
from stationmaster.handlers import words
from stationmaster.ocpp.messages import parse_time
from stationmaster.storage import Work

T = TypeVar("T")

UNITS: dict[str, Unit] = {"a": "A", "current": "A", "w": "W", "power": "W"}
KINDS = {"absolute": "Absolute", "recurring": "Recurring", "relative": "Relative", "dynamic": "Dynamic"}
_KINDS = {theirs: ours for ours, theirs in KINDS.items()}
RECURRENCIES: dict[str, Literal["Daily", "Weekly"]] = {"daily": "Daily", "weekly": "Weekly"}
_RECURRENCIES: dict[str, str] = {theirs: ours for ours, theirs in RECURRENCIES.items()}


class PeriodTold(Protocol):
    """A period, in any version."""

    @property
    def start_period(self) -> int: ...
    @property
    def limit(self) -> float | None: ...
    @property
    def number_phases(self) -> int | None: ...


class CompositeTold(NamedTuple):
    """What a charger says will be in force, in its version's words."""

    evse: int
    starts_at: str | None
    duration_s: int
    unit: str
    periods: Sequence[PeriodTold]


def with_start(work: Work, profile: ChargingProfile) -> ChargingProfile:
    """Whatever is absolute says when it begins (K01.FR.41, P-11)."""
    if profile.kind == "absolute" and profile.starts_at is None:
        return msgspec.structs.replace(profile, starts_at=work.now)
    return profile


def number_for(work: Work, station: Station, profile: ChargingProfile, *, evse: int | None, session: str | None) -> int:
    """Its own; else that of the one it takes the place of, or a new one."""
    if profile.id is not None:
        return profile.id
    there = None
    if evse is not None:
        there = charging_profiles.number_at(work, station, evse=evse, profile=profile, session=session)
    return there or commands.new_request_id()


def units_of(told: str | None) -> frozenset[Unit]:
    """`Current,Power`, `A,W`, `W`: what stations call the units they take. Nothing where that is not known."""
    return frozenset(UNITS[each.lower()] for each in words.listed(told) if each.lower() in UNITS)


def fitted(profile: ChargingProfile, units: frozenset[Unit], longest: float | None, level: float | None) -> Fitted:
    """The schedule as this station takes it. Raises `Invalid` for a stack level it does not have."""
    if level is not None and profile.stack_level > level:
        raise Invalid("profile.stack_level", "this charger has the levels 0 to {most}", most=int(level))
    return charging_profiles.fit(profile, units=units, longest=longest)


def answered(
    work: Work,
    station: Station,
    command: commands.SetChargingProfile,
    status: str,
    *,
    number: int,
    sent: ChargingProfile,
    fitted: Fitted,
    units: frozenset[Unit],
    unit_setting: str,
    reason: str | None = None,
    lacking: str | None = None,
) -> Answer:
    """What the answer means. A refusal says what is known of the units, for those are the usual reason (S-06)."""
    answer = words.answer(status, reason)
    if answer.outcome == "accepted":
        charging_profiles.accepted(work, station, evse=command.evse, number=number, profile=sent)
        sentence = " ".join([f"The charger has taken it as profile {number}.", *fitted.remarks])
        return Answer("accepted", sentence, {"id": number, "profile": msgspec.to_builtins(sent)})
    said = [answer.words]
    if lacking is not None:
        said.append(lacking)
    if not units:
        said.append(f"Whether it takes amperes or watts is not known: read its setting {unit_setting}.")
    elif len(units) == 2:
        said.append("It says that it takes limits in amperes and in watts, so the unit is not the reason.")
    else:
        said.append(f"It says that it takes limits in {next(iter(units))} only, and that is how it was asked.")
    return Answer(answer.outcome, " ".join(said))


def cleared(work: Work, station: Station, command: commands.ClearChargingProfile, status: str) -> Answer:
    """What the answer to a removal means; when it knows none, it has none."""
    charging_profiles.cleared(
        work, station, number=command.id, evse=command.evse, purpose=command.purpose, stack_level=command.stack_level
    )
    if status == "Accepted":
        return Answer("accepted", "The charger has removed them.")
    return Answer("not_found", "The charger has no such profile.")


def composite(
    work: Work,
    station: Station,
    command: commands.GetCompositeSchedule,
    status: str,
    told: CompositeTold | None,
    reason: str | None = None,
) -> Answer:
    """The limits that the charger says will be in force, as a table of numbers, and what they are beside what was set here."""
    if status != "Accepted":
        return words.answer(status, reason)
    evse = command.evse if told is None else told.evse
    limits = [] if told is None else periods_told(told.periods)
    starts_at = None if told is None else parse_time(told.starts_at)
    duration_s = command.duration_s if told is None else told.duration_s
    unit: Unit = "W" if told is not None and told.unit == "W" else "A"
    found = domain_limits.compared(
        work, station, evse=evse, starts_at=starts_at, duration_s=duration_s, unit=unit, periods=limits
    )
    compared = {"compared": msgspec.to_builtins(found)}
    if told is None or not limits:
        said = ["The charger has named no limits."]
        if any(each.asked is not None for each in found):
            said.append(composites.sentence(found))
        return Answer("accepted", " ".join(said), compared)
    lowest, highest = min(each.limit for each in limits), max(each.limit for each in limits)
    holds = f"{lowest:g} {unit}" if lowest == highest else f"between {lowest:g} and {highest:g} {unit}"
    schedule = {"evse": evse, "starts_at": told.starts_at, "duration_s": duration_s, "unit": unit}
    sentence = " ".join(filter(None, (f"The limit is {holds}.", composites.sentence(found))))
    return Answer("accepted", sentence, schedule | {"periods": msgspec.to_builtins(limits)} | compared)


def periods_told(periods: Sequence[PeriodTold]) -> list[Period]:
    return [
        Period(max(0, each.start_period), max(0.0, float(each.limit or 0)), _phases(each.number_phases))
        for each in periods
    ]


def kind_of(profile: ChargingProfile, version: str) -> Any:
    """The version's word for the kind of a profile. Raises `Conflict` where it has none."""
    if profile.kind == "dynamic" and version != "2.1":
        raise Conflict("OCPP {version} has no dynamic profiles", version=version)
    return KINDS[profile.kind]


def kind_told(told: str) -> Any:
    return _KINDS.get(told, "absolute")


def recurrency_told(told: str | None) -> Any:
    return _RECURRENCIES.get(told or "")


def must_have(purposes: Mapping[Purpose, T], purpose: Purpose, version: str) -> T:
    """The version's word for a purpose. Raises `Conflict` where it has none."""
    if purpose not in purposes:
        raise Conflict("OCPP {version} has no profiles for {purpose}", version=version, purpose=purpose)
    return purposes[purpose]


def _phases(told: int | None) -> int | None:
    return told if told is not None and 1 <= told <= 3 else None


def as_sent(
    profile: ChargingProfile,
    number: int,
    unit: Unit,
    periods: Sequence[PeriodTold],
    start: str | None,
    transaction: str | int | None,
) -> ChargingProfile:
    """What was asked for, with the unit, the periods, the start and the name of the session with which it was sent."""
    session = None if transaction is None else str(transaction)
    told = {"unit": unit, "periods": periods_told(periods), "starts_at": parse_time(start), "session": session}
    return msgspec.structs.replace(profile, id=number, **told)
