"""Block K, smart charging: what 2.1 has beyond 2.0.1 and is asked of a session or a profile that is there."""

from __future__ import annotations

from stationmaster.domain import charging_profiles, commands
from stationmaster.domain.commands import Answer
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v21
from stationmaster.ocpp.dialects import V21
from stationmaster.storage import Work

smart_charging_21 = Routes(V21)


@smart_charging_21.sends
def use_priority_charging(
    work: Work, station: Station, command: commands.UsePriorityCharging
) -> v21.UsePriorityCharging:
    transaction_id = words.open_transaction(work, station, command.session)
    return v21.UsePriorityCharging(transaction_id=transaction_id, activate=command.active)


@smart_charging_21.answers
def use_priority_charging_answered(
    work: Work,
    station: Station,
    command: commands.UsePriorityCharging,
    request: v21.UsePriorityCharging,
    response: v21.UsePriorityChargingResponse,
) -> Answer:
    if response.status == "NoProfile":  # K21.FR.04
        return Answer("not_found", "The charger has no profile of the purpose `priority` for this session.")
    return words.answer(response.status, words.reason(response.status_info))


@smart_charging_21.sends
def update_dynamic_schedule(
    work: Work, station: Station, command: commands.UpdateDynamicSchedule
) -> v21.UpdateDynamicSchedule:
    l2 = command.l2 or commands.PhaseLimits()
    l3 = command.l3 or commands.PhaseLimits()
    update = v21.ChargingScheduleUpdateType(
        limit=command.limit,
        limit_l2=l2.limit,
        limit_l3=l3.limit,
        discharge_limit=command.discharge_limit,
        discharge_limit_l2=l2.discharge_limit,
        discharge_limit_l3=l3.discharge_limit,
        setpoint=command.setpoint,
        setpoint_l2=l2.setpoint,
        setpoint_l3=l3.setpoint,
        setpoint_reactive=command.setpoint_reactive,
        setpoint_reactive_l2=l2.setpoint_reactive,
        setpoint_reactive_l3=l3.setpoint_reactive,
    )
    return v21.UpdateDynamicSchedule(charging_profile_id=command.id, schedule_update=update)


@smart_charging_21.answers
def update_dynamic_schedule_answered(
    work: Work,
    station: Station,
    command: commands.UpdateDynamicSchedule,
    request: v21.UpdateDynamicSchedule,
    response: v21.UpdateDynamicScheduleResponse,
) -> Answer:
    if response.status == "Accepted" and command.limit is not None:
        charging_profiles.limit_changed(work, station, number=command.id, limit=command.limit)
    return words.answer(response.status, words.reason(response.status_info))


@smart_charging_21.sends
def notify_allowed_energy_transfer(
    work: Work, station: Station, command: commands.NotifyAllowedEnergyTransfer
) -> v21.NotifyAllowedEnergyTransfer:
    transaction_id = words.open_transaction(work, station, command.session)
    return v21.NotifyAllowedEnergyTransfer(
        transaction_id=transaction_id, allowed_energy_transfer=list(dict.fromkeys(command.modes))
    )
