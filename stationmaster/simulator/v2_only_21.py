"""What only 2.1 asks of a charger: tariffs, payments on the web, dynamic limits. It has no battery to swap; what it does for the grid is in v2_grid.py."""

from dataclasses import replace
from typing import TYPE_CHECKING

from stationmaster.ocpp import v21
from stationmaster.simulator.station import Handler, answering

if TYPE_CHECKING:
    from stationmaster.simulator.v2 import ChargingStation21

ANSWERS: dict[str, Handler] = {}
answers = answering(ANSWERS)


@answers
def set_default_tariff(cs: "ChargingStation21", req: v21.SetDefaultTariff) -> v21.SetDefaultTariffResponse:
    """For one EVSE, or with 0 for all (I07)."""
    if req.evse_id and req.evse_id not in cs.connectors:
        return v21.SetDefaultTariffResponse(status="Rejected")
    for number in [req.evse_id] if req.evse_id else cs.connectors:
        cs.tariffs[number] = req.tariff
    return v21.SetDefaultTariffResponse(status="Accepted")


@answers
def get_tariffs(cs: "ChargingStation21", req: v21.GetTariffs) -> v21.GetTariffsResponse:
    found: dict[str, v21.TariffAssignmentType] = {}
    for number, tariff in cs.tariffs.items():
        if req.evse_id in (0, number):
            one = found.setdefault(
                tariff.tariff_id,
                v21.TariffAssignmentType(tariff_id=tariff.tariff_id, tariff_kind="DefaultTariff", evse_ids=[]),
            )
            one.evse_ids = [*(one.evse_ids or []), number]
    if not found:
        return v21.GetTariffsResponse(status="NoTariff")
    return v21.GetTariffsResponse(status="Accepted", tariff_assignments=list(found.values()))


@answers
def clear_tariffs(cs: "ChargingStation21", req: v21.ClearTariffs) -> v21.ClearTariffsResponse:
    """Those of these ids, or all; at one EVSE, or everywhere (I09)."""
    there = {number: tariff.tariff_id for number, tariff in cs.tariffs.items() if req.evse_id in (None, 0, number)}
    results: list[v21.ClearTariffsResultType] = []
    for wanted in req.tariff_ids or sorted(set(there.values())):
        numbers = [number for number, tariff_id in there.items() if tariff_id == wanted]
        for number in numbers:
            del cs.tariffs[number]
        results.append(v21.ClearTariffsResultType(status="Accepted" if numbers else "NoTariff", tariff_id=wanted))
    nothing = v21.ClearTariffsResultType(status="NoTariff")
    return v21.ClearTariffsResponse(clear_tariffs_result=results or [nothing])


@answers
def change_tariff(cs: "ChargingStation21", req: v21.ChangeTransactionTariff) -> v21.ChangeTransactionTariffResponse:
    post = cs.transaction_by_id(req.transaction_id)
    if post is None:
        return v21.ChangeTransactionTariffResponse(status="TxNotFound")
    old = cs.tariffs.get(post.number)
    if old is not None and old.currency != req.tariff.currency:
        return v21.ChangeTransactionTariffResponse(status="NoCurrencyChange")
    return v21.ChangeTransactionTariffResponse(status="Accepted")


@answers
def web_payment_started(
    cs: "ChargingStation21", req: v21.NotifyWebPaymentStarted
) -> v21.NotifyWebPaymentStartedResponse:
    return v21.NotifyWebPaymentStartedResponse()


@answers
def update_schedule(cs: "ChargingStation21", req: v21.UpdateDynamicSchedule) -> v21.UpdateDynamicScheduleResponse:
    """The limit of a profile from now on (K28)."""
    limit = req.schedule_update.limit
    held = next((each for each in cs.limits.profiles if each.id == req.charging_profile_id), None)
    if held is None or limit is None:
        return v21.UpdateDynamicScheduleResponse(status="Rejected")
    phases = held.periods[0][2] if held.periods else 3
    cs.limits.install(replace(held, periods=((0, limit, phases),)))
    return v21.UpdateDynamicScheduleResponse(status="Accepted")


@answers
def use_priority(cs: "ChargingStation21", req: v21.UsePriorityCharging) -> v21.UsePriorityChargingResponse:
    """No profile of that purpose is taken here (K21.FR.04)."""
    known = cs.transaction_by_id(req.transaction_id) is not None
    return v21.UsePriorityChargingResponse(status="NoProfile" if known else "Rejected")


@answers
def allowed_transfer(
    cs: "ChargingStation21", req: v21.NotifyAllowedEnergyTransfer
) -> v21.NotifyAllowedEnergyTransferResponse:
    """A charger without ISO 15118 offers its car nothing to choose from (Q01)."""
    return v21.NotifyAllowedEnergyTransferResponse(status="Rejected")
