"""What a journal keeps when the simulator's own process ends at a bad moment."""

from pathlib import Path

import pytest

from stationmaster.simulator.journal import Journal, Ledger
from stationmaster.simulator.station import Habits
from stationmaster.simulator.v16 import ChargePoint16
from tests.simulator.central_system import CALL_ERROR, CentralSystem


async def session(station: ChargePoint16, *, kwh: float) -> None:
    await station.plug_in()
    await station.tap("RFID1")
    await station.charge(kwh=kwh)
    await station.unplug()


async def test_the_journal_tells_energy_and_acknowledgements(server: CentralSystem, hasty: Habits, tmp_path: Path):
    path = tmp_path / "CP1.journal"
    async with ChargePoint16("CP1", server.url, habits=hasty, journal=path) as station:
        await session(station, kwh=3)
        await session(station, kwh=1.5)
    ledger = Ledger.read(path)
    assert [each.energy_wh for each in ledger.transactions.values()] == [3_000, 1_500]
    assert [each.transaction_id for each in ledger.transactions.values()] == [1001, 1002]
    assert ledger.waiting == ledger.open_transactions == []
    told = [(*entry.ids, entry.action, entry.payload) for entry in ledger.acknowledged]
    assert told == [call for call in server.calls if call[1] != "Heartbeat"]


async def test_a_new_process_delivers_what_the_old_one_could_not(server: CentralSystem, hasty: Habits, tmp_path: Path):
    path = tmp_path / "CP1.journal"
    async with ChargePoint16("CP1", server.url, habits=hasty, journal=path) as old:
        await old.settled()
        await old.disconnect()
        await session(old, kwh=2)
        waiting = old.waiting_messages
        register_wh = old.connectors[1].outlet.register_wh
    assert len(Ledger.read(path).waiting) == waiting > 5
    async with ChargePoint16("CP1", server.url, habits=hasty, journal=path) as new:
        assert new.connectors[1].outlet.register_wh == register_wh
        await new.settled()
    sent = [action for action in server.actions if action in ("StartTransaction", "MeterValues", "StopTransaction")]
    assert sent == ["StartTransaction", *["MeterValues"] * (waiting - 2), "StopTransaction"]
    assert server.heard("StopTransaction")[0]["transactionId"] == 1001
    assert Ledger.read(path).waiting == []


async def test_a_transaction_that_the_crash_cut_short_is_ended(server: CentralSystem, hasty: Habits, tmp_path: Path):
    path = tmp_path / "CP1.journal"
    async with ChargePoint16("CP1", server.url, habits=hasty, journal=path) as old:
        await old.plug_in()
        await old.tap("RFID1")
        await old.charge(minutes=30)
    async with ChargePoint16("CP1", server.url, habits=hasty, journal=path) as new:
        await new.settled()
    [start], [stop] = server.heard("StartTransaction"), server.heard("StopTransaction")
    assert stop["reason"] == "PowerLoss" and stop["transactionId"] == 1001
    [transaction] = Ledger.read(path).transactions.values()
    assert transaction.energy_wh == stop["meterStop"] - start["meterStart"] > 5_000


@pytest.mark.parametrize(("policy", "same"), [("same", True), ("new", False)])
async def test_retries_over_a_restart_keep_their_policy(
    policy: str, same: bool, server: CentralSystem, hasty: Habits, tmp_path: Path
):
    hasty.retry_ids = policy  # type: ignore[assignment]
    server.rules["StopTransaction"] = lambda _: CALL_ERROR
    path = tmp_path / "CP1.journal"
    for _ in range(2):
        async with ChargePoint16("CP1", server.url, habits=hasty, journal=path) as station:
            await station.plug_in()
            await station.tap("RFID1")
            await station.unplug()
    ids = {message_id for message_id, action, payload in server.calls if payload.get("transactionId") == 1001}
    assert (len(ids) == 1) is same


def test_every_line_is_on_disk_before_the_call_goes_on(tmp_path: Path):
    path = tmp_path / "CP1.journal"
    journal = Journal(path)
    journal.write("live", n=1, action="BootNotification", payload={"a": 1})
    assert path.read_bytes().count(b"\n") == 1  # while the journal is still open
    assert Ledger.read(path).entries[1].acknowledged is False
    journal.close()


def test_a_torn_last_line_counts_as_never_written(tmp_path: Path):
    path = tmp_path / "CP1.journal"
    with Journal(path) as journal:
        journal.write("register", connector=1, wh=100)
    with path.open("ab") as file:
        file.write(b'{"k":"register","connector":1,"w')
    assert Ledger.read(path).registers_wh == {1: 100}
    with Journal(path) as journal:
        journal.write("register", connector=1, wh=200)
    assert Ledger.read(path).registers_wh == {1: 200}


def test_no_journal_is_an_empty_one(tmp_path: Path):
    assert Ledger.read(tmp_path / "none") == Ledger()
