"""The 1.6 charger as its driver, its network and its central system see it."""

from itertools import pairwise

import picows
import pytest

from stationmaster.ocpp.messages import parse_time
from stationmaster.simulator.clock import Clock
from stationmaster.simulator.link import CannotConnect
from stationmaster.simulator.meter import Vehicle
from stationmaster.simulator.station import Habits
from stationmaster.simulator.v16 import CannotCharge, ChargePoint16
from tests.simulator.central_system import CALL_ERROR, SILENCE, CentralSystem

FIRST = ["BootNotification", *(f"StatusNotification {n} Available" for n in range(3))]


def register(payload: dict) -> int:
    """The energy register in a MeterValues payload, Wh."""
    samples = payload["meterValue"][0]["sampledValue"]
    return next(int(s["value"]) for s in samples if s["measurand"] == "Energy.Active.Import.Register")


async def test_a_session_in_the_order_of_the_specification(server: CentralSystem, cp16: ChargePoint16):
    await cp16.plug_in()
    await cp16.tap("RFID1")
    await cp16.charge(kwh=1)
    await cp16.tap("RFID1")
    await cp16.unplug()
    assert server.story == [
        *FIRST,
        "StatusNotification 1 Preparing",
        "Authorize",
        "StartTransaction",
        "StatusNotification 1 Charging",
        *["MeterValues"] * 5,
        "StopTransaction",
        "StatusNotification 1 Finishing",
        "StatusNotification 1 Available",
    ]
    [start], [stop] = server.heard("StartTransaction"), server.heard("StopTransaction")
    assert stop["transactionId"] == 1001
    assert stop["meterStop"] - start["meterStart"] == 1_000
    assert (stop["reason"], stop["idTag"]) == ("Local", "RFID1")


async def test_card_first_then_cable(server: CentralSystem, cp16: ChargePoint16):
    assert await cp16.tap("RFID1", connector=2) == "Accepted"
    await cp16.plug_in(connector=2)
    await cp16.unplug(connector=2)
    assert server.heard("StopTransaction")[0]["reason"] == "EVDisconnected"
    assert server.heard("StartTransaction")[0]["connectorId"] == 2


async def test_time_stamps_advance_as_the_energy_does(server: CentralSystem, cp16: ChargePoint16):
    await cp16.plug_in()
    await cp16.tap("RFID1")
    await cp16.charge(minutes=10)
    values = server.heard("MeterValues")
    assert len(values) == 10
    times = [parse_time(each["meterValue"][0]["timestamp"]) for each in values]
    gaps = [(after - before).total_seconds() for before, after in pairwise(times) if before and after]
    assert gaps == pytest.approx([60] * 9, abs=1)
    measurands = {s["measurand"] for s in values[0]["meterValue"][0]["sampledValue"]}
    assert measurands == {
        "Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "Voltage", "SoC",
    }  # fmt: skip


async def test_the_register_goes_on_over_sessions_and_restarts(server: CentralSystem, cp16: ChargePoint16):
    for token in ("A", "B"):
        await cp16.plug_in()
        await cp16.tap(token)
        await cp16.charge(kwh=2)
        await cp16.unplug()
        await cp16.boot()
    starts, stops = server.heard("StartTransaction"), server.heard("StopTransaction")
    assert [stop["meterStop"] - start["meterStart"] for start, stop in zip(starts, stops, strict=True)] == [2000, 2000]
    assert starts[1]["meterStart"] == stops[0]["meterStop"]
    assert len(server.heard("BootNotification")) == 3


async def test_a_full_car_suspends(server: CentralSystem, cp16: ChargePoint16):
    await cp16.plug_in(vehicle=Vehicle(capacity_wh=10_000, stored_wh=9_500))
    await cp16.tap("RFID1")
    await cp16.charge()
    assert "StatusNotification 1 SuspendedEV" in server.story
    powers = [
        float(sample["value"])
        for payload in server.heard("MeterValues")
        for sample in payload["meterValue"][0]["sampledValue"]
        if sample["measurand"] == "Power.Active.Import"
    ]
    assert powers == sorted(powers, reverse=True) and powers[-1] < powers[0] / 2


async def test_a_refused_card_starts_nothing(server: CentralSystem, cp16: ChargePoint16):
    server.rules["Authorize"] = lambda _: {"idTagInfo": {"status": "Blocked"}}
    await cp16.plug_in()
    assert await cp16.tap("STOLEN") == "Blocked"
    assert "StartTransaction" not in server.actions
    with pytest.raises(CannotCharge):
        await cp16.charge(kwh=1)


async def test_a_token_refused_at_the_start_stops_the_transaction(server: CentralSystem, cp16: ChargePoint16):
    server.rules["StartTransaction"] = lambda _: {"transactionId": 7, "idTagInfo": {"status": "Expired"}}
    await cp16.plug_in()
    await cp16.tap("RFID1")
    await cp16.settled()
    [stop] = server.heard("StopTransaction")
    assert (stop["reason"], stop["transactionId"]) == ("DeAuthorized", 7)


async def test_same_seed_same_session(server: CentralSystem, hasty: Habits):
    async def meter_starts(seed: int) -> int:
        station = ChargePoint16("CP1", server.url, clock=Clock(jumps=True), habits=hasty, seed=seed)
        async with station:
            return station.connectors[1].outlet.register_wh

    assert await meter_starts(1) == await meter_starts(1) != await meter_starts(2)


# -- the network -------------------------------------------------------------------------------------------------------


async def test_offline_the_queue_keeps_everything_in_order(server: CentralSystem, cp16: ChargePoint16):
    async with cp16.offline():
        for kwh in (1, 2):
            await cp16.plug_in()
            assert await cp16.tap("RFID1") == "Accepted"  # unknown, but AllowOfflineTxForUnknownId
            await cp16.charge(kwh=kwh)
            await cp16.unplug()
        assert cp16.waiting_messages > 10
        assert server.story == FIRST
    sent = [action for action in server.actions if action in ("StartTransaction", "MeterValues", "StopTransaction")]
    one = ["StartTransaction", *["MeterValues"] * 5, "StopTransaction"]
    two = ["StartTransaction", *["MeterValues"] * 11, "StopTransaction"]
    assert [len(one), len(two)] == [sent.index("StopTransaction") + 1, len(sent) - sent.index("StopTransaction") - 1]
    assert sent == one + two
    assert [stop["transactionId"] for stop in server.heard("StopTransaction")] == [1001, 1002]
    assert {value["transactionId"] for value in server.heard("MeterValues")[:5]} == {1001}
    registers = [register(value) for value in server.heard("MeterValues")]
    assert registers == sorted(registers)
    assert cp16.waiting_messages == 0


async def test_only_the_last_status_is_told_after_an_outage(server: CentralSystem, cp16: ChargePoint16):
    async with cp16.offline():
        await cp16.plug_in()
    assert server.story == [*FIRST, "StatusNotification 1 Preparing"]  # and no second boot


@pytest.mark.parametrize(("policy", "ids"), [("same", 1), ("new", 3)])
async def test_retries_re_use_or_renew_the_message_id(policy: str, ids: int, server: CentralSystem, hasty: Habits):
    hasty.retry_ids = policy  # type: ignore[assignment]
    refusals = [CALL_ERROR, CALL_ERROR]
    accepted = {"transactionId": 5, "idTagInfo": {"status": "Accepted"}}
    server.rules["StartTransaction"] = lambda _: refusals.pop() if refusals else accepted
    async with ChargePoint16("CP1", server.url, habits=hasty) as station:
        await station.plug_in()
        await station.tap("RFID1")
        await station.settled()
    starts = [(message_id, payload) for message_id, action, payload in server.calls if action == "StartTransaction"]
    assert len(starts) == 3
    assert len({message_id for message_id, _ in starts}) == ids
    assert starts[0][1] == starts[1][1] == starts[2][1]


async def test_a_dropping_station_throws_away_what_was_answered_with_an_error(server: CentralSystem, hasty: Habits):
    hasty.retry_ids = "drop"
    server.rules["StopTransaction"] = lambda _: CALL_ERROR
    async with ChargePoint16("CP1", server.url, habits=hasty) as station:
        await station.plug_in()
        await station.tap("RFID1")
        await station.unplug()
        await station.settled()
        assert station.waiting_messages == 0
    assert server.actions.count("StopTransaction") == 1


async def test_no_answer_is_followed_by_the_same_message(server: CentralSystem, cp16: ChargePoint16):
    cp16.habits.call_timeout_s = 0.05
    silences = [SILENCE]
    server.rules["StopTransaction"] = lambda _: silences.pop() if silences else {}
    await cp16.plug_in()
    await cp16.tap("RFID1")
    await cp16.unplug()
    await cp16.settled()
    first, *again = server.heard("StopTransaction")
    assert again and all(each == first for each in again)


async def test_an_answer_lost_with_the_connection_is_asked_for_again(server: CentralSystem, cp16: ChargePoint16):
    await cp16.plug_in()
    cp16.habits.call_timeout_s = 0.05
    async with cp16.answers_lost():
        await cp16.tap("RFID1")
        cp16.habits.call_timeout_s = 5
    first, *again = server.heard("StartTransaction")
    assert again and all(each == first for each in again)
    transaction = cp16.connectors[1].transaction
    assert transaction is not None and transaction.id == 1000 + len([first, *again])


async def test_a_power_cut_ends_the_transaction_and_boots(server: CentralSystem, cp16: ChargePoint16):
    await cp16.plug_in()
    await cp16.tap("RFID1")
    async with cp16.power_cut():
        pass
    assert server.heard("StopTransaction")[0]["reason"] == "PowerLoss"
    assert server.actions.count("BootNotification") == 2


async def test_a_wrong_password_is_said_in_words(server: CentralSystem, hasty: Habits):
    server.passwords["SIM001"] = b"right"
    hasty.gives_up_when_refused = True
    with pytest.raises(CannotConnect, match=r"^401: the server refused the password of SIM001"):
        async with ChargePoint16("SIM001", server.url, password="wrong", habits=hasty):
            raise AssertionError("It was let in.")


async def test_retry_after_is_honoured(server: CentralSystem, hasty: Habits):
    hasty.reconnect_s = 30  # its own pause would outlast the test
    busy = picows.WSUpgradeResponse.create_error_response(503, extra_headers={"Retry-After": "1"})
    server.refuse_with = [busy]
    async with ChargePoint16("CP1", server.url, habits=hasty) as station:
        assert station.is_ready
    assert server.handshakes == 2


async def test_nothing_is_sent_before_the_boot_was_accepted(server: CentralSystem, hasty: Habits):
    verdicts = ["Rejected", "Pending"]
    server.rules["BootNotification"] = lambda _: {
        "status": verdicts.pop() if verdicts else "Accepted", "currentTime": "2026-05-04T10:00:00Z", "interval": 1,
    }  # fmt: skip
    async with ChargePoint16("CP1", server.url, habits=hasty, clock=Clock(factor=100)) as station:
        await station.settled()
        assert station.registration == "Accepted"
    assert server.actions[:4] == ["BootNotification"] * 3 + ["StatusNotification"]


async def test_heartbeats_come_at_the_interval_of_the_boot_answer(server: CentralSystem, cp16: ChargePoint16):
    for beats in (1, 2, 3):
        await cp16.clock.pass_time(601)
        await server.until(lambda beats=beats: server.actions.count("Heartbeat") == beats)


async def test_a_charger_at_real_pace_follows_the_clock_of_the_server(server: CentralSystem, hasty: Habits):
    async with ChargePoint16("CP1", server.url, habits=hasty, clock=Clock()) as station:
        await station.settled()
    assert server.heard("StatusNotification")[0]["timestamp"].startswith("2026-05-04T10:00:0")
