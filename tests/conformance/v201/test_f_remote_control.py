"""Certification cases of block F, Remote Control (OCPP 2.0.1 part 6, 3.7)."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.domain import commands
from tests.conformance.octt import CARD, Octt, now

ACCEPTED = {"status": "Accepted"}
pytestmark = pytest.mark.usefixtures("card")

with_and_without_card = pytest.mark.parametrize("token", [{"idToken": CARD}, {}], ids=["card told", "card not told"])


async def start(octt: Octt, answer: Any = ACCEPTED) -> tuple[commands.CommandRecord, int]:
    """An operator starts a transaction for the card: what he is told, and the number of the remote start."""
    record, [(action, request)] = await octt.operator(commands.RemoteStart(CARD["idToken"], evse=1), answer)
    assert (action, request["idToken"], request["evseId"]) == ("RequestStartTransaction", CARD, 1)
    assert (record.state, record.outcome) == ("awaiting", "accepted")
    return record, request["remoteStartId"]


async def check_started(octt: Octt, record: commands.CommandRecord, number: int) -> None:
    """The command names the session that came of it, and the session the command."""
    [session] = await octt.sessions()
    told = await octt.record(record.id)
    assert (told.state, told.session, told.sentence) == ("done", session.public_id, "The session has begun.")
    assert (session.remote_start_id, session.status, session.token) == (number, "active", CARD["idToken"])


@with_and_without_card
async def test_TC_F_01(octt: Octt, token: dict[str, Any]) -> None:
    await octt.booted()
    await octt.ev_connected_pre_session()
    record, number = await start(octt, {"status": "Accepted", "transactionId": octt.transaction})
    await octt.remote_started(number, **token)
    await octt.energy_transfer_started()
    await check_started(octt, record, number)
    assert (await octt.sessions())[0].charging_state == "charging"


@with_and_without_card
async def test_TC_F_02(octt: Octt, token: dict[str, Any]) -> None:
    await octt.booted()
    record, number = await start(octt)
    assert (await octt.call("Authorize", {"idToken": CARD}))["idTokenInfo"]["status"] == "Accepted"
    await octt.remote_started(number, **token)
    await octt.energy_transfer_started()
    await check_started(octt, record, number)


@with_and_without_card
async def test_TC_F_03(octt: Octt, token: dict[str, Any]) -> None:
    await octt.booted()
    record, number = await start(octt)
    await octt.remote_started(number, **token)
    await octt.energy_transfer_started()
    await check_started(octt, record, number)


@with_and_without_card
async def test_TC_F_04(octt: Octt, token: dict[str, Any]) -> None:
    await octt.booted()
    record, number = await start(octt)
    await octt.remote_started(number, **token)
    assert await octt.transact("EVConnectTimeout", kind="Updated") == {}
    await check_started(octt, record, number)


async def test_TC_F_06(octt: Octt) -> None:
    await octt.booted()
    record, [call] = await octt.operator(commands.Unlock(evse=1, connector=1), {"status": "Unlocked"})
    assert call == ("UnlockConnector", {"evseId": 1, "connectorId": 1})
    assert (record.state, record.outcome, record.sentence) == ("done", "unlocked", "The connector is unlocked.")


async def trigger(octt: Octt, command: commands.TriggerMessage, answer: Any = ACCEPTED) -> dict[str, Any]:
    """Where the message is asked of; empty for all of the station."""
    record, [(action, request)] = await octt.operator(command, answer)
    assert (action, request.pop("requestedMessage")) == ("TriggerMessage", command.message)
    assert (record.outcome == "accepted") == (answer == ACCEPTED)
    evse: dict[str, Any] = request.pop("evse", {})
    assert request == {}
    return evse


def triggered(octt: Octt) -> list[dict[str, Any]]:
    return [{"timestamp": now(octt.app), "sampledValue": [{"value": 1000.0, "context": "Trigger"}]}]


async def test_TC_F_11(octt: Octt) -> None:
    await octt.booted()
    assert await trigger(octt, commands.TriggerMessage("MeterValues", evse=1)) == {"id": 1}
    assert await octt.call("MeterValues", {"evseId": 1, "meterValue": triggered(octt)}) == {}


async def test_TC_F_12(octt: Octt) -> None:
    await octt.booted()
    assert await trigger(octt, commands.TriggerMessage("MeterValues")) == {}
    for evse in (1, 2):
        assert await octt.call("MeterValues", {"evseId": evse, "meterValue": triggered(octt)}) == {}


async def test_TC_F_13(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    assert await trigger(octt, commands.TriggerMessage("TransactionEvent", evse=1)) == {"id": 1}
    await tell_of_transaction(octt, evse={"id": 1})


async def test_TC_F_14(octt: Octt) -> None:
    await octt.booted()
    both = [octt, octt.beside(2)]
    for each in both:
        await each.energy_transfer_started()
    assert await trigger(octt, commands.TriggerMessage("TransactionEvent")) == {}
    for each in both:
        await tell_of_transaction(each)


async def tell_of_transaction(octt: Octt, **more: Any) -> None:
    """As it was asked for; what it measures belongs to the transaction."""
    value, info = triggered(octt), {"chargingState": "Charging"}
    assert await octt.transact("Trigger", kind="Updated", info=info, meterValue=value, **more) == {}
    [session] = [row for row in await octt.sessions() if row.transaction_id == octt.transaction]
    values = await octt.meter_values(session.id)
    assert [(each.context, each.energy_wh) for each in values] == [("Trigger", 1000)]


async def test_TC_F_15(octt: Octt) -> None:
    await octt.booted()
    assert await trigger(octt, commands.TriggerMessage("LogStatusNotification")) == {}
    assert await octt.call("LogStatusNotification", {"status": "Idle"}) == {}


async def test_TC_F_18(octt: Octt) -> None:
    await octt.booted()
    assert await trigger(octt, commands.TriggerMessage("FirmwareStatusNotification")) == {}
    assert await octt.call("FirmwareStatusNotification", {"status": "Idle"}) == {}


async def test_TC_F_20(octt: Octt) -> None:
    await octt.booted()
    assert await trigger(octt, commands.TriggerMessage("Heartbeat")) == {}
    assert set(await octt.call("Heartbeat", {})) == {"currentTime"}


@pytest.mark.parametrize("connector", [None, 1])
async def test_TC_F_23(octt: Octt, connector: int | None) -> None:
    await octt.booted()
    await trigger_status(octt, "Available", connector)


@pytest.mark.parametrize("connector", [None, 1])
async def test_TC_F_24(octt: Octt, connector: int | None) -> None:
    await octt.booted()
    await octt.notify("Occupied")
    await trigger_status(octt, "Occupied", connector)


async def trigger_status(octt: Octt, status: str, connector: int | None) -> None:
    place = await trigger(octt, commands.TriggerMessage("StatusNotification", evse=1, connector=connector))
    assert place == {"id": 1, "connectorId": 1}  # F06.FR.12: by connector
    await octt.notify(status)
    assert (await octt.connector_states())[1, 1] == status.lower()


async def test_TC_F_27(octt: Octt) -> None:
    await octt.booted()
    command = commands.TriggerMessage("SignV2GCertificate")
    assert await trigger(octt, command, {"status": "NotImplemented"}) == {}
    told = await octt.record()
    assert (told.state, told.outcome, told.sentence) == ("failed", "not_supported", "The charger cannot do this.")
