"""A charger is asked for a message, in three versions: what goes out, what it may then send, and what its answer means (F06)."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import pytest

from stationmaster.app import App
from stationmaster.domain import commands, organizations, stations
from stationmaster.domain.commands import TriggerMessage
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.gateway.switchboard import NotConnected
from stationmaster.ocpp.dialects import V16, V21, V201
from tests.charger import CallError
from tests.handlers.asking import Asked, Clock

ACCEPTED = {"status": "Accepted"}
PLAIN = "TriggerMessage"
EXTENDED = "ExtendedTriggerMessage"
# What goes out for each message: in 1.6, in 2.0.1 and in 2.1; None where there is no such message.
SENT: dict[str, tuple[Any, Any, Any]] = {
    "BootNotification": ((PLAIN, "BootNotification"), "BootNotification", "BootNotification"),
    "CustomTrigger": (None, None, "CustomTrigger"),
    "DiagnosticsStatusNotification": (
        (PLAIN, "DiagnosticsStatusNotification"),
        "LogStatusNotification",
        "LogStatusNotification",
    ),
    "FirmwareStatusNotification": (
        (PLAIN, "FirmwareStatusNotification"),
        "FirmwareStatusNotification",
        "FirmwareStatusNotification",
    ),
    "Heartbeat": ((PLAIN, "Heartbeat"), "Heartbeat", "Heartbeat"),
    "LogStatusNotification": ((EXTENDED, "LogStatusNotification"), "LogStatusNotification", "LogStatusNotification"),
    "MeterValues": ((PLAIN, "MeterValues"), "MeterValues", "MeterValues"),
    "PublishFirmwareStatusNotification": (
        None,
        "PublishFirmwareStatusNotification",
        "PublishFirmwareStatusNotification",
    ),
    "SignChargingStationCertificate": (
        (EXTENDED, "SignChargePointCertificate"),
        "SignChargingStationCertificate",
        "SignChargingStationCertificate",
    ),
    "SignCombinedCertificate": (None, "SignCombinedCertificate", "SignCombinedCertificate"),
    "SignV2G20Certificate": (None, None, "SignV2G20Certificate"),
    "SignV2GCertificate": (None, "SignV2GCertificate", "SignV2GCertificate"),
    "SignedFirmwareStatusNotification": (
        (EXTENDED, "FirmwareStatusNotification"),
        "FirmwareStatusNotification",
        "FirmwareStatusNotification",
    ),
    "StatusNotification": ((PLAIN, "StatusNotification"), "StatusNotification", "StatusNotification"),
    "TransactionEvent": (None, "TransactionEvent", "TransactionEvent"),
}
VERSIONS = ("1.6", "2.0.1", "2.1")


@pytest.fixture(params=VERSIONS)
def any_version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def one(app: App, charger: Any, any_version: str, clock: Clock) -> Asked:
    return await Asked.connect(app, charger, any_version, clock)


def trigger(message: str, **more: Any) -> TriggerMessage:
    return TriggerMessage(message=message, custom="Selftest" if message == "CustomTrigger" else None, **more)  # type: ignore[arg-type]


def test_every_message_of_the_specifications_can_be_asked_for() -> None:
    assert set(get_args(get_type_hints(TriggerMessage)["message"])) == set(SENT)
    for index, dialect in enumerate((V16, V201, V21)):
        asked = {sent[index] for sent in SENT.values() if sent[index] is not None}
        of_type = get_args(get_type_hints(dialect.requests[PLAIN])["requested_message"])
        wanted = {(PLAIN, name) for name in of_type} if dialect is V16 else set(of_type)
        assert wanted <= asked, dialect


async def test_F06_each_message_is_asked_for_in_the_words_of_the_version(
    app: App, one: Asked, any_version: str
) -> None:
    for message, sent in SENT.items():
        wire = sent[VERSIONS.index(any_version)]
        if wire is None:
            with pytest.raises(Conflict, match=f"has no {message} to ask for"):
                await one.ask(trigger(message))
            continue
        action, requested = wire if isinstance(wire, tuple) else (PLAIN, wire)
        came, [call] = await one.ask(trigger(message), ACCEPTED)
        custom = {"customTrigger": "Selftest"} if message == "CustomTrigger" else {}
        assert call == [action, {"requestedMessage": requested} | custom]
        assert (came.state, came.outcome) == ("done", "accepted")


@pytest.mark.any_database
async def test_F06_FR_12_the_status_of_a_2_x_charger_is_asked_connector_by_connector(
    app: App, charger: Any, version: str, clock: Clock
) -> None:
    one = await Asked.connect(app, charger, version, clock)

    async def places(**where: Any) -> list[Any]:
        _, calls = await one.ask(trigger("StatusNotification", **where), ACCEPTED, ACCEPTED, ACCEPTED)
        return [(call[1].get("evse") or {}).get("id") for call in calls]

    assert await places() == [None]  # nothing is known of it yet
    assert await places(evse=2) == [2]
    for evse in (1, 2):
        await one.status("Available", evse=evse)
    assert await places() == [1, 2]
    assert await places(evse=2) == [2]
    _, [call] = await one.ask(trigger("StatusNotification", evse=1, connector=2), ACCEPTED)
    assert call[1]["evse"] == {"id": 1, "connectorId": 2}
    _, [call] = await one.ask(trigger("TransactionEvent", evse=1), ACCEPTED)
    assert call[1]["evse"] == {"id": 1}
    _, [call] = await one.ask(trigger("Heartbeat", evse=1), ACCEPTED)
    assert "evse" not in call[1]


@pytest.mark.parametrize(
    "message, action, told",
    [
        ("SignChargingStationCertificate", "SignCertificate", {"csr": "x"}),
        ("LogStatusNotification", "LogStatusNotification", {"status": "Idle"}),
        ("SignedFirmwareStatusNotification", "SignedFirmwareStatusNotification", {"status": "Idle"}),
    ],
)
async def test_CON_21_what_was_asked_for_is_let_through_while_pending(
    app: App, one: Asked, any_version: str, message: str, action: str, told: Any
) -> None:
    if any_version != "1.6":
        action = action.replace("SignedFirmware", "Firmware")
    home = await app.database.write(organizations.home)
    await app.database.write(stations.change, home, "CP1", {"registration": "pending"})
    with pytest.raises(CallError, match="SecurityError"):
        await one.call(action, told)
    await one.ask(trigger(message), ACCEPTED)
    await one.call(action, told)
    with pytest.raises(CallError, match="SecurityError"):
        await one.call(
            "Authorize", {"idTag": "A"} if any_version == "1.6" else {"idToken": {"idToken": "A", "type": "Local"}}
        )


async def test_CON_21_the_same_after_a_raw_call(app: App, one: Asked) -> None:
    wanted = "SignChargePointCertificate" if one.old else "SignV2GCertificate"
    action = EXTENDED if one.old else PLAIN
    for dialect in (V16, V201, V21):
        assert dialect.invited(action, {"requestedMessage": wanted}) == "SignCertificate"
    assert (
        V16.invited(EXTENDED, {"requestedMessage": "FirmwareStatusNotification"}) == "SignedFirmwareStatusNotification"
    )
    assert V16.invited(EXTENDED, {"requestedMessage": ["x"]}) is None


@pytest.mark.parametrize(
    "answer, outcome",
    [
        ({"status": "Rejected"}, "rejected"),
        ({"status": "NotImplemented"}, "not_supported"),
        (("NotImplemented", "", {}), "not_supported"),
        (("InternalError", "", {}), "error"),
    ],
)
async def test_a_refusal_in_any_form_is_the_end_of_it(app: App, one: Asked, answer: Any, outcome: str) -> None:
    for message in ("Heartbeat", "SignChargingStationCertificate"):
        came, _ = await one.ask(trigger(message), answer)
        assert (came.state, came.outcome) == ("failed", outcome)


async def test_what_fits_no_message_is_not_sent_and_one_that_is_away_is_not_waited_for(app: App, one: Asked) -> None:
    for command in (
        commands.TriggerMessage(message="CustomTrigger"),
        commands.TriggerMessage(message="Heartbeat", custom="x"),
    ):
        with pytest.raises(Invalid, match="custom"):
            await one.ask(command)
    with pytest.raises(Invalid, match="evse"):
        await one.ask(trigger("MeterValues", connector=1))
    await one.leave()
    with pytest.raises(NotConnected):
        await one.ask(trigger("Heartbeat"))
