"""Block K, smart charging: what limits a charger, and what a car wants. We plan for no car yet, and say so."""

from __future__ import annotations

from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

smart_charging = Routes(V201)


@smart_charging.on
def notify_charging_limit(
    work: Work, station: Station, req: v201.NotifyChargingLimit
) -> v201.NotifyChargingLimitResponse:
    return v201.NotifyChargingLimitResponse()


@smart_charging.on
def cleared_charging_limit(
    work: Work, station: Station, req: v201.ClearedChargingLimit
) -> v201.ClearedChargingLimitResponse:
    return v201.ClearedChargingLimitResponse()


@smart_charging.on
def notify_ev_charging_needs(
    work: Work, station: Station, req: v201.NotifyEVChargingNeeds
) -> v201.NotifyEVChargingNeedsResponse:
    # K15.FR.03: "Rejected" is that no schedule will come of it; the car charges by what the station has.
    return v201.NotifyEVChargingNeedsResponse(status="Rejected")


@smart_charging.on
def notify_ev_charging_schedule(
    work: Work, station: Station, req: v201.NotifyEVChargingSchedule
) -> v201.NotifyEVChargingScheduleResponse:
    # K15.FR.10: a car's own plan within the limits it has been given is nothing to object to.
    return v201.NotifyEVChargingScheduleResponse(status="Accepted")


@smart_charging.on
def report_charging_profiles(
    work: Work, station: Station, req: v201.ReportChargingProfiles
) -> v201.ReportChargingProfilesResponse:
    words.part(work, station, req.request_id, more=req.tbc)
    return v201.ReportChargingProfilesResponse()
