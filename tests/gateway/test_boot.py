"""Registration belongs to the record, not to the socket (CON-20 … CON-24)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import commands, organizations, stations
from stationmaster.domain.alarms import alarms
from stationmaster.domain.charging_profiles import ChargingProfile, Period
from stationmaster.domain.commands import commands as history
from stationmaster.domain.errors import Conflict
from stationmaster.domain.message_log import messages
from stationmaster.domain.quarantine import quarantine
from stationmaster.domain.sessions import sessions
from tests.charger import CallError, Charger
from tests.gateway.conftest import settled

STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
METER = {
    "connectorId": 1,
    "meterValue": [{"timestamp": "2026-11-01T10:00:00Z", "sampledValue": [{"value": "1"}]}],
}


def station_of(app: Any) -> int:
    return int(app.directory.find("CP1").station.id)


async def decide(app: Any, registration: str) -> None:
    """An operator changes what the charger is."""
    home = await app.database.write(organizations.home)
    await app.database.write(stations.change, home, "CP1", {"registration": registration})
    await settled(app.database)


async def refused(one: Charger, action: str, payload: Any) -> str:
    with pytest.raises(CallError) as caught:
        await one.call(action, payload)
    return caught.value.code


async def answer(one: Charger, payload: Any) -> str:
    """Answer the next call of the central system; returns its action."""
    call = await one.receive()
    assert call[0] == 2
    await one.send([3, call[1], payload])
    return str(call[2])


# CON-20


async def test_CON_20_who_is_accepted_may_reconnect_without_a_boot(charger: Any) -> None:
    await (await charger("CP1")).close()
    again = await charger("CP1", boot=False)
    assert await again.call("StatusNotification", STATUS) == {}


async def test_CON_20_also_after_a_restart_of_the_server(settings: Any) -> None:
    async with App(settings).running() as one:
        home = await one.database.write(organizations.home)
        _, secret = await one.database.write(stations.create, home, one.keys, identity="CP1")
        cp = await Charger.connect(one.gateway_port, "CP1", secret)
        await cp.boot()
        await cp.close()
    async with App(settings).running() as another:
        cp = await Charger.connect(another.gateway_port, "CP1", secret)
        assert await cp.call("StatusNotification", STATUS) == {}
        await cp.close()


@pytest.mark.any_database
@pytest.mark.parametrize("registration", ["rejected", "pending"])
async def test_CON_20_who_is_not_accepted_is_not_so_on_the_next_socket_either(
    app: Any, charger: Any, registration: str
) -> None:
    one = await charger("CP1", boot=False)
    await decide(app, registration)
    assert (await one.boot())["status"] == registration.capitalize()
    again = await charger("CP1", boot=False)
    assert await refused(again, "StatusNotification", STATUS) == "SecurityError"
    assert await refused(again, "Heartbeat", {}) == "SecurityError"


@pytest.mark.any_database
async def test_CON_20_a_decision_holds_for_a_socket_that_is_open(app: Any, charger: Any) -> None:
    one = await charger("CP1")
    assert await one.call("StatusNotification", STATUS) == {}
    await decide(app, "rejected")
    assert await refused(one, "StatusNotification", STATUS) == "SecurityError"
    await decide(app, "accepted")
    assert await one.call("StatusNotification", STATUS) == {}


async def test_CON_20_a_pending_charger_is_accepted_at_its_next_boot_whatever_its_message_ids(
    app: Any, charger: Any
) -> None:
    one = await charger("CP1", boot=False)
    await decide(app, "pending")
    boot = {"chargePointVendor": "Acme", "chargePointModel": "One"}
    assert (await one.call("BootNotification", boot, message_id="1"))["status"] == "Pending"
    await decide(app, "accepted")
    assert (await one.call("BootNotification", boot, message_id="1"))["status"] == "Accepted"


async def test_CON_20_what_was_read_before_a_boot_does_not_undo_it(app: Any, charger: Any) -> None:
    """The directory reads what other processes have changed, and a charger may boot while it reads."""
    one = await charger("CP1", boot=False)
    read = app.database.read
    booted, told = False, asyncio.Event()

    async def slow(f: Any, *args: Any) -> Any:
        nonlocal booted
        rows = await read(f, *args)
        if f is stations.changed_after and not booted:
            booted = True
            assert [(row.identity, row.booted_at) for row in rows] == [("CP1", None)]
            await one.boot()
            told.set()
        return rows

    app.database.read = slow
    await app.directory.catch_up()
    await told.wait()  # the directory may just have been reading by itself
    assert await one.call("StatusNotification", STATUS) == {}


async def test_CON_20_what_was_read_before_a_removal_does_not_bring_a_charger_back(app: Any, charger: Any) -> None:
    await charger("CP1")
    home = await app.database.write(organizations.home)
    read = app.database.read

    async def slow(f: Any, *args: Any) -> Any:
        rows = await read(f, *args)
        if f is stations.changed_after and app.directory.find("CP1"):
            await app.database.write(stations.delete, home, "CP1")
        return rows

    app.database.read = slow
    await app.directory.catch_up()
    assert app.directory.find("CP1") is None


# CON-21


async def test_CON_21_before_it_is_accepted_a_charger_may_only_boot(app: Any, charger: Any, rows: Any) -> None:
    one = await charger("CP1", boot=False)
    for action, payload in (("StatusNotification", STATUS), ("Authorize", {"idTag": "TAG1"}), ("Heartbeat", {})):
        assert await refused(one, action, payload) == "SecurityError"
    assert await rows(quarantine) == []
    await decide(app, "pending")
    start = {"connectorId": 1, "idTag": "TAG1", "meterStart": 0, "timestamp": "2026-11-01T10:00:00Z"}
    stop = {"transactionId": 5, "meterStop": 9, "timestamp": "2026-11-01T11:00:00Z"}
    for action, payload in (("StartTransaction", start), ("MeterValues", METER), ("StopTransaction", stop)):
        assert await refused(one, action, payload) == "SecurityError"
        assert (await rows(quarantine))[-1].action == action  # before the error, for it may be thrown away then
    assert await rows(sessions) == []
    await decide(app, "accepted")
    await one.boot()
    assert await one.call("StatusNotification", STATUS) == {}


# L3: registered, and never booted here


@pytest.mark.gateway(boot_grace_s=0)
async def test_L3_a_registered_charger_that_never_boots_is_asked_to_and_its_transactions_are_taken(
    app: Any, charger: Any, rows: Any
) -> None:
    one = await charger("CP1", boot=False)
    start = {"connectorId": 1, "idTag": "TAG1", "meterStart": 0, "timestamp": "2026-11-01T10:00:00Z"}
    await one.send([2, "s", "StartTransaction", start])
    asked, started = sorted([await one.receive(), await one.receive()])
    assert asked[2:] == ["TriggerMessage", {"requestedMessage": "BootNotification"}]
    assert started[:2] == [3, "s"]
    await one.send([3, asked[1], {"status": "Accepted"}])
    number = started[2]["transactionId"]
    assert await one.call("MeterValues", METER | {"transactionId": number}) == {}
    stop = {"transactionId": number, "meterStop": 9, "timestamp": "2026-11-01T11:00:00Z"}
    assert isinstance(await one.call("StopTransaction", stop), dict)
    assert (
        await refused(one, "Heartbeat", {}) == "SecurityError"
    )  # once asked is enough: this comes with no second question
    (session,) = await rows(sessions)
    assert (session.status, await rows(quarantine)) == ("completed", [])
    await one.boot()
    assert await one.call("StatusNotification", STATUS) == {}


@pytest.mark.any_database
@pytest.mark.gateway(boot_grace_s=0)
async def test_L3_whoever_connects_again_and_again_is_asked_once(app: Any, charger: Any, rows: Any) -> None:
    for number in range(3):
        one = await charger("CP1", boot=False)
        await one.send([2, str(number), "Heartbeat", {}])
        answers = [await one.receive() for _ in range(2 if number == 0 else 1)]
        assert [answer[2] for answer in answers if answer[0] == 2] == (["TriggerMessage"] if number == 0 else [])
        await one.close()


@pytest.mark.any_database
async def test_L3_whoever_boots_by_itself_is_not_asked(app: Any, charger: Any) -> None:
    one = await charger("CP1", boot=False)
    assert await refused(one, "StatusNotification", STATUS) == "SecurityError"
    await one.boot()
    connection = app.directory.find("CP1").connection
    connection._still_unregistered()  # its time is over
    assert await one.call("StatusNotification", STATUS) == {}


# A charger that is refused again and again


async def test_L1_a_charger_refused_again_and_again_is_one_hint_that_names_the_field(charger: Any, rows: Any) -> None:
    one = await charger("CP1", boot=False)
    for number in range(12):
        boot = {"chargePointVendor": "V", "chargePointModel": number}
        assert await refused(one, "BootNotification", boot) == "TypeConstraintViolation"
    (hint,) = await rows(alarms)
    assert hint.kind == "refused"
    for word in ("BootNotification", "chargePointModel: a text is needed", "came 2", "3 times"):
        assert word in hint.detail


async def test_L1_a_vendor_of_29_and_a_model_of_32_characters_are_accepted(charger: Any, rows: Any) -> None:
    one = await charger("CP1", boot=False)
    answer = await one.boot(chargePointVendor="v" * 29, chargePointModel="m" * 32)
    assert answer["status"] == "Accepted"
    (record,) = await rows(stations.stations)
    assert (record.vendor, record.model) == ("v" * 29, "m" * 32)
    (kept,) = [row for row in await rows(messages) if row.action == "BootNotification"]
    assert "chargePointModel: longer than 20 characters; kept" in kept.remarks


async def test_CON_21_what_we_have_triggered_is_let_through_while_pending(app: Any, charger: Any) -> None:
    one = await charger("CP1", boot=False)
    await decide(app, "pending")
    await one.boot()
    command = commands.TriggerMessage(message="StatusNotification", evse=1)
    asked = asyncio.create_task(app.switchboard.send(station_of(app), command, by="test"))
    assert await answer(one, {"status": "Accepted"}) == "TriggerMessage"
    assert (await asked).status == "accepted"
    assert await one.call("StatusNotification", STATUS) == {}
    assert await refused(one, "MeterValues", METER) == "SecurityError"
    assert await refused(one, "Authorize", {"idTag": "TAG1"}) == "SecurityError"


# CON-22


CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
EVERY_COMMAND: list[commands.Command] = [
    commands.RemoteStart(token="TAG1"),
    commands.RemoteStop(session="1"),
    commands.CheckSession(session="1"),
    commands.Reset(),
    commands.Unlock(),
    commands.ChangeAvailability(operative=False),
    commands.GetConfiguration(),
    commands.ChangeConfiguration(key="a", value="b"),
    commands.ReadSettings(settings=["a"]),
    commands.ReportSettings(),
    commands.ChangeSettings(changes=[commands.Change("a", "b")]),
    commands.SetMonitors(monitors=[commands.Watch("C/v", "above", 1)]),
    commands.ClearMonitors(ids=[1]),
    commands.ReportMonitors(),
    commands.SetMonitoringBase(base="all"),
    commands.SetMonitoringLevel(severity=5),
    commands.RenewPassword(),
    commands.TriggerMessage(message="StatusNotification"),
    commands.TriggerMessage(message="BootNotification"),
    commands.ClearCache(),
    commands.ReserveNow(token="TAG1", expires_at=datetime(2030, 1, 1, tzinfo=UTC)),
    commands.CancelReservation(reservation="1"),
    commands.SendLocalList(),
    commands.GetLocalListVersion(),
    commands.SetChargingProfile(profile=ChargingProfile("station_max", [Period(0, 16)])),
    commands.ClearChargingProfile(),
    commands.GetChargingProfiles(),
    commands.GetCompositeSchedule(),
    commands.SetDisplayMessage(text="Closed"),
    commands.GetDisplayMessages(),
    commands.ClearDisplayMessage(id=1),
    commands.ShowPrice(token="TAG1", text="0.39 EUR/kWh"),
    commands.ShowCost(session="1", total_cost=1.5),
    commands.UpdateFirmware(firmware="1"),
    commands.GetLog(),
    commands.InstallCertificate(use="csms", certificate=CERTIFICATE),
    commands.DeleteCertificate("SHA256", "a" * 64, "b" * 64, "c"),
    commands.ListCertificates(),
    commands.GiveCertificate(chain=CERTIFICATE),
    commands.CustomerInformation(token="TAG1"),
    commands.DataTransfer(vendor_id="Acme"),
    commands.SetDefaultTariff(tariff={}),
    commands.GetTariffs(),
    commands.ClearTariffs(),
    commands.ChangeTransactionTariff(session="1", tariff={}),
    commands.NotifyWebPaymentStarted(evse=1),
    commands.SetDerControl(control={}),
    commands.GetDerControl(),
    commands.ClearDerControl(),
    commands.SendAfrrSignal(signal=1),
    commands.GetPeriodicEventStreams(),
    commands.AdjustPeriodicEventStream(id=1, interval_s=5),
    commands.PublishFirmware(firmware="1"),
    commands.UnpublishFirmware(firmware="1"),
    commands.RequestBatterySwap(token="TAG1"),
    commands.UsePriorityCharging(session="1"),
    commands.UpdateDynamicSchedule(id=1, limit=16),
    commands.NotifyAllowedEnergyTransfer(session="1", modes=["DC"]),
    commands.SetNetworkProfile(slot=1, url="wss://csms.example", security_profile=2),
]


@pytest.mark.parametrize(
    "registration, allowed",
    [
        ("rejected", {"BootNotification"}),
        (
            "pending",
            {
                "Reset",
                "GetConfiguration",
                "ChangeConfiguration",
                "ReadSettings",
                "ReportSettings",
                "ChangeSettings",
                "RenewPassword",
                "InstallCertificate",
                "ListCertificates",
                "GiveCertificate",
                "StatusNotification",
                "BootNotification",
            },
        ),
    ],
)
async def test_CON_22_what_may_be_sent_before_it_is_accepted(
    app: Any, charger: Any, rows: Any, registration: str, allowed: set[str]
) -> None:
    one = await charger("CP1", boot=False)
    await decide(app, registration)
    await one.boot()
    sent = set()
    for command in EVERY_COMMAND:
        name = getattr(command, "message", type(command).__name__)
        asked = asyncio.create_task(app.switchboard.send(station_of(app), command, by="test"))
        if name in allowed:
            settings = name in ("GetConfiguration", "ReadSettings", "ReportSettings")
            for _ in range(2 if name == "ListCertificates" else 1):  # one request for each use
                await answer(one, {} if settings else {"status": "Accepted"})
            sent.add(name)
            await asked
        else:
            with pytest.raises(Conflict):
                await asked
    assert sent == allowed
    # Nothing of what was refused has gone out, or waits: the next thing on the socket is the answer to this.
    assert (await one.boot())["status"] == registration.capitalize()
    assert len(await rows(history)) == len(allowed)


def test_CON_22_every_command_is_tried_above() -> None:
    assert {type(command) for command in EVERY_COMMAND} == set(commands.COMMANDS.values())


# CON-23


@pytest.mark.any_database
@pytest.mark.gateway(heartbeat_interval_s=1000, burst=1000)
async def test_CON_23_intervals_are_spread_by_ten_percent(charger: Any) -> None:
    one = await charger("CP1", boot=False)
    intervals = [(await one.boot())["interval"] for _ in range(60)]
    assert all(900 <= interval <= 1100 for interval in intervals)
    assert len(set(intervals)) > 20
    assert min(intervals) < 960 and max(intervals) > 1040


# CON-24


async def test_CON_24_other_hardware_than_last_time_is_accepted_kept_and_flagged(
    app: Any, charger: Any, rows: Any
) -> None:
    one = await charger("CP1", boot=False)
    facts = {"chargePointSerialNumber": "S1", "firmwareVersion": "1.0"}
    assert (await one.boot(**facts))["status"] == "Accepted"
    await one.boot(**facts | {"firmwareVersion": "2.0"})  # new firmware is nothing to worry about
    assert await rows(alarms) == []
    assert (await one.boot(**facts | {"chargePointModel": "Two", "chargePointSerialNumber": "S2"}))[
        "status"
    ] == "Accepted"
    (alarm,) = await rows(alarms)
    assert alarm.kind == "hardware_changed"
    for word in ("Acme", "One", "S1", "Two", "S2"):  # what was, and what is
        assert word in alarm.detail
    (record,) = await rows(stations.stations)
    assert (record.vendor, record.model, record.serial) == ("Acme", "Two", "S2")
