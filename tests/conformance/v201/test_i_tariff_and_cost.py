"""Certification cases of block I, Tariff and Cost (OCPP 2.0.1 part 6, 3.10)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from stationmaster.domain import commands, organizations, tariffs
from stationmaster.storage import Work
from tests.conformance.octt import CARD, Octt, now

INTERVAL = timedelta(minutes=15)


async def test_TC_I_01(octt: Octt, forward: Any) -> None:
    # The cost comes from whoever has the prices: a program that sends the command, or a person.
    await octt.booted()
    assert (await octt.call("Authorize", {"idToken": CARD}))["idTokenInfo"]["status"] == "Accepted"
    answer = await octt.transact("Authorized", kind="Updated", idToken=CARD)
    assert answer == {"idTokenInfo": {"status": "Accepted"}}
    await octt.ev_connected_pre_session()
    await octt.energy_transfer_started()
    for number in (1, 2):
        forward(INTERVAL)
        sample = {"value": 1000.0 * number, "context": "Sample.Periodic"}
        value = [{"timestamp": now(octt.app), "sampledValue": [sample]}]
        assert await octt.transact("MeterValuePeriodic", kind="Updated", meterValue=value) == {}
        cost = 0.35 * number
        record, [call] = await octt.operator(commands.ShowCost(octt.transaction, total_cost=cost), {})
        assert call == ("CostUpdated", {"totalCost": cost, "transactionId": octt.transaction})
        assert record.state == "done"


def _sells(work: Work) -> None:
    facts = {"currency": "EUR", "price_per_kwh": Decimal("0.50")}
    tariffs.create(work, organizations.home(work), public_id="day", name="Day", standard=True, **facts)


async def test_TC_I_02(octt: Octt, forward: Any) -> None:
    def register(value: float, context: str) -> dict[str, Any]:
        return {"meterValue": [{"timestamp": now(octt.app), "sampledValue": [{"value": value, "context": context}]}]}

    await octt.app.database.write(_sells)
    await octt.booted()
    await octt.ev_connected_pre_session(**register(1000.0, "Transaction.Begin"))
    await octt.ev_connected_post_session()
    forward(timedelta(hours=1))
    answer = await octt.ev_disconnected(**register(8000.0, "Transaction.End"))
    assert answer["totalCost"] == 3.5
