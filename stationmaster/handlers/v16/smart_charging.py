"""1.6 smart charging profile (§5.5, §5.7, §5.16)."""

from __future__ import annotations

from stationmaster.domain import commands, sessions, station_settings
from stationmaster.domain.charging_profiles import ChargingProfile, Fitted, Purpose
from stationmaster.domain.commands import Answer
from stationmaster.domain.stations import Station
from stationmaster.handlers import charging_profiles
from stationmaster.handlers.charging_profiles import RECURRENCIES, CompositeTold
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v16 import words
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.ocpp.messages import now_text
from stationmaster.storage import Work

smart_charging = Routes(V16)

UNIT = "ChargingScheduleAllowedChargingRateUnit"
_PURPOSES: dict[Purpose, v16.ChargingProfilePurposeType] = {
    "station_max": "ChargePointMaxProfile",
    "session_default": "TxDefaultProfile",
    "session": "TxProfile",
}


@smart_charging.sends
def set_charging_profile(work: Work, station: Station, command: commands.SetChargingProfile) -> v16.SetChargingProfile:
    profile = profile_type(work, station, command.profile, evse=command.evse)
    return v16.SetChargingProfile(connector_id=command.evse, cs_charging_profiles=profile)


def profile_type(work: Work, station: Station, asked: ChargingProfile, *, evse: int | None) -> v16.ChargingProfile:
    """A profile as this station takes it; with a number, if it has none. Without an EVSE its session is still to begin."""
    profile = charging_profiles.with_start(work, asked)
    purpose = charging_profiles.must_have(_PURPOSES, profile.purpose, "1.6")
    fitted = _fitted(work, station, profile)
    session = None if profile.session is None else _transaction(work, station, profile.session)
    return v16.ChargingProfile(
        charging_profile_id=charging_profiles.number_for(
            work, station, profile, evse=evse, session=None if session is None else str(session)
        ),
        stack_level=profile.stack_level,
        charging_profile_purpose=purpose,
        charging_profile_kind=charging_profiles.kind_of(profile, "1.6"),
        transaction_id=session,
        recurrency_kind=RECURRENCIES.get(profile.recurrency or ""),
        valid_from=None if profile.valid_from is None else now_text(profile.valid_from),
        valid_to=None if profile.valid_to is None else now_text(profile.valid_to),
        charging_schedule=v16.ChargingSchedule(
            charging_rate_unit=fitted.unit,
            charging_schedule_period=[
                v16.ChargingSchedulePeriod(start_period=each.start_s, limit=each.limit, number_phases=each.phases)
                for each in fitted.periods
            ],
            duration=profile.duration_s,
            start_schedule=None if profile.starts_at is None else now_text(profile.starts_at),
            min_charging_rate=fitted.min_rate,
        ),
    )


@smart_charging.answers
def set_charging_profile_answered(
    work: Work,
    station: Station,
    command: commands.SetChargingProfile,
    request: v16.SetChargingProfile,
    response: v16.SetChargingProfileResponse,
) -> Answer:
    schedule = request.cs_charging_profiles.charging_schedule
    return charging_profiles.answered(
        work,
        station,
        command,
        response.status,
        number=request.cs_charging_profiles.charging_profile_id,
        sent=charging_profiles.as_sent(
            command.profile,
            request.cs_charging_profiles.charging_profile_id,
            schedule.charging_rate_unit,
            schedule.charging_schedule_period,
            schedule.start_schedule,
            request.cs_charging_profiles.transaction_id,
        ),
        fitted=_fitted(work, station, command.profile),
        units=charging_profiles.units_of(station_settings.value(work, station, UNIT)),
        unit_setting=UNIT,
        lacking=words.lacking(work, station, "SmartCharging"),
    )


@smart_charging.sends
def clear_charging_profile(
    work: Work, station: Station, command: commands.ClearChargingProfile
) -> v16.ClearChargingProfile:
    purpose = None if command.purpose is None else charging_profiles.must_have(_PURPOSES, command.purpose, "1.6")
    return v16.ClearChargingProfile(
        id=command.id,
        connector_id=command.evse,
        charging_profile_purpose=purpose,
        stack_level=command.stack_level,
    )


@smart_charging.answers
def clear_charging_profile_answered(
    work: Work,
    station: Station,
    command: commands.ClearChargingProfile,
    request: v16.ClearChargingProfile,
    response: v16.ClearChargingProfileResponse,
) -> Answer:
    return charging_profiles.cleared(work, station, command, response.status)


@smart_charging.sends
def get_composite_schedule(
    work: Work, station: Station, command: commands.GetCompositeSchedule
) -> v16.GetCompositeSchedule:
    return v16.GetCompositeSchedule(
        connector_id=command.evse, duration=command.duration_s, charging_rate_unit=command.unit
    )


@smart_charging.answers
def get_composite_schedule_answered(
    work: Work,
    station: Station,
    command: commands.GetCompositeSchedule,
    request: v16.GetCompositeSchedule,
    response: v16.GetCompositeScheduleResponse,
) -> Answer:
    schedule = response.charging_schedule
    told = None
    if schedule is not None:
        told = CompositeTold(
            command.evse,
            response.schedule_start or schedule.start_schedule,
            schedule.duration or command.duration_s,
            schedule.charging_rate_unit,
            schedule.charging_schedule_period or (),
        )
    return charging_profiles.composite(work, station, command, response.status, told)


def _fitted(work: Work, station: Station, profile: ChargingProfile) -> Fitted:
    return charging_profiles.fitted(
        profile,
        charging_profiles.units_of(station_settings.value(work, station, UNIT)),
        station_settings.number(work, station, "ChargingScheduleMaxPeriods"),
        _highest_level(work, station),
    )


def _highest_level(work: Work, station: Station) -> float | None:
    told = station_settings.value(work, station, "ChargeProfileMaxStackLevel")
    return float(told) if told is not None and told.strip().isdigit() else None


def _transaction(work: Work, station: Station, session: str) -> int:
    return int(sessions.open_named(work, station, session).transaction_id)
