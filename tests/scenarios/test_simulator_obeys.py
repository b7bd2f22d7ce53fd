"""What the server asks of a charger, the simulator does, in each version: question, answer and what follows, over a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from stationmaster.app import App
from stationmaster.domain import commands, organizations, sessions, stations, tokens
from stationmaster.domain.commands.outcomes import GOOD
from stationmaster.domain.errors import Invalid
from stationmaster.domain.public_forms import CommandRecord
from stationmaster.domain.station_settings.streams import setting_streams
from stationmaster.handlers import v2, v16
from stationmaster.simulator.charger import Charger
from stationmaster.simulator.clock import Clock
from stationmaster.simulator.command import Version, kinds
from stationmaster.simulator.station import Habits
from stationmaster.storage import Work
from tests.patience import PATIENCE_S
from tests.scenarios.test_independent_client import api as api

ROUTES = {"1.6": v16.routes, "2.0.1": v2.routes_201, "2.1": v2.routes_21}

pytestmark = pytest.mark.any_database


class Asking:
    """The server, one charger, and what the answers were."""

    def __init__(self, app: App, charger: Charger, station_id: int) -> None:
        self.app, self.charger, self.station_id = app, charger, station_id
        self.records: dict[str, CommandRecord] = {}

    async def ask(self, command: commands.Command) -> CommandRecord:
        async with asyncio.timeout(PATIENCE_S):
            record = await self.app.switchboard.send(self.station_id, command, by="me")
        name = type(command).__name__
        self.records[name] = record
        assert record.outcome in GOOD, f"{name}: {record.outcome}, {record.sentence}"
        await self.charger.settled()
        return record

    def knows(self, kind: type[commands.Command]) -> bool:
        return kind in ROUTES[self.charger.dialect.version].senders


@pytest.fixture(params=kinds(Version.mixed), ids=lambda kind: kind.dialect.version)
async def asking(app: App, request: pytest.FixtureRequest) -> Any:
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="RFID1")
    row, secret = await app.database.write(stations.create, home, app.keys, identity="CP1")
    habits = Habits(call_timeout_s=10, retry_wait_s=0.01, reconnect_s=0.01, reconnect_max_s=0.05, transfers_files=True)
    options: dict[str, Any] = {"habits": habits, "clock": Clock(jumps=True), "connectors": 2}
    async with request.param("CP1", f"ws://127.0.0.1:{app.gateway_port}/ocpp", password=secret, **options) as charger:
        await charger.settled()
        yield Asking(app, charger, row.id)


async def test_a_session_is_started_looked_at_and_stopped_from_afar(asking: Asking) -> None:
    await asking.charger.plug_in()
    await asking.ask(commands.RemoteStart(token="RFID1", evse=1))
    await asking.charger.charge(kwh=1)
    [session] = await asking.app.database.read(session_rows)
    if asking.knows(commands.CheckSession):
        assert (await asking.ask(commands.CheckSession(session=session.public_id))).data == {
            "ongoing": True, "queued": False,
        }  # fmt: skip
    await asking.ask(commands.TriggerMessage(message="MeterValues", evse=1))
    await asking.ask(commands.RemoteStop(session=session.public_id))
    [session] = await asking.app.database.read(session_rows)
    assert (session.status, session.energy_wh) == ("completed", 1_000)


async def test_what_concerns_connectors_and_the_whole_charger(asking: Asking) -> None:
    for command in (
        commands.Unlock(evse=2),
        commands.ChangeAvailability(operative=False, evse=2),
        commands.ChangeAvailability(operative=True),
        commands.ClearCache(),
        commands.TriggerMessage(message="Heartbeat"),
        commands.TriggerMessage(message="StatusNotification", evse=1, connector=1),
        commands.TriggerMessage(message="FirmwareStatusNotification"),
        commands.TriggerMessage(message="LogStatusNotification"),
        commands.TriggerMessage(message="SignChargingStationCertificate"),
        commands.Reset(kind="hard"),
    ):
        await asking.ask(command)
    await until(lambda: asking.charger.boots == 2)
    assert [post.status for post in asking.charger.connectors.values()] == ["Available", "Available"]


async def test_settings_are_read_changed_and_reported(asking: Asking) -> None:
    of_16 = asking.charger.dialect.version == "1.6"
    name = "MeterValueSampleInterval" if of_16 else "SampledDataCtrlr/TxUpdatedInterval"
    await asking.ask(commands.ReadSettings(settings=[name]))
    await asking.ask(commands.ChangeSettings(changes=[commands.Change(setting=name, value="33")]))
    assert asking.charger.configuration["MeterValueSampleInterval"] == "33"
    await asking.ask(commands.ReportSettings())
    await asking.ask(commands.RenewPassword())
    await until(lambda: asking.charger.counters.connections == 2 and asking.charger.is_ready)


async def test_monitors_are_set_reported_and_cleared(asking: Asking) -> None:
    if not asking.knows(commands.SetMonitors):
        assert asking.charger.dialect.version == "1.6"
        return
    watch = commands.Watch(setting="EVSE#1/Power", kind="above", value=11_000)
    await asking.ask(commands.SetMonitors(monitors=[watch]))
    await asking.ask(commands.ReportMonitors())
    await asking.ask(commands.ClearMonitors(ids=[1]))
    await asking.ask(commands.SetMonitoringBase(base="all"))
    await asking.ask(commands.SetMonitoringLevel(severity=5))


async def test_N11_what_is_found_often_goes_through_a_stream(asking: Asking) -> None:
    if asking.charger.dialect.version != "2.1":
        if asking.knows(commands.SetMonitors):
            watch = commands.Watch("EVSE#1/Power", "periodic", 1, stream=commands.Pace(interval_s=60))
            with pytest.raises(Invalid, match=r"streams are part of OCPP 2\.1; this charger speaks 2\.0\.1"):
                await asking.ask(commands.SetMonitors([watch]))
        return
    watch = commands.Watch("EVSE#1/Power", "periodic", 1, stream=commands.Pace(interval_s=60, values=2))
    await asking.ask(commands.SetMonitors([watch]))
    told = await asking.ask(commands.GetPeriodicEventStreams())
    assert told.data == {"streams": [{"id": 1, "monitor": 1, "interval_s": 60, "values": 2}]}
    await asking.charger.plug_in()
    await asking.charger.tap("RFID1")
    await asking.charger.charge(minutes=1)

    async def streams() -> list[Any]:
        return list(await asking.app.database.read(lambda work: work.execute(select(setting_streams)).all()))

    async with asyncio.timeout(PATIENCE_S):
        while not any((row.last_value or "0") != "0" for row in await streams()):
            await asking.charger.clock.pass_time(1)
            await asyncio.sleep(0.01)
    await asking.ask(commands.AdjustPeriodicEventStream(id=1, interval_s=5))
    await asking.ask(commands.ClearMonitors([1]))
    [row] = await streams()
    assert (row.number, row.interval_s, row.closed_at is not None) == (1, 5, True)


async def test_what_is_known_of_a_customer_is_told(asking: Asking) -> None:
    if not asking.knows(commands.CustomerInformation):
        assert asking.charger.dialect.version == "1.6"
        return
    await asking.ask(commands.SendLocalList(full=True))
    await asking.ask(commands.CustomerInformation(token="RFID1", clear=True))
    [row, *_] = await asking.app.database.read(commands.listed, asking.station_id, limit=1, cursor=None)
    assert row.data is not None and (row.state, row.data["text"]) == ("done", "local list: Accepted")


async def test_data_of_its_maker_comes_back_and_a_network_profile_is_stored(asking: Asking) -> None:
    told = await asking.ask(commands.DataTransfer(vendor_id="stationmaster.simulator", data="x"))
    assert told.data == {"data": "x"}
    if asking.knows(commands.SetNetworkProfile):
        await asking.ask(commands.SetNetworkProfile(slot=1, url="wss://csms.example", security_profile=2))


async def test_a_charger_of_2_1_keeps_tariffs_and_controls_of_the_grid(asking: Asking) -> None:
    if not asking.knows(commands.SetDefaultTariff):
        assert asking.charger.dialect.version != "2.1"
        return
    tariff = {"tariffId": "T1", "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.35}]}}
    await asking.ask(commands.SetDefaultTariff(tariff=tariff))
    told = await asking.ask(commands.GetTariffs())
    assert told.data is not None and [each["id"] for each in told.data["tariffs"]] == ["T1"]
    await asking.ask(commands.ClearTariffs(ids=["T1"]))
    await asking.ask(commands.NotifyWebPaymentStarted(evse=1))
    assert asking.charger.tariffs == {}  # type: ignore[attr-defined]
    gradient = {"priority": 1, "gradient": 1.5, "softGradient": 0.5}
    control = {"isDefault": False, "controlId": "C1", "controlType": "Gradients", "gradient": gradient}
    await asking.ask(commands.SetDerControl(control=control))
    await asking.ask(commands.GetDerControl())
    row, *_ = await asking.app.database.read(commands.listed, asking.station_id, limit=1, cursor=None)
    assert (row.state, row.data) == ("done", {"controls": [{"object": "gradient", "gradient": gradient, "id": "C1"}]})
    await asking.ask(commands.ClearDerControl())


async def test_a_list_of_cards_and_a_reservation(asking: Asking) -> None:
    await asking.ask(commands.SendLocalList(full=True))
    assert "rfid1" in asking.charger.tokens.local
    await asking.ask(commands.GetLocalListVersion())
    until_when = asking.app.database.clock() + timedelta(hours=1)
    await asking.ask(commands.ReserveNow(token="RFID1", evse=2, expires_at=until_when))
    assert asking.charger.connectors[2].status == "Reserved"


async def test_firmware_is_fetched_and_a_log_is_brought(asking: Asking, api: httpx.AsyncClient) -> None:
    async def newest(what: str) -> dict[str, Any]:
        return dict((await api.get(f"/stations/CP1/{what}")).json()["items"][0])

    async def becomes(what: str, state: str) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            while (row := await newest(what))["state"] != state:
                await asyncio.sleep(0.01)
        return row

    made = await api.post("/firmware", params={"name": "post.bin", "version": "1.0.1"}, content=b"new" * 1000)
    assert made.status_code == 201, made.text
    await asking.ask(commands.UpdateFirmware(firmware=made.json()["id"]))
    await asking.charger.clock.pass_time(86_400)  # its clock is half a day behind
    await becomes("firmware-updates", "installed")
    assert asking.charger.boots == 2
    await asking.ask(commands.GetLog())
    row = await becomes("logs", "uploaded")
    brought = await api.get(row["file"].removeprefix("/api/v1"))
    assert b"BootNotification sent 2\n" in brought.content


def session_rows(work: Work) -> list[Any]:
    return list(work.execute(select(sessions.sessions).order_by(sessions.sessions.c.id)).all())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.001)
