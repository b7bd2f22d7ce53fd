"""Tariffs that a charger of 2.1 computes with: given, listed, removed; and payments on the web (I07 to I11, C25)."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import organizations, tariffs
from stationmaster.domain.commands import (
    ChangeTransactionTariff,
    ClearTariffs,
    Command,
    GetTariffs,
    NotifyWebPaymentStarted,
    SetDefaultTariff,
)
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.money import parsing
from stationmaster.handlers.v2 import tariff_words
from stationmaster.storage import Work
from tests.handlers.asking import Asked

ACCEPTED = {"status": "Accepted"}
TARIFF = {
    "tariffId": "T1",
    "currency": "EUR",
    "energy": {"prices": [{"priceKwh": 0.35}], "taxRates": [{"type": "VAT", "tax": 21.0}]},
}


@pytest.fixture
def version() -> str:
    return "2.1"


@pytest.mark.any_database
async def test_I07_a_tariff_goes_out_as_it_was_written(app: App, one: Asked) -> None:
    came, [[action, sent]] = await one.ask(SetDefaultTariff(tariff=TARIFF, evse=2), ACCEPTED)
    assert (action, sent) == ("SetDefaultTariff", {"evseId": 2, "tariff": TARIFF})
    assert (came.state, came.outcome, came.arguments) == (
        "done",
        "accepted",
        {"evse": 2, "tariff": TARIFF, "ours": None},
    )
    await one.start()
    came, [[action, sent]] = await one.ask(ChangeTransactionTariff(session="tx-1", tariff=TARIFF), ACCEPTED)
    assert (action, sent) == ("ChangeTransactionTariff", {"transactionId": "tx-1", "tariff": TARIFF})


TAXED = {"name": "VAT", "percent": "19"}
OURS: dict[str, Any] = {
    "grace_minutes": 15,
    "max_price": {"after_taxes": "30"},
    "texts": [{"language": "en", "text": "By night it is cheaper"}],
    "elements": [
        {
            "price_components": [{"type": "energy", "price": "0.30", "taxes": [TAXED]}],
            "restrictions": {"start_time": "22:00", "end_time": "06:00", "day_of_week": ["sunday"]},
        },
        {
            "price_components": [
                {"type": "energy", "price": "0.45", "taxes": [TAXED]},
                {"type": "parking_time", "price": "6", "taxes": [TAXED]},
                {"type": "flat", "price": "0.50"},
            ]
        },
    ],
}


async def test_I07_one_of_our_tariffs_is_told_in_the_words_of_chargers(app: App, one: Asked) -> None:
    def add(work: Work) -> None:
        home = organizations.home(work)
        tariffs.create(work, home, public_id="night", name="Night", currency="EUR", structure=OURS)

    await app.database.write(add)
    came, [[action, sent]] = await one.ask(SetDefaultTariff(ours="night"), ACCEPTED)
    assert (action, came.outcome, sent["evseId"]) == ("SetDefaultTariff", "accepted", 0)
    vat = [{"type": "VAT", "tax": 19.0}]
    night = {"startTimeOfDay": "22:00", "endTimeOfDay": "06:00", "dayOfWeek": ["Sunday"]}
    assert sent["tariff"] == {
        "tariffId": "night.1",
        "currency": "EUR",
        "description": [{"format": "UTF8", "language": "en", "content": "By night it is cheaper"}],
        "energy": {"prices": [{"priceKwh": 0.3, "conditions": night}, {"priceKwh": 0.45}], "taxRates": vat},
        "idleTime": {"prices": [{"priceMinute": 0.1, "conditions": {"minIdleTime": 900}}], "taxRates": vat},
        "fixedFee": {"prices": [{"priceFixed": 0.5}]},
        "maxCost": {"inclTax": 30.0},
    }
    with pytest.raises(NotFound):
        await one.ask(SetDefaultTariff(ours="none"))
    for command in (SetDefaultTariff(), SetDefaultTariff(ours="night", tariff=TARIFF)):
        with pytest.raises(Invalid, match="tariff"):
            await one.ask(command)


@pytest.mark.parametrize(
    "component, more, why",
    [
        ({"step_size": 100}, {}, "steps"),
        ({"max_price": "5"}, {}, "maximum"),
        ({}, {"tax_included": True}, "with taxes"),
        ({"type": "time", "price": "1"}, {}, "no exact price of a minute"),
        ({}, {"restrictions": {"public_holiday": True}, "holidays": "DE"}, "holidays"),
        ({"type": "flat"}, {"restrictions": {"min_kwh": "1"}}, "fee hangs"),
    ],
)
def test_what_a_charger_would_compute_otherwise_is_not_told(
    component: dict[str, Any], more: dict[str, Any], why: str
) -> None:
    restrictions = {"restrictions": more.pop("restrictions")} if "restrictions" in more else {}
    element = {"price_components": [{"type": "energy", "price": "0.4"} | component]} | restrictions
    version = parsing.parsed({"currency": "EUR", "elements": [element]} | more)
    with pytest.raises(Conflict, match=why):
        tariff_words.tariff_type("T1", version)


@pytest.mark.parametrize(
    "change, field",
    [
        ({"currency": None}, r"^tariff\.currency"),
        ({"currency": "EURO"}, r"^tariff\.currency"),
        ({"enrgy": {}}, "^tariff: .*'enrgy'"),
        ({"energy": {"prices": []}}, r"^tariff\.energy\.prices"),
        ({"energy": {"prices": [{"priceKwh": "0.35"}]}}, r"^tariff\.energy\.prices\[0\]\.priceKwh"),
        ({"validFrom": "tomorrow"}, r"^tariff\.validFrom"),
        ({"tariffId": "T" * 61}, r"^tariff\.tariffId"),
        ({"minCost": 5}, r"^tariff\.minCost"),
    ],
)
async def test_what_is_wrong_in_a_tariff_is_refused_at_its_field(
    app: App, one: Asked, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid, match=field):
        await one.ask(SetDefaultTariff(tariff=TARIFF | change))
    await one.start()
    with pytest.raises(Invalid, match=field):
        await one.ask(ChangeTransactionTariff(session="tx-1", tariff=TARIFF | change))
    with pytest.raises(Invalid, match="tariff"):
        await one.ask(SetDefaultTariff(tariff={}))


@pytest.mark.parametrize(
    "status, sentence",
    [
        ("TooManyElements", "The tariff has more elements than the charger can compute with. It says: 9 at most"),
        ("ConditionNotSupported", "The charger cannot compute with conditions in a tariff. It says: 9 at most"),
        (
            "DuplicateTariffId",
            "The charger has a tariff with this id already; another content needs another id. It says: 9 at most",
        ),
        ("Rejected", "The charger has refused. It says: 9 at most"),
    ],
)
async def test_I07_a_refusal_says_why(app: App, one: Asked, status: str, sentence: str) -> None:
    told = {"status": status, "statusInfo": {"reasonCode": "X", "additionalInfo": "9 at most"}}
    came, _ = await one.ask(SetDefaultTariff(tariff=TARIFF), told)
    assert (came.state, came.outcome, came.sentence) == ("failed", "rejected", sentence)


@pytest.mark.parametrize(
    "status, sentence",
    [
        ("TxNotFound", "The charger knows no such session."),
        ("NoCurrencyChange", "A session cannot change its currency."),
    ],
)
async def test_I11_a_session_keeps_its_tariff_and_says_why(app: App, one: Asked, status: str, sentence: str) -> None:
    await one.start()
    came, _ = await one.ask(ChangeTransactionTariff(session="tx-1", tariff=TARIFF), {"status": status})
    assert (came.outcome, came.sentence) == ("rejected", sentence)
    with pytest.raises(NotFound):
        await one.ask(ChangeTransactionTariff(session="none", tariff=TARIFF))


@pytest.mark.any_database
async def test_I09_the_tariffs_of_a_charger_are_listed(app: App, one: Asked) -> None:
    told = [
        {"tariffId": "T1", "tariffKind": "DefaultTariff", "evseIds": [1, 2], "validFrom": "2026-12-01T00:00:00Z"},
        {"tariffId": "T2", "tariffKind": "DriverTariff", "idTokens": ["TAG1"]},
    ]
    came, [[action, sent]] = await one.ask(GetTariffs(), ACCEPTED | {"tariffAssignments": told})
    assert (action, sent, came.sentence) == ("GetTariffs", {"evseId": 0}, "The charger has told of 2.")
    assert came.data == {
        "tariffs": [
            {"id": "T1", "kind": "default", "valid_from": "2026-12-01T00:00:00Z", "evses": [1, 2], "tokens": []},
            {"id": "T2", "kind": "driver", "valid_from": None, "evses": [], "tokens": ["TAG1"]},
        ]
    }
    came, _ = await one.ask(GetTariffs(evse=1), {"status": "NoTariff"})
    assert (came.state, came.sentence, came.data) == ("done", "The charger has no tariff.", {"tariffs": []})
    came, _ = await one.ask(GetTariffs(), {"status": "Rejected"})
    assert (came.state, came.outcome) == ("failed", "rejected")


@pytest.mark.every_case
@pytest.mark.parametrize(
    "results, outcome, sentence",
    [
        ([("T1", "Accepted"), ("T2", "Accepted")], "accepted", "The charger has removed 2."),
        ([("T1", "Accepted"), ("T2", "NoTariff")], "accepted", "The charger has removed 1."),
        ([("T1", "Accepted"), ("T2", "Rejected")], "rejected", "The charger has refused."),
        ([(None, "NoTariff")], "not_found", "The charger has no such tariff."),
    ],
)
async def test_I10_tariffs_are_removed(
    app: App, one: Asked, results: list[tuple[str | None, str]], outcome: str, sentence: str
) -> None:
    told = [{"status": status} | ({} if name is None else {"tariffId": name}) for name, status in results]
    command = ClearTariffs(ids=["T1", "T2"], evse=1)
    came, [[action, sent]] = await one.ask(command, {"clearTariffsResult": told})
    assert (action, sent) == ("ClearTariffs", {"tariffIds": ["T1", "T2"], "evseId": 1})
    assert (came.outcome, came.sentence) == (outcome, sentence)
    assert came.data == {"tariffs": [{"id": name, "cleared": status == "Accepted"} for name, status in results]}
    _, [[_, sent]] = await one.ask(ClearTariffs(), {"clearTariffsResult": told})
    assert sent == {}


async def test_C25_a_charger_hears_that_somebody_is_paying(app: App, one: Asked) -> None:
    came, [[action, sent]] = await one.ask(NotifyWebPaymentStarted(evse=1, timeout_s=60), {})
    assert (action, sent) == ("NotifyWebPaymentStarted", {"evseId": 1, "timeout": 60})
    assert (came.outcome, came.sentence) == ("accepted", "The charger has been told.")


EVERY: list[Command] = [
    SetDefaultTariff(tariff=TARIFF),
    ChangeTransactionTariff(session="tx-1", tariff=TARIFF),
    GetTariffs(),
    ClearTariffs(),
    NotifyWebPaymentStarted(evse=1),
]


@pytest.mark.parametrize("command", EVERY, ids=lambda command: type(command).__name__)
async def test_a_callerror_another_version_and_a_charger_that_is_away_have_a_plain_end(
    charger: Any, one: Asked, command: Command
) -> None:
    await one.start()
    await one.is_refused_by_error(command)  # I07.FR.01
    await one.is_not_waited_for(command, charger, "1.6", "2.0.1")
