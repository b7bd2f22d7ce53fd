"""Charging profiles of a 2.0.1 or 2.1 charger (block K)."""

from typing import TYPE_CHECKING

from stationmaster.ocpp import v201
from stationmaster.simulator.limits import Profile
from stationmaster.simulator.station import Handler, answering
from stationmaster.simulator.v2_words import PURPOSES, composite_schedule, profile, profile_told

if TYPE_CHECKING:
    from stationmaster.simulator.v2 import ChargingStation201

ANSWERS: dict[str, Handler] = {}
answers = answering(ANSWERS)

LONGEST_SCHEDULE_S = 7 * 86_400


@answers
def set_charging_profile(cs: "ChargingStation201", req: v201.SetChargingProfile) -> v201.SetChargingProfileResponse:
    given = req.charging_profile
    purpose = PURPOSES.get(given.charging_profile_purpose)
    post = cs.connectors.get(req.evse_id)
    running = post.transaction if post is not None else None
    fits = {
        "max": req.evse_id == 0,
        "default": req.evse_id == 0 or post is not None,
        "transaction": running is not None and given.transaction_id == running.id,
        None: False,
    }[purpose]
    if not fits or given.stack_level > cs.configuration.number("ChargeProfileMaxStackLevel"):
        return v201.SetChargingProfileResponse(status="Rejected")
    cs.limits.install(profile(req.evse_id, given))
    return v201.SetChargingProfileResponse(status="Accepted")


@answers
def clear_charging_profile(
    cs: "ChargingStation201", req: v201.ClearChargingProfile
) -> v201.ClearChargingProfileResponse:
    wanted = req.charging_profile_criteria or v201.ClearChargingProfileType()
    removed = cs.limits.clear(
        profile_id=req.charging_profile_id,
        connector=wanted.evse_id,
        purpose=PURPOSES.get(wanted.charging_profile_purpose) if wanted.charging_profile_purpose else None,
        stack_level=wanted.stack_level,
    )
    return v201.ClearChargingProfileResponse(status="Accepted" if removed else "Unknown")


@answers
def get_charging_profiles(cs: "ChargingStation201", req: v201.GetChargingProfiles) -> v201.GetChargingProfilesResponse:
    wanted = req.charging_profile
    purpose = wanted.charging_profile_purpose
    found = [
        each
        for each in cs.limits.profiles
        if req.evse_id in (None, each.connector)
        and wanted.stack_level in (None, each.stack_level)
        and (purpose is None or PURPOSES.get(purpose) == each.purpose)
        and (not wanted.charging_profile_id or each.id in wanted.charging_profile_id)
        and (not wanted.charging_limit_source or "CSO" in wanted.charging_limit_source)
    ]
    if not found:
        return v201.GetChargingProfilesResponse(status="NoProfiles")
    cs.soon(_report(cs, req.request_id, found), "profiles")
    return v201.GetChargingProfilesResponse(status="Accepted")


@answers
def get_composite_schedule(
    cs: "ChargingStation201", req: v201.GetCompositeSchedule
) -> v201.GetCompositeScheduleResponse:
    post = cs.connectors.get(req.evse_id or 1)
    if post is None:
        return v201.GetCompositeScheduleResponse(status="Rejected")
    schedule = composite_schedule(
        cs.limits,
        req.evse_id,
        post.outlet,
        cs.now(),
        post.transaction.began if post.transaction else None,
        duration_s=min(req.duration, LONGEST_SCHEDULE_S),
        unit=req.charging_rate_unit or "W",
    )
    return v201.GetCompositeScheduleResponse(status="Accepted", schedule=schedule)


async def _report(cs: "ChargingStation201", request_id: int, profiles: list[Profile]) -> None:
    """One message for each EVSE (K09)."""
    evses = sorted({each.connector for each in profiles})
    for evse in evses:
        message = v201.ReportChargingProfiles(
            request_id=request_id,
            charging_limit_source="CSO",
            charging_profile=[profile_told(each) for each in profiles if each.connector == evse],
            evse_id=evse,
            tbc=evse != evses[-1],
        )
        await cs.call(message, v201.ReportChargingProfilesResponse)
