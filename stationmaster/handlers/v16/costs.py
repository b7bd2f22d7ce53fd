"""What charging costs, on the display of a 1.6 charger: the OCA's messages for prices (California pricing), inside of DataTransfer."""

from __future__ import annotations

from typing import Any

import msgspec

from stationmaster.domain import commands, prices, session_terms, sessions
from stationmaster.domain.commands import Answer
from stationmaster.domain.errors import Conflict
from stationmaster.domain.money.tariff_version import Dimension, Restrictions, TariffVersion
from stationmaster.domain.stations import Station
from stationmaster.handlers import words as all_words
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.ocpp.messages import now_text
from stationmaster.storage import Work

costs = Routes(V16)

VENDOR = "org.openchargealliance.costmsg"
_IDLE = ("suspended_by_car", "connected")


@costs.sends
def show_price(work: Work, station: Station, command: commands.ShowPrice) -> v16.DataTransfer:
    told = {"idToken": command.token, "priceText": command.text}
    return v16.DataTransfer(vendor_id=VENDOR, message_id="SetUserPrice", data=msgspec.json.encode(told).decode())


@costs.answers
def show_price_answered(
    work: Work,
    station: Station,
    command: commands.ShowPrice,
    request: v16.DataTransfer,
    response: v16.DataTransferResponse,
) -> Answer:
    return all_words.data_answer(response.status, response.data)


@costs.sends
def show_cost(work: Work, station: Station, command: commands.ShowCost) -> v16.DataTransfer:
    if command.final:
        number = int(sessions.transaction_of(work, station, command.session))
        ended = {"transactionId": number, "cost": command.total_cost, "priceText": command.text}
        return v16.DataTransfer(vendor_id=VENDOR, message_id="FinalCost", data=msgspec.json.encode(ended).decode())
    named = sessions.open_named(work, station, command.session)
    row = sessions.get(work, station.organization_id, named.public_id)
    facts, readings = prices.facts_of(work, row)
    state = facts.states[-1].state if facts.states else "unknown"
    told: dict[str, Any] = {
        "transactionId": int(named.transaction_id),
        "timestamp": now_text(work.now),
        "meterValue": int((row.meter_start_wh or 0) + (readings[-1].wh if readings else 0)),
        "cost": command.total_cost,
        "state": "Idle" if state in _IDLE else "Charging",
    }
    return v16.DataTransfer(
        vendor_id=VENDOR,
        message_id="RunningCost",
        data=msgspec.json.encode(told | _prices(work, row)).decode(),
    )


def _prices(work: Work, row: sessions.ListedRow) -> dict[str, Any]:
    """The prices themselves, where they hold for the whole session and are what the driver pays."""
    try:
        version = prices.version_of_session(work, row, session_terms.of_session(work, row))
    except Conflict:
        return {}
    charging = {
        "kWhPrice": _only(version, "energy"),
        "hourPrice": _only(version, "time"),
        "flatFee": _only(version, "flat"),
    }
    idle = {"graceMinutes": version.grace_minutes or None, "hourPrice": _only(version, "parking_time")}
    found = {"chargingPrice": charging, "idlePrice": idle if idle["hourPrice"] is not None else {}}
    told = {name: {key: value for key, value in each.items() if value is not None} for name, each in found.items()}
    return {name: each for name, each in told.items() if each}


def _only(version: TariffVersion, dimension: Dimension) -> float | None:
    """The one price of a dimension; None where there are several, or taxes come on top."""
    priced = [
        (component, element.restrictions)
        for element in version.elements
        for component in element.price_components
        if component.type == dimension
    ]
    if len(priced) != 1 or priced[0][1] != Restrictions():
        return None
    component = priced[0][0]
    if component.taxes and not version.tax_included:
        return None
    return float(component.price * 60 if component.unit == "minute" else component.price)


@costs.answers
def show_cost_answered(
    work: Work,
    station: Station,
    command: commands.ShowCost,
    request: v16.DataTransfer,
    response: v16.DataTransferResponse,
) -> Answer:
    return all_words.data_answer(response.status, response.data)
