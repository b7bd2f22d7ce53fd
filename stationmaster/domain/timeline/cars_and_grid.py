"""What a charger of 2.x tells of cars, limits, payments, batteries and the grid, in a sentence each.

What is told may be of any form: a charger's payload is kept as it came.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stationmaster.domain.timeline.wording import cut, watt_hours

Told = dict[str, Any]

_SOURCES = {
    "EMS": "An energy management system",
    "SO": "The grid operator",
    "CSO": "The operator of the chargers",
    "Other": "Somebody else",
}
_PAYMENTS = {"Settled": "was settled", "Canceled": "was cancelled", "Rejected": "was rejected", "Failed": "has failed"}
_SWAPS = {
    "BatteryIn": "A driver has put in",
    "BatteryOut": "A driver has taken out",
    "BatteryOutTimeout": "A driver has not taken in time",
}


def _limit(request: Told, _: Told) -> str:
    limit = _dict(request.get("chargingLimit"))
    critical = ", and that is critical for the grid" if limit.get("isGridCritical") is True else ""
    return f"{_source(limit.get('chargingLimitSource'))} limits it{_at(request)}{_first(request)}{critical}."


def _limit_lifted(request: Told, _: Told) -> str:
    return f"{_source(request.get('chargingLimitSource'))} limits it no longer{_at(request)}."


def _needs(request: Told, response: Told) -> str:
    needs = _dict(request.get("chargingNeeds"))
    wanted = [cut(needs["requestedEnergyTransfer"], 30)] if "requestedEnergyTransfer" in needs else []
    for name in ("acChargingParameters", "dcChargingParameters"):
        amount = _dict(needs.get(name)).get("energyAmount")
        if isinstance(amount, int | float) and not isinstance(amount, bool):
            wanted.append(watt_hours(amount))
    if "departureTime" in needs:
        wanted.append(f"until {cut(needs['departureTime'], 30)}")
    return (
        f"A car told what it needs{_at(request)}: {', '.join(wanted) or 'nothing in particular'}{_answered(response)}."
    )


def _plan(request: Told, response: Told) -> str:
    return f"The car told how it is going to charge{_at(request)}{_first(request)}{_answered(response)}."


def _priority(request: Told, _: Told) -> str:
    now = "with priority now" if request.get("activated") is True else "with priority no longer"
    return f"A session charges {now}."


def _settled(request: Told, _: Told) -> str:
    amount = request.get("settlementAmount")
    of = f" of {amount:.2f}" if isinstance(amount, int | float) and not isinstance(amount, bool) else ""
    status = request.get("status")
    what = _PAYMENTS.get(str(status), f"is {cut(status, 30)}")
    receipt = f", the receipt is {cut(request['receiptId'], 50)}" if "receiptId" in request else ""
    why = f": {cut(request['statusInfo'])}" if "statusInfo" in request else ""
    return f"A payment{of} at the charger {what}{receipt}{why}."


def _swap(request: Told, _: Told) -> str:
    batteries = [_dict(each) for each in _list(request.get("batteryData"))]
    each = [f"{cut(one.get('serialNumber'), 50)} at {cut(one.get('soC'), 10)} %" for one in batteries[:4]]
    which = f" {', '.join(each)}" if each else " batteries"
    did = _SWAPS.get(str(request.get("eventType")), "A driver has swapped")
    return f"{did}{which}."


def _grid_fault(request: Told, _: Told) -> str:
    fault = cut(request.get("gridEventFault") or request.get("controlType") or "unknown", 50)
    return (
        f"A fault of the grid is over: {fault}."
        if request.get("alarmEnded") is True
        else f"The grid has a fault: {fault}."
    )


def _control(request: Told, _: Told) -> str:
    began = "began" if request.get("started") is True else "ceased"
    return f"It {began} to follow the control {cut(request.get('controlId'), 36)} of its power at the grid."


def _plain(text: str) -> Callable[[Told, Told], str]:
    return lambda _request, _response: text


SAID: dict[str, Callable[[Told, Told], str]] = {
    "NotifyChargingLimit": _limit,
    "ClearedChargingLimit": _limit_lifted,
    "NotifyEVChargingNeeds": _needs,
    "NotifyEVChargingSchedule": _plan,
    "NotifyPriorityCharging": _priority,
    "PullDynamicScheduleUpdate": _plain("It asked whether a limit to its power has changed."),
    "NotifySettlement": _settled,
    "VatNumberValidation": _plain("It asked whether a VAT number is right."),
    "BatterySwap": _swap,
    "NotifyDERAlarm": _grid_fault,
    "NotifyDERStartStop": _control,
}


def _source(told: Any) -> str:
    return _SOURCES.get(str(told), f"{cut(told, 20) or 'Somebody'} (from elsewhere)")


def _at(request: Told) -> str:
    evse = request.get("evseId")
    return f" at EVSE {cut(evse, 10)}" if evse else ""


def _first(request: Told) -> str:
    """The limit with which a schedule begins."""
    schedules = request.get("chargingSchedule")
    schedule = _dict(_list(schedules)[0]) if _list(schedules) else _dict(schedules)
    periods = _list(schedule.get("chargingSchedulePeriod"))
    limit = _dict(periods[0]).get("limit") if periods else None
    if not isinstance(limit, int | float) or isinstance(limit, bool):
        return ""
    return f", to {limit:g} {cut(schedule.get('chargingRateUnit', ''), 5)}".rstrip()


def _answered(response: Told) -> str:
    status = response.get("status")
    return f"; the answer was {cut(status, 30)}" if isinstance(status, str) else ""


def _dict(value: Any) -> Told:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
