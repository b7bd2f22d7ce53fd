"""Block I, tariff and cost: tariffs that a station of 2.1 computes with (I07 to I11), and payments on the web (C25)."""

from __future__ import annotations

from typing import Any

from stationmaster.domain import commands
from stationmaster.domain import tariffs as our_tariffs
from stationmaster.domain.commands import Answer
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import tariff_words, words
from stationmaster.handlers.v2.payloads import typed
from stationmaster.ocpp import v21
from stationmaster.ocpp.dialects import V21
from stationmaster.storage import Work

tariffs = Routes(V21)

_KINDS = {"DefaultTariff": "default", "DriverTariff": "driver"}
_REFUSALS = {
    "TooManyElements": "The tariff has more elements than the charger can compute with.",
    "ConditionNotSupported": "The charger cannot compute with conditions in a tariff.",
    "DuplicateTariffId": "The charger has a tariff with this id already; another content needs another id.",
    "TxNotFound": "The charger knows no such session.",
    "NoCurrencyChange": "A session cannot change its currency.",
}
_NONE = "The charger has no such tariff."


@tariffs.sends
def set_default_tariff(work: Work, station: Station, command: commands.SetDefaultTariff) -> v21.SetDefaultTariff:
    tariff = _tariff(work, station, command.tariff, command.ours)
    return typed(V21, v21.SetDefaultTariff, {"evseId": command.evse, "tariff": tariff})


@tariffs.answers
def set_default_tariff_answered(
    work: Work,
    station: Station,
    command: commands.SetDefaultTariff,
    request: v21.SetDefaultTariff,
    response: v21.SetDefaultTariffResponse,
) -> Answer:
    return _answer(response.status, response.status_info)


@tariffs.sends
def change_transaction_tariff(
    work: Work, station: Station, command: commands.ChangeTransactionTariff
) -> v21.ChangeTransactionTariff:
    transaction_id = words.open_transaction(work, station, command.session)
    return typed(
        V21,
        v21.ChangeTransactionTariff,
        {"transactionId": transaction_id, "tariff": _tariff(work, station, command.tariff, command.ours)},
    )


@tariffs.answers
def change_transaction_tariff_answered(
    work: Work,
    station: Station,
    command: commands.ChangeTransactionTariff,
    request: v21.ChangeTransactionTariff,
    response: v21.ChangeTransactionTariffResponse,
) -> Answer:
    return _answer(response.status, response.status_info)


@tariffs.sends
def get_tariffs(work: Work, station: Station, command: commands.GetTariffs) -> v21.GetTariffs:
    return v21.GetTariffs(evse_id=command.evse)


@tariffs.answers
def get_tariffs_answered(
    work: Work,
    station: Station,
    command: commands.GetTariffs,
    request: v21.GetTariffs,
    response: v21.GetTariffsResponse,
) -> Answer:
    if response.status == "Rejected":
        return _answer(response.status, response.status_info)
    found: list[dict[str, Any]] = [
        {
            "id": each.tariff_id,
            "kind": _KINDS.get(each.tariff_kind, each.tariff_kind),
            "valid_from": each.valid_from,
            "evses": list(each.evse_ids or []),
            "tokens": list(each.id_tokens or []),
        }
        for each in response.tariff_assignments or ()
    ]
    return words.list_answer("tariffs", found, "The charger has no tariff.")


@tariffs.sends
def clear_tariffs(work: Work, station: Station, command: commands.ClearTariffs) -> v21.ClearTariffs:
    return v21.ClearTariffs(tariff_ids=command.ids or None, evse_id=command.evse)


@tariffs.answers
def clear_tariffs_answered(
    work: Work,
    station: Station,
    command: commands.ClearTariffs,
    request: v21.ClearTariffs,
    response: v21.ClearTariffsResponse,
) -> Answer:
    """It answers for each; a refusal of one is one of the whole, and that one was not there is said where none was."""
    results = response.clear_tariffs_result
    told = [{"id": each.tariff_id, "cleared": each.status == "Accepted"} for each in results]
    refused = next((each for each in results if each.status == "Rejected"), None)
    cleared = sum(each.status == "Accepted" for each in results)
    if refused is not None:
        meant = words.answer(refused.status, words.reason(refused.status_info))
        return Answer(meant.outcome, meant.words, {"tariffs": told})
    if not cleared:
        return Answer("not_found", _NONE, {"tariffs": told})
    return Answer("accepted", f"The charger has removed {cleared}.", {"tariffs": told})


@tariffs.sends
def notify_web_payment_started(
    work: Work, station: Station, command: commands.NotifyWebPaymentStarted
) -> v21.NotifyWebPaymentStarted:
    return v21.NotifyWebPaymentStarted(evse_id=command.evse, timeout=command.timeout_s)


@tariffs.answers
def notify_web_payment_started_answered(
    work: Work,
    station: Station,
    command: commands.NotifyWebPaymentStarted,
    request: v21.NotifyWebPaymentStarted,
    response: v21.NotifyWebPaymentStartedResponse,
) -> Answer:
    return Answer("accepted", "The charger has been told.")


def _tariff(work: Work, station: Station, told: dict[str, Any] | None, ours: str | None) -> dict[str, Any] | None:
    """As it was written, or one of ours in their words; its id tells its terms, for a charger takes another content under another id only."""
    if ours is None:
        return told
    row = our_tariffs.get(work, station.organization_id, ours)
    return tariff_words.tariff_type(f"{row.public_id}.{row.number}", our_tariffs.version_of(row))


def _answer(status: str, info: v21.StatusInfoType | None) -> Answer:
    reason = words.reason(info)
    if status in _REFUSALS:
        return Answer("rejected", words.with_reason(_REFUSALS[status], reason))
    return words.answer(status, reason)
