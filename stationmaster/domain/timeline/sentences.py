"""What a message said, in a sentence for somebody who knows chargers and not OCPP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from stationmaster.domain.exchanges import Exchange
from stationmaster.domain.timeline import cars_and_grid
from stationmaster.domain.timeline.wording import cut


def sentence(exchange: Exchange) -> str:
    """One sentence; nothing in it is longer than a line, and no secret is in it."""
    request, response = _object(exchange.request), _object(exchange.response)
    return _ours(exchange, request, response) if exchange.direction == "out" else _theirs(exchange, request, response)


def _theirs(exchange: Exchange, request: dict[str, Any], response: dict[str, Any]) -> str:
    if exchange.outcome == "ok":
        words = _SAID.get(exchange.action)
        told = words(request, response) if words else f"It sent {cut(exchange.action, 50)}."
        return told if not exchange.remarks else f"{told} Something in it was not as it should be."
    what = cut(exchange.action, 50) or "a message"
    if exchange.outcome == "ignored":
        return "It sent something that is no message; nothing was done."
    why = cut(exchange.remarks[0], 200) if exchange.remarks else "it was not in order"
    return f"It sent {what}, which was refused ({exchange.outcome}): {why}."


def _ours(exchange: Exchange, request: dict[str, Any], response: dict[str, Any]) -> str:
    asked = _ASKED.get(exchange.action, f"We sent {cut(exchange.action, 50)}")
    name = next(
        (str(request[key]) for key in ("requestedMessage", "key", "type") if isinstance(request.get(key), str)), ""
    )
    asked += f" ({cut(name, 50)})" if name else ""
    if exchange.outcome == "ok":
        status = response.get("status")
        return f"{asked}; it answered {cut(status, 40)}." if isinstance(status, str) else f"{asked}; it answered."
    ended = {"timeout": "it did not answer in time", "replaced": "the connection ended before it answered"}
    return f"{asked}; {ended.get(exchange.outcome, f'it answered with the error {cut(exchange.outcome, 40)}')}."


def _boot(request: dict[str, Any], response: dict[str, Any]) -> str:
    device = request.get("chargingStation", request)
    device = device if isinstance(device, dict) else {}
    vendor = device.get("chargePointVendor") or device.get("vendorName") or ""
    model = device.get("chargePointModel") or device.get("model") or ""
    reason = f", because of {cut(request['reason'], 30)}" if isinstance(request.get("reason"), str) else ""
    answer = {"Pending": " We told it to wait.", "Rejected": " We turned it down."}.get(str(response.get("status")), "")
    return (
        f"It started up and introduced itself as {cut(f'{vendor} {model}'.strip(), 60) or 'a charger'}{reason}.{answer}"
    )


def _status(request: dict[str, Any], _: dict[str, Any]) -> str:
    number = request.get("evseId", request.get("connectorId"))
    where = "The charger itself" if number == 0 else f"Connector {cut(number, 10)}"
    state = cut(request.get("status", request.get("connectorStatus", "?")), 30)
    error = request.get("errorCode")
    wrong = "" if error in (None, "NoError") else f", with the error {cut(error, 40)}"
    more = f" ({cut(request['info'], 60)})" if isinstance(request.get("info"), str) and request["info"] else ""
    return f"{where} was reported as {state}{wrong}{more}."


def _authorize(request: dict[str, Any], response: dict[str, Any]) -> str:
    asked = f"It asked whether the card {_card(request)} may charge: {_verdict(response) or 'answered'}."
    why = _CONTRACTS.get(str(response.get("certificateStatus")))
    return asked if why is None else f"{asked} {why}"


_CONTRACTS = {
    "Accepted": "The car has shown the certificate of its contract, and it holds.",
    "ContractCancelled": "The certificate of the car's contract holds, but the contract itself may not charge.",
    "CertificateExpired": "The certificate of the car's contract has expired.",
    "CertificateRevoked": "The certificate of the car's contract was revoked.",
    "CertChainError": "The certificate of the car's contract could not be verified; the alarms of the charger say why.",
}


def _start(request: dict[str, Any], response: dict[str, Any]) -> str:
    verdict = _verdict(response)
    refused = f" The card was not let in: {verdict}." if verdict not in ("", "Accepted") else ""
    return f"It told that charging began at connector {cut(request.get('connectorId'), 10)} with the card {_card(request)}.{refused}"


def _stop(request: dict[str, Any], _: dict[str, Any]) -> str:
    return f"It told that charging has ended{_because(request.get('reason'))}."


def _event(request: dict[str, Any], response: dict[str, Any]) -> str:
    info = request.get("transactionInfo")
    info = info if isinstance(info, dict) else {}
    late = " while it was offline" if request.get("offline") is True else ""
    kind = request.get("eventType")
    card = f" with the card {_card(request)}" if "idToken" in request else ""
    if kind == "Started":
        evse = request.get("evse")
        where = f" at EVSE {cut(evse.get('id'), 10)}" if isinstance(evse, dict) else ""
        told = f"It told that a transaction began{where}{card}{late}"
    elif kind == "Ended":
        told = f"It told that the transaction has ended{late}{_because(info.get('stoppedReason'))}"
    else:
        state = f", the state is {cut(info['chargingState'], 30)}" if "chargingState" in info else ""
        told = f"It told that the transaction goes on{card}{late}{_because(request.get('triggerReason'))}{state}"
    verdict = _verdict(response)
    told += "." + (f" The card was not let in: {verdict}." if verdict not in ("", "Accepted") else "")
    own, ours = _limits(info), _limits(response)
    return told + (f" It ends it at {own}." if own else "") + (f" We told it to end it at {ours}." if ours else "")


_LIMITS = {"maxCost": "a cost of {}", "maxEnergy": "{} Wh", "maxTime": "{} s", "maxSoC": "a battery of {} %"}


def _limits(said: dict[str, Any]) -> str:
    """When a transaction of 2.1 is to end by itself, whoever says so."""
    limit = said.get("transactionLimit")
    limit = limit if isinstance(limit, dict) else {}
    return " or ".join(words.format(cut(limit[name], 20)) for name, words in _LIMITS.items() if name in limit)


def _security(request: dict[str, Any], _: dict[str, Any]) -> str:
    return f"It told of something about its security: {cut(request.get('type'), 50)}."


def _stream_opened(request: dict[str, Any], response: dict[str, Any]) -> str:
    data = request.get("constantStreamData")
    data = data if isinstance(data, dict) else {}
    what = f"the stream {cut(data.get('id'), 20)} of values that its monitor {cut(data.get('variableMonitoringId'), 20)} finds"
    accepted = response.get("status") == "Accepted"
    return f"It began {what}." if accepted else f"It wanted to begin {what}. We turned it down."


def _stream_values(request: dict[str, Any], _: dict[str, Any]) -> str:
    data, pending = request.get("data"), request.get("pending")
    count = len(data) if isinstance(data, list) else 0
    many = f"{count} values" if count != 1 else "1 value"
    more = f" {cut(pending, 20)} more are waiting there." if isinstance(pending, int) and pending > 0 else ""
    return f"It sent {many} of the stream {cut(request.get('id'), 20)}.{more}"


def _progress(what: str) -> Callable[[dict[str, Any], dict[str, Any]], str]:
    return lambda request, _: f"It told how far {what} is: {cut(request.get('status'), 40)}."


def _plain(text: str) -> Callable[[dict[str, Any], dict[str, Any]], str]:
    return lambda _request, _response: text


_SAID: dict[str, Callable[[dict[str, Any], dict[str, Any]], str]] = {
    "BootNotification": _boot,
    "Heartbeat": _plain("It said that it is alive."),
    "StatusNotification": _status,
    "Authorize": _authorize,
    "StartTransaction": _start,
    "StopTransaction": _stop,
    "TransactionEvent": _event,
    "MeterValues": _plain("It sent readings of its meter."),
    "SecurityEventNotification": _security,
    "FirmwareStatusNotification": _progress("its new firmware"),
    "SignedFirmwareStatusNotification": _progress("its new firmware"),
    "DiagnosticsStatusNotification": _progress("its log file"),
    "LogStatusNotification": _progress("its log file"),
    "DataTransfer": lambda request, _: f"It sent data of its own kind (vendor {cut(request.get('vendorId'), 40)}).",
    "NotifyReport": _plain("It sent a part of the list of its settings."),
    "NotifyCustomerInformation": _plain("It told a part of what it knows of a customer."),
    "NotifyEvent": _plain("It told of an event in one of its parts."),
    "ReservationStatusUpdate": _plain("It told what became of a reservation."),
    "SignCertificate": _plain("It asked for a certificate."),
    "PublishFirmwareStatusNotification": _progress("the firmware that it hands out"),
    "NotifyDisplayMessages": _plain("It told which messages it has for its display."),
    "NotifyMonitoringReport": _plain("It sent a part of the list of what it watches over."),
    "ReportChargingProfiles": _plain("It told which limits to its power it has."),
    "ReportDERControl": _plain("It told which controls of its power at the grid it has."),
    "Get15118EVCertificate": _plain("It asked for the certificate of a car."),
    "GetCertificateStatus": _plain("It asked whether a certificate is still good."),
    "GetCertificateChainStatus": _plain("It asked whether certificates are still good."),
    "OpenPeriodicEventStream": _stream_opened,
    "ClosePeriodicEventStream": lambda request, _: f"It ended the stream {cut(request.get('id'), 20)} of values.",
    "NotifyPeriodicEventStream": _stream_values,
    **cars_and_grid.SAID,
}

_ASKED = {
    "RemoteStartTransaction": "We asked it to start charging",
    "RequestStartTransaction": "We asked it to start charging",
    "RemoteStopTransaction": "We asked it to stop charging",
    "RequestStopTransaction": "We asked it to stop charging",
    "Reset": "We asked it to restart",
    "UnlockConnector": "We asked it to unlock the plug",
    "ChangeAvailability": "We asked it to go into or out of service",
    "ChangeConfiguration": "We asked it to change a setting",
    "SetVariables": "We asked it to change settings",
    "GetConfiguration": "We asked for its settings",
    "GetVariables": "We asked for settings",
    "GetReport": "We asked for a list of its settings",
    "SetVariableMonitoring": "We asked it to watch over settings",
    "ClearVariableMonitoring": "We asked it to watch over settings no longer",
    "GetMonitoringReport": "We asked what it watches over",
    "SetMonitoringBase": "We chose what it watches over",
    "SetMonitoringLevel": "We chose how much of what it watches over it tells",
    "GetBaseReport": "We asked for the list of its settings",
    "TriggerMessage": "We asked it to send a message",
    "ExtendedTriggerMessage": "We asked it to send a message",
    "GetTransactionStatus": "We asked whether the transaction goes on",
    "ClearCache": "We asked it to forget the cards it remembers",
    "ReserveNow": "We asked it to reserve a connector",
    "CancelReservation": "We asked it to give up a reservation",
    "SetChargingProfile": "We set a limit to its power",
    "ClearChargingProfile": "We took a limit of its power away",
    "GetChargingProfiles": "We asked which limits to its power it has",
    "GetCompositeSchedule": "We asked which limit will be in force",
    "GetLocalListVersion": "We asked which list of cards it has",
    "SetDisplayMessage": "We gave it a message for its display",
    "GetDisplayMessages": "We asked which messages it has for its display",
    "ClearDisplayMessage": "We took a message off its display",
    "CostUpdated": "We told it what a session costs",
    "InstallCertificate": "We gave it the certificate of an authority",
    "DeleteCertificate": "We asked it to remove a certificate",
    "GetInstalledCertificateIds": "We asked which certificates it has",
    "CertificateSigned": "We gave it a certificate of its own",
    "SendLocalList": "We sent it a list of cards",
    "UpdateFirmware": "We asked it to install firmware",
    "SignedUpdateFirmware": "We asked it to install firmware",
    "GetDiagnostics": "We asked for its log file",
    "GetLog": "We asked for its log file",
    "DataTransfer": "We sent it data of its maker's kind",
    "PublishFirmware": "We asked it to hand firmware out",
    "UnpublishFirmware": "We asked it to hand firmware out no longer",
    "RequestBatterySwap": "We asked it to swap batteries",
    "UsePriorityCharging": "We let a session charge with priority, or no longer",
    "UpdateDynamicSchedule": "We changed a limit to its power",
    "NotifyAllowedEnergyTransfer": "We told it how a car may be charged",
    "SetDefaultTariff": "We gave it a tariff",
    "GetTariffs": "We asked for its tariffs",
    "ClearTariffs": "We took tariffs away from it",
    "ChangeTransactionTariff": "We gave a session another tariff",
    "NotifyWebPaymentStarted": "We told it that somebody is paying on the web",
    "SetDERControl": "We gave it a control of its power at the grid",
    "GetDERControl": "We asked for its controls of power at the grid",
    "ClearDERControl": "We took controls of its power at the grid away",
    "AFRRSignal": "We handed on a signal of the grid",
    "GetPeriodicEventStream": "We asked which streams of values it has",
    "AdjustPeriodicEventStream": "We changed how often it tells values",
    "SetNetworkProfile": "We told it how to reach a server",
    "CustomerInformation": "We asked what it knows of a customer",
}


def _because(reason: Any) -> str:
    return f" ({cut(reason, 40)})" if isinstance(reason, str) else ""


def _card(request: dict[str, Any]) -> str:
    token = request.get("idTag", request.get("idToken"))
    if isinstance(token, dict):
        token = token.get("idToken")
    return cut(token, 40) if token else "(none)"


def _verdict(response: dict[str, Any]) -> str:
    info = response.get("idTagInfo", response.get("idTokenInfo"))
    return cut(info.get("status", ""), 40) if isinstance(info, dict) else ""


def _object(text: str | None) -> dict[str, Any]:
    """A payload, which may have been cut in the log, or have been none at all."""
    try:
        found = msgspec.json.decode(text or "{}")
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}
