"""How a charger of 2.x reaches a server: stored in a slot, refused, or not stored (B09)."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import station_settings
from stationmaster.domain.commands import AccessPoint, SetNetworkProfile, Tunnel
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.storage import Work
from tests.handlers.asking import Asked
from tests.handlers.conftest import Stored

ACCEPTED = {"status": "Accepted"}
HERE = SetNetworkProfile(slot=2, url="wss://csms.example/ocpp", security_profile=2, message_timeout_s=45)
POINT = AccessPoint("internet", user="u", password="hunter2", sim_pin=1234, only_preferred_network=False)
TUNNEL = Tunnel("vpn.example", "u", "hunter2", "hunter3", "IKEv2", group="g")


@pytest.mark.any_database
async def test_TC_B_42_a_profile_is_stored_in_a_slot(app: App, one: Asked, version: str) -> None:
    came, [[action, sent]] = await one.ask(HERE, ACCEPTED)
    profile = {
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "wss://csms.example/ocpp",
        "messageTimeout": 45,
        "securityProfile": 2,
        "ocppInterface": "Wired0",
    }
    if version == "2.0.1":
        profile["ocppVersion"] = "OCPP20"
    assert (action, sent) == ("SetNetworkProfile", {"configurationSlot": 2, "connectionData": profile})
    assert (came.state, came.outcome, came.remark) == ("done", "accepted", None)
    assert came.sentence is not None and came.sentence.startswith("The charger has stored it in slot 2.")


@pytest.mark.parametrize(
    "answer, outcome, sentence",
    [
        ({"status": "Rejected"}, "rejected", "The charger has refused."),
        ({"status": "Failed"}, "rejected", "The charger could not store it."),
        (
            {"status": "Failed", "statusInfo": {"reasonCode": "NoSlot", "additionalInfo": "full"}},
            "rejected",
            "The charger could not store it. It says: full",
        ),
        (("NotSupported", "", {}), "not_supported", "The charger cannot do this."),
        (("InternalError", "x", {}), "error", "The charger has answered with an error: InternalError: x"),
    ],
)
async def test_TC_B_44_one_that_is_not_stored_says_why(
    app: App, one: Asked, answer: Any, outcome: str, sentence: str
) -> None:
    came, _ = await one.ask(HERE, answer)
    assert (came.state, came.outcome, came.sentence) == ("failed", outcome, sentence)


@pytest.mark.any_database
async def test_ATK_13_the_secrets_of_modem_and_tunnel_are_sent_and_not_kept(
    app: App, one: Asked, version: str, stored: Stored
) -> None:
    command = SetNetworkProfile(
        slot=1, url="wss://csms.example", security_profile=3, interface="wireless0", access_point=POINT, tunnel=TUNNEL
    )
    came, [[_, sent]] = await one.ask(command, ACCEPTED)
    assert sent["connectionData"]["apn"] == {
        "apn": "internet",
        "apnAuthentication": "AUTO",
        "apnUserName": "u",
        "apnPassword": "hunter2",
        "simPin": 1234,
        "useOnlyPreferredNetwork": False,
    }
    assert sent["connectionData"]["vpn"] == {
        "server": "vpn.example",
        "user": "u",
        "password": "hunter2",
        "key": "hunter3",
        "type": "IKEv2",
        "group": "g",
    }
    [kept] = await stored.logged("SetNetworkProfile")
    assert "vpn.example" in kept.request
    for told in (repr(came), repr(kept)):
        assert "hunter" not in told and "1234" not in told


async def test_what_only_2_1_can_say_is_refused_by_name_in_2_0_1(app: App, one: Asked, version: str) -> None:
    more: list[dict[str, Any]] = [
        {"identity": "CP-9"},
        {"password": "a long password!"},
        {"interface": "any"},
        {"ocpp": "2.1"},
    ]
    for facts in more:
        command = SetNetworkProfile(slot=1, url="wss://csms.example", security_profile=2, **facts)
        if version == "2.0.1":
            with pytest.raises(Conflict, match=r"2\.0\.1"):
                await one.ask(command)
        else:
            came, _ = await one.ask(command, ACCEPTED)
            assert came.outcome == "accepted"
    long = SetNetworkProfile(slot=1, url="wss://csms.example/" + "x" * 600, security_profile=2)
    user = SetNetworkProfile(
        slot=1, url="wss://a", security_profile=2, access_point=AccessPoint("internet", user="u" * 30)
    )
    for command, field in ((long, "url"), (user, r"access_point\.user")):
        if version == "2.0.1":
            with pytest.raises(Invalid, match=field):
                await one.ask(command)
        else:
            await one.ask(command, ACCEPTED)
    _, [[_, sent]] = await one.ask(SetNetworkProfile(slot=1, url="ws://a", security_profile=1, ocpp="1.6"), ACCEPTED)
    assert sent["connectionData"]["ocppVersion"] == "OCPP16"


@pytest.mark.parametrize(
    "url, profile",
    [
        ("https://csms.example", 2),
        ("wss://", 2),
        ("csms.example", 1),
        ("wss://ann:secret@csms.example", 2),
        ("ws://csms.example", 2),
        ("wss://[::1", 2),
        ("wss://csms.example:99999", 2),
    ],
)
async def test_an_address_that_no_charger_could_use_is_not_sent(app: App, one: Asked, url: str, profile: int) -> None:
    with pytest.raises(Invalid, match="url"):
        await one.ask(SetNetworkProfile(slot=1, url=url, security_profile=profile))


async def test_B09_FR_04_that_a_lower_security_profile_was_refused_is_said(app: App, one: Asked) -> None:
    def learn(work: Work) -> None:
        entry = app.directory.find("CP1")
        assert entry is not None
        station_settings.learn(work, entry.station, [station_settings.Setting("SecurityCtrlr/SecurityProfile", "2")])

    await app.database.write(learn)
    came, _ = await one.ask(SetNetworkProfile(slot=1, url="ws://a", security_profile=1), {"status": "Rejected"})
    lower = "Its setting SecurityCtrlr/SecurityProfile is 2, and it may take no lower one."
    assert came.sentence == f"The charger has refused. {lower}"
    came, _ = await one.ask(HERE, {"status": "Rejected"})
    assert came.sentence == "The charger has refused."


async def test_a_charger_that_is_away_or_of_another_version_is_not_waited_for(charger: Any, one: Asked) -> None:
    await one.is_not_waited_for(HERE, charger, "1.6")
