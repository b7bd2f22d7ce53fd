"""Certification cases of block I, Tariff and Cost (OCPP 2.0.1 part 6, 3.10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from stationmaster.domain import commands
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
