"""Block K, smart charging: what limits a charger, and what a car wants."""

from __future__ import annotations

import msgspec

from stationmaster.domain import car_plans, commands, station_settings
from stationmaster.domain import charging_profiles as profiles
from stationmaster.domain.car_plans import Needs
from stationmaster.domain.charging_profiles import ChargingProfile, Fitted, Purpose
from stationmaster.domain.commands import Answer, Asked, Awaits
from stationmaster.domain.stations import Station
from stationmaster.handlers import charging_profiles
from stationmaster.handlers.charging_profiles import RECURRENCIES, CompositeTold
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v21, v201
from stationmaster.ocpp.dialects import V201
from stationmaster.ocpp.messages import now_text, parse_time
from stationmaster.storage import Work

smart_charging = Routes(V201)

UNIT = "SmartChargingCtrlr/RateUnit"
REPORT_S = 60.0
_PURPOSES: dict[Purpose, v201.ChargingProfilePurposeEnumType] = {
    "station_max": "ChargingStationMaxProfile",
    "session_default": "TxDefaultProfile",
    "session": "TxProfile",
    "external": "ChargingStationExternalConstraints",
}
_PURPOSES_21: dict[Purpose, v21.ChargingProfilePurposeEnumType] = {
    **_PURPOSES,
    "priority": "PriorityCharging",
    "local_generation": "LocalGeneration",
}
_OURS: dict[str, Purpose] = {theirs: ours for ours, theirs in _PURPOSES_21.items()}
_SOURCES: dict[str, v201.ChargingLimitSourceEnumType] = {
    profiles.OURS: "CSO",
    "EMS": "EMS",
    "SO": "SO",
    "Other": "Other",
}
_PHASES = {"AC_single_phase": 1, "AC_two_phase": 2, "AC_three_phase": 3}
_MOST = 10_000_000.0  # amperes or watts, as in any profile
_MAX_PROFILES_KEPT = 50  # of one message; more are in the message log


@smart_charging.on
def notify_charging_limit(
    work: Work, station: Station, req: v201.NotifyChargingLimit
) -> v201.NotifyChargingLimitResponse:
    told = {
        "grid_critical": req.charging_limit.is_grid_critical,
        "schedules": msgspec.to_builtins((req.charging_schedule or [])[:3]),
    }
    source = req.charging_limit.charging_limit_source
    profiles.limited_from_elsewhere(work, station, evse=words.place(req.evse_id or 0), source=source, told=told)
    return v201.NotifyChargingLimitResponse()


@smart_charging.on
def cleared_charging_limit(
    work: Work, station: Station, req: v201.ClearedChargingLimit
) -> v201.ClearedChargingLimitResponse:
    profiles.limit_lifted(work, station, evse=words.place(req.evse_id or 0), source=req.charging_limit_source)
    return v201.ClearedChargingLimitResponse()


@smart_charging.on
def notify_ev_charging_needs(
    work: Work, station: Station, req: v201.NotifyEVChargingNeeds
) -> v201.NotifyEVChargingNeedsResponse:
    needs, longest = _needs(req.charging_needs), words.number(req.max_schedule_tuples)
    evse = words.place(req.evse_id)
    # K15.FR.03, K15.FR.04: "Rejected" is that no schedule will come of it; the car charges by what the station has.
    will_plan = needs is not None and car_plans.ask(work, station, evse=evse, needs=needs, longest=longest)
    return v201.NotifyEVChargingNeedsResponse(status="Accepted" if will_plan else "Rejected")


@smart_charging.on
def notify_ev_charging_schedule(
    work: Work, station: Station, req: v201.NotifyEVChargingSchedule
) -> v201.NotifyEVChargingScheduleResponse:
    schedule = req.charging_schedule
    plan, unit = charging_profiles.periods_told(schedule.charging_schedule_period), schedule.charging_rate_unit
    starts_at = words.moment(work, req.time_base).at
    kept_to = car_plans.judge(work, station, evse=words.place(req.evse_id), plan=plan, unit=unit, starts_at=starts_at)
    return v201.NotifyEVChargingScheduleResponse(status="Accepted" if kept_to else "Rejected")


@smart_charging.on
def report_charging_profiles(
    work: Work, station: Station, req: v201.ReportChargingProfiles
) -> v201.ReportChargingProfilesResponse:
    source = profiles.OURS if req.charging_limit_source == "CSO" else req.charging_limit_source
    for each in req.charging_profile[:_MAX_PROFILES_KEPT]:
        if (number := words.number(each.id)) is not None:
            told = _told(work, each)
            profiles.told(work, station, evse=words.place(req.evse_id), source=source, number=number, profile=told)
    asked = words.part(work, station, req.request_id, more=req.tbc)
    if asked is not None and asked.name == "get-charging-profiles":
        profiles.forget_untold(work, station, asked.asked_at, **(asked.arguments or {}))
    return v201.ReportChargingProfilesResponse()


@smart_charging.sends
def set_charging_profile(work: Work, station: Station, command: commands.SetChargingProfile) -> v201.SetChargingProfile:
    profile = profile_type(work, station, command.profile, evse=command.evse)
    if command.profile.purpose == "session":
        car_plans.offer(work, station, evse=command.evse, profile=_as_sent(command.profile, profile))
    return v201.SetChargingProfile(evse_id=command.evse, charging_profile=profile)


def profile_type(work: Work, station: Station, asked: ChargingProfile, *, evse: int | None) -> v201.ChargingProfileType:
    """A profile as this station takes it; with a number, if it has none. Without an EVSE its session is still to begin."""
    profile = charging_profiles.with_start(work, asked)
    fitted = _fitted(work, station, profile)
    session = None if profile.session is None else words.open_transaction(work, station, profile.session)
    number = charging_profiles.number_for(work, station, profile, evse=evse, session=session)
    schedule = v201.ChargingScheduleType(
        id=number,
        charging_rate_unit=fitted.unit,
        charging_schedule_period=[
            v201.ChargingSchedulePeriodType(start_period=each.start_s, limit=each.limit, number_phases=each.phases)
            for each in fitted.periods
        ],
        start_schedule=None if profile.starts_at is None else now_text(profile.starts_at),
        duration=profile.duration_s,
        min_charging_rate=fitted.min_rate,
    )
    told = v201.ChargingProfileType(
        id=number,
        stack_level=profile.stack_level,
        charging_profile_purpose=_purpose(station, profile.purpose),
        charging_profile_kind=charging_profiles.kind_of(profile, station.version),
        charging_schedule=[schedule],
        recurrency_kind=RECURRENCIES.get(profile.recurrency or ""),
        valid_from=None if profile.valid_from is None else now_text(profile.valid_from),
        valid_to=None if profile.valid_to is None else now_text(profile.valid_to),
        transaction_id=session,
    )
    if profile.update_every_s is None:
        return told
    return v21.ChargingProfileType(dyn_update_interval=profile.update_every_s, **msgspec.structs.asdict(told))


@smart_charging.answers
def set_charging_profile_answered(
    work: Work,
    station: Station,
    command: commands.SetChargingProfile,
    request: v201.SetChargingProfile,
    response: v201.SetChargingProfileResponse,
    asked: Asked | None = None,
) -> Answer:
    answer = charging_profiles.answered(
        work,
        station,
        command,
        response.status,
        number=request.charging_profile.id,
        sent=_as_sent(command.profile, request.charging_profile),
        fitted=_fitted(work, station, command.profile),
        units=charging_profiles.units_of(station_settings.value(work, station, UNIT)),
        unit_setting=UNIT,
        reason=words.reason(response.status_info),
        lacking=words.lacking(work, station, "SmartChargingCtrlr"),
    )
    if not answer.good:
        car_plans.look_again(work, station)
    elif command.profile.purpose == "session" and asked is not None:
        car_plans.taken(work, station, evse=command.evse, by=asked.by)
    return answer


@smart_charging.sends
def clear_charging_profile(
    work: Work, station: Station, command: commands.ClearChargingProfile
) -> v201.ClearChargingProfile:
    criteria = None
    if command.id is None:
        criteria = v201.ClearChargingProfileType(
            evse_id=command.evse,
            charging_profile_purpose=None if command.purpose is None else _purpose(station, command.purpose),
            stack_level=command.stack_level,
        )
    return v201.ClearChargingProfile(charging_profile_id=command.id, charging_profile_criteria=criteria)


@smart_charging.answers
def clear_charging_profile_answered(
    work: Work,
    station: Station,
    command: commands.ClearChargingProfile,
    request: v201.ClearChargingProfile,
    response: v201.ClearChargingProfileResponse,
) -> Answer:
    answer = charging_profiles.cleared(work, station, command, response.status)
    car_plans.look_again(work, station)
    return answer


@smart_charging.sends
def get_composite_schedule(
    work: Work, station: Station, command: commands.GetCompositeSchedule
) -> v201.GetCompositeSchedule:
    return v201.GetCompositeSchedule(evse_id=command.evse, duration=command.duration_s, charging_rate_unit=command.unit)


@smart_charging.answers
def get_composite_schedule_answered(
    work: Work,
    station: Station,
    command: commands.GetCompositeSchedule,
    request: v201.GetCompositeSchedule,
    response: v201.GetCompositeScheduleResponse,
) -> Answer:
    schedule, told = response.schedule, None
    if schedule is not None:
        told = CompositeTold(
            words.place(schedule.evse_id),
            schedule.schedule_start,
            schedule.duration,
            schedule.charging_rate_unit,
            schedule.charging_schedule_period or (),
        )
    return charging_profiles.composite(
        work, station, command, response.status, told, words.reason(response.status_info)
    )


@smart_charging.sends
def get_charging_profiles(
    work: Work, station: Station, command: commands.GetChargingProfiles
) -> Ask[v201.GetChargingProfiles]:
    number = commands.new_request_id()
    by_id = command.id is not None  # K09.FR.04: then nothing else counts
    wanted = v201.ChargingProfileCriterionType(
        charging_profile_id=None if command.id is None else [command.id],
        charging_profile_purpose=None if by_id or command.purpose is None else _purpose(station, command.purpose),
        stack_level=None if by_id else command.stack_level,
        charging_limit_source=None if by_id or command.source is None else [_SOURCES[command.source]],
    )
    request = v201.GetChargingProfiles(request_id=number, charging_profile=wanted, evse_id=command.evse)
    return Ask([request], awaits=Awaits("report", REPORT_S), request_id=number)


@smart_charging.answers
def get_charging_profiles_answered(
    work: Work,
    station: Station,
    command: commands.GetChargingProfiles,
    request: v201.GetChargingProfiles,
    response: v201.GetChargingProfilesResponse,
) -> Answer:
    if response.status == "NoProfiles":
        profiles.forget_untold(work, station, None, **msgspec.structs.asdict(command))
        return Answer("nothing_found", "The charger has no such profile.")
    return words.answer(response.status, words.reason(response.status_info))


def _as_sent(asked: ChargingProfile, sent: v201.ChargingProfileType) -> ChargingProfile:
    [schedule] = sent.charging_schedule
    return charging_profiles.as_sent(
        asked,
        sent.id,
        schedule.charging_rate_unit,
        schedule.charging_schedule_period,
        schedule.start_schedule,
        sent.transaction_id,
    )


def _needs(told: v201.ChargingNeedsType) -> Needs | None:
    """What a car can take. None for what we have no plan for: giving back, and in 2.1 being led from second to second."""
    mode, ac, dc = str(told.requested_energy_transfer), told.ac_charging_parameters, told.dc_charging_parameters
    if "BPT" in mode or getattr(told, "control_mode", None) == "DynamicControl":
        return None
    needs: Needs | None = None
    leaves_at = parse_time(told.departure_time)
    if ac is not None and mode in _PHASES and ac.ev_max_current:
        needs = Needs("A", min(float(ac.ev_max_current), _MOST), _PHASES[mode], ac.energy_amount, leaves_at)
    elif dc is not None and mode == "DC":
        most_w = dc.ev_max_power or (dc.ev_max_current or 0) * (dc.ev_max_voltage or 0)
        needs = Needs("W", min(float(most_w), _MOST), None, dc.energy_amount, leaves_at)
    return needs if needs is not None and needs.most > 0 else None


def _purpose(station: Station, purpose: Purpose) -> v201.ChargingProfilePurposeEnumType:
    if station.version != "2.1":
        return charging_profiles.must_have(_PURPOSES, purpose, station.version)
    return charging_profiles.must_have(_PURPOSES_21, purpose, "2.1")  # type: ignore[arg-type]  # it takes more


def _fitted(work: Work, station: Station, profile: ChargingProfile) -> Fitted:
    return charging_profiles.fitted(
        profile,
        charging_profiles.units_of(station_settings.value(work, station, UNIT)),
        station_settings.number(work, station, "SmartChargingCtrlr/PeriodsPerSchedule"),
        _highest_level(work, station),
    )


def _highest_level(work: Work, station: Station) -> float | None:
    told = station_settings.value(work, station, "SmartChargingCtrlr/ProfileStackLevel")
    return float(told) if told is not None and told.strip().isdigit() else None


def _told(work: Work, profile: v201.ChargingProfileType) -> ChargingProfile:
    """One that the station has; of several schedules, as only cars with a plan of their own have, the first."""
    schedule = profile.charging_schedule[0]
    return ChargingProfile(
        purpose=_OURS.get(profile.charging_profile_purpose, "external"),
        periods=charging_profiles.periods_told(schedule.charging_schedule_period),
        unit=schedule.charging_rate_unit,
        kind=charging_profiles.kind_told(profile.charging_profile_kind),
        stack_level=max(0, min(profile.stack_level, 1000)),
        id=words.number(profile.id),
        recurrency=charging_profiles.recurrency_told(profile.recurrency_kind),
        starts_at=parse_time(schedule.start_schedule),
        duration_s=words.number(schedule.duration),
        valid_from=parse_time(profile.valid_from),
        valid_to=parse_time(profile.valid_to),
        session=profile.transaction_id,
    )
