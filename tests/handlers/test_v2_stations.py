"""Boot, status, authorization and security of 2.0.1 and 2.1 by their frames (blocks A, B, C, G, P)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stationmaster.domain import organizations, stations, tokens
from stationmaster.domain.connectors import connectors
from tests.charger import CallError
from tests.handlers.conftest import Stored, card


async def test_B01_a_boot_is_accepted_and_kept(app: Any, station: Any, stored: Stored, version: str) -> None:
    one = await station(boot=False)
    answer = await one.boot(serialNumber="S1", firmwareVersion="1.2", modem={"iccid": "I1", "imsi": "I2"})
    assert answer["status"] == "Accepted" and 270 <= answer["interval"] <= 330  # CON-23
    assert abs(datetime.fromisoformat(answer["currentTime"]) - datetime.now(UTC)) < timedelta(minutes=1)
    [row] = await stored.rows(stations.stations)
    told = (row.vendor, row.model, row.serial, row.firmware, row.iccid, row.imsi, row.ocpp_version)
    assert told == ("Acme", "Two", "S1", "1.2", "I1", "I2", version)
    later = await one.call("Heartbeat")
    assert datetime.fromisoformat(later["currentTime"]).tzinfo is not None


@pytest.mark.parametrize("registration, told", [("pending", "Pending"), ("rejected", "Rejected")])
async def test_B02_B03_CON_21_before_it_is_accepted_it_may_only_boot(
    app: Any, station: Any, stored: Stored, registration: str, told: str
) -> None:
    one = await station()
    home = await app.database.write(organizations.home)
    await app.database.write(stations.change, home, "CP1", {"registration": registration})
    while app.directory.find("CP1").station.registration != registration:
        await app.directory.refresh()
    assert (await one.boot())["status"] == told
    for action, payload in (("Heartbeat", {}), ("Authorize", {"idToken": card()})):
        with pytest.raises(CallError) as refused:
            await one.call(action, payload)
        assert refused.value.code == "SecurityError"
    with pytest.raises(CallError) as refused:
        await one.event("Started", 0, idToken=card())
    assert refused.value.code == "SecurityError"
    assert [kept.action for kept in await stored.quarantine()] == ["TransactionEvent"]


@pytest.mark.any_database
@pytest.mark.parametrize(
    "asked, told",
    [
        (("GetBaseReport", {"requestId": 7, "reportBase": "FullInventory"}), "NotifyReport"),
        (("TriggerMessage", {"requestedMessage": "StatusNotification"}), "StatusNotification"),
    ],
)
async def test_B02_CON_21_what_a_pending_charger_was_asked_for_it_may_send(
    app: Any, station: Any, asked: tuple[str, dict[str, Any]], told: str
) -> None:
    one = await station()
    home = await app.database.write(organizations.home)
    await app.database.write(stations.change, home, "CP1", {"registration": "pending"})
    while app.directory.find("CP1").station.registration != "pending":
        await app.directory.refresh()
    payload = {
        "NotifyReport": {"requestId": 7, "seqNo": 0, "generatedAt": "2026-11-01T10:00:00Z"},
        "StatusNotification": {
            "timestamp": "2026-11-01T09:00:00Z",
            "connectorStatus": "Available",
            "evseId": 1,
            "connectorId": 1,
        },
    }
    with pytest.raises(CallError, match="SecurityError"):
        await one.call(told, payload[told])
    calling = asyncio.create_task(
        app.switchboard.call(app.directory.find("CP1").station.id, *asked, timeout_s=10, by="test")
    )
    sent = await one.raw.receive()
    await one.raw.send([3, sent[1], {"status": "Accepted"}])
    await calling
    assert await one.call(told, payload[told]) == {}
    for name, other in payload.items():
        if name != told:
            with pytest.raises(CallError, match="SecurityError"):
                await one.call(name, other)


@pytest.mark.parametrize(
    "told, state",
    [
        ("Available", "available"),
        ("Occupied", "occupied"),
        ("Reserved", "reserved"),
        ("Unavailable", "unavailable"),
        ("Faulted", "faulted"),
        ("Asleep", None),
    ],
)
async def test_G01_the_status_of_a_connector(station: Any, stored: Stored, told: str, state: str | None) -> None:
    one = await station()
    if state is None:
        with pytest.raises(CallError) as refused:
            await one.status(told, evse=1, connector=2)
        assert refused.value.code == "PropertyConstraintViolation"
        return
    assert await one.status(told, evse=1, connector=2) == {}
    [row] = await stored.rows(connectors)
    assert (row.evse, row.number, row.state, row.status) == (1, 2, state, told)


def availability(component: dict[str, Any], value: str, variable: str = "AvailabilityState") -> dict[str, Any]:
    return {
        "generatedAt": "2026-11-01T09:00:00Z",
        "seqNo": 0,
        "eventData": [
            {
                "eventId": 1,
                "timestamp": "2026-11-01T09:00:00Z",
                "trigger": "Delta",
                "actualValue": value,
                "component": component,
                "eventNotificationType": "HardWiredNotification",
                "variable": {"name": variable},
            }
        ],
    }


async def test_G01_FR_08_the_status_is_told_as_a_variable(station: Any, stored: Stored) -> None:
    one = await station()
    place = {"name": "Connector", "evse": {"id": 2, "connectorId": 1}}
    assert await one.call("NotifyEvent", availability(place, "Faulted")) == {}
    await one.call("NotifyEvent", availability({"name": "ChargingStation"}, "Unavailable"))
    await one.call(
        "NotifyEvent", availability({"name": "EVSE", "evse": {"id": 3}}, "Faulted")
    )  # of none of its connectors
    await one.call("NotifyEvent", availability(place, "21", "Temperature"))
    rows = await stored.rows(connectors)
    assert [(row.evse, row.number, row.state) for row in rows] == [(2, 1, "faulted"), (0, 0, "unavailable")]


async def test_C01_the_answer_to_a_card(app: Any, station: Any) -> None:
    home = await app.database.write(organizations.home)
    until = datetime(2030, 1, 1, tzinfo=UTC)
    await app.database.write(tokens.add, home, uid="UNTIL", expires_at=until)
    await app.database.write(tokens.add, home, uid="OLD", expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    await app.database.write(tokens.add, home, uid="BAD", status="blocked")
    await app.database.write(tokens.add, home, uid="LONG", group="g" * 40)
    one = await station()

    async def asked(uid: str, kind: str = "ISO14443") -> Any:
        return (await one.call("Authorize", {"idToken": card(uid, kind)}))["idTokenInfo"]

    assert await asked("tag1") == {"status": "Accepted"}
    assert await asked("UNTIL") == {"status": "Accepted", "cacheExpiryDateTime": "2030-01-01T00:00:00.000Z"}
    assert (await asked("OLD"))["status"] == "Expired"
    assert (await asked("BAD"))["status"] == "Blocked"
    assert await asked("NOBODY", "Central") == {"status": "Unknown"}
    assert await asked("", "NoAuthorization") == {"status": "Accepted"}
    assert await asked("") == {"status": "Unknown"}


async def test_P_06_a_group_that_is_too_long_for_2_0_1_is_left_out(app: Any, station: Any, version: str) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="LONG", group="g" * 40)
    answer = await (await station()).call("Authorize", {"idToken": card("LONG")})
    assert ("groupIdToken" in answer["idTokenInfo"]) is (version == "2.1")


async def test_P_07_one_number_and_two_kinds_of_token(app: Any, station: Any, charger: Any, version: str) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="04A1B2C3", kind="Central", status="blocked")
    await app.database.write(tokens.add, home, uid="04A1B2C3", kind="ISO14443")
    one = await station()
    for kind, status in (("ISO14443", "Accepted"), ("Central", "Blocked"), ("ISO15693", "Unknown")):
        answer = await one.call("Authorize", {"idToken": card("04a1b2c3", kind)})
        assert answer["idTokenInfo"]["status"] == status
    await app.database.write(tokens.add, home, uid="04A1B2C3")  # whatever else it may be
    answer = await one.call("Authorize", {"idToken": card("04A1B2C3", "ISO15693")})
    assert answer["idTokenInfo"]["status"] == "Accepted"


async def test_P_07_1_6_knows_no_kinds_and_takes_the_one_that_may_charge(app: Any, charger: Any) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="04A1B2C3", kind="Central", status="blocked")
    old = await charger("OLD")
    assert (await old.call("Authorize", {"idTag": "04A1B2C3"}))["idTagInfo"]["status"] == "Blocked"
    await app.database.write(tokens.add, home, uid="04A1B2C3", kind="ISO14443")
    assert (await old.call("Authorize", {"idTag": "04A1B2C3"}))["idTagInfo"]["status"] == "Accepted"


HASH = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "a",
    "issuerKeyHash": "b",
    "serialNumber": "c",
    "responderURL": "http://192.0.2.1/",
}


@pytest.mark.parametrize("told", [{"iso15118CertificateHashData": [HASH]}, {"certificate": "-----BEGIN"}])
async def test_C07_FR_17_a_certificate_that_nobody_can_verify_is_invalid(station: Any, told: dict[str, Any]) -> None:
    answer = await (await station()).call("Authorize", {"idToken": card("TAG1", "eMAID")} | told)
    assert answer == {"idTokenInfo": {"status": "Invalid"}, "certificateStatus": "CertChainError"}


async def test_A04_SEC_33_a_security_event_is_an_alarm_under_the_name_all_versions_share(
    station: Any, stored: Stored
) -> None:
    one = await station()
    for kind in ("InvalidCsmsCertificate", "StartupOfTheDevice", "Weird"):
        told = {"type": kind, "timestamp": "2026-11-01T09:00:00Z", "techInfo": "x"}
        assert await one.call("SecurityEventNotification", told) == {}
    assert len(await stored.alarms("security:InvalidCentralSystemCertificate")) == 1
    [other] = await stored.alarms("security:other")
    assert other.detail == "Weird: x"


async def test_P01_data_of_a_vendor_nobody_knows(station: Any) -> None:
    assert await (await station()).call("DataTransfer", {"vendorId": "V", "data": {"a": [1]}}) == {
        "status": "UnknownVendorId"
    }


async def test_what_only_we_may_send_is_refused(station: Any) -> None:
    one = await station()
    for action, code in (
        ("Reset", "NotSupported"),
        ("StartTransaction", "NotImplemented"),
        ("Nonsense", "NotImplemented"),
    ):
        with pytest.raises(CallError) as refused:
            await one.call(action, {"type": "Immediate"})
        assert refused.value.code == code
