"""The schemas of a library that is not ours hold every request of ours, full and empty, and every answer of ours to every message."""

from __future__ import annotations

import random
from typing import Any

import httpx
import pytest

from stationmaster.app import ROUTES, App
from stationmaster.domain import commands
from tests.ocpp import payloads
from tests.scenarios.node import charging, fetch_packages
from tests.scenarios.test_independent_client import api as api
from tests.scenarios.test_independent_client import registered
from tests.scenarios.test_node_charger import CERTIFICATE, IMAGE, Office, until

AT = "2030-01-01T02:00:00Z"
NAME = {"hash_algorithm": "SHA256", "issuer_name_hash": "a" * 64, "issuer_key_hash": "b" * 64, "serial_number": "c0"}
PROFILE = {
    "periods": [{"start_s": 0, "limit": 16}, {"start_s": 3600, "limit": 10.5, "phases": 1}],
    "starts_at": AT,
    "duration_s": 86_400,
    "min_rate": 6,
    "valid_from": "2026-01-01T00:00:00Z",
    "valid_to": "2031-01-01T00:00:00Z",
    "stack_level": 2,
}
RELATIVE = {"purpose": "session", "kind": "relative", "periods": PROFILE["periods"], "min_rate": 6}
TARIFF = {
    "tariffId": "T1",
    "currency": "EUR",
    "energy": {"prices": [{"priceKwh": 0.35}], "taxRates": [{"type": "VAT", "tax": 21.0}]},
}
GRADIENT = {"priority": 1, "gradient": 0.5, "softGradient": 0.1}
SETTING = "OCPPCommCtrlr/HeartbeatInterval"

# What is asked, in this order, of each version that knows it; `SESSION`, `FIRMWARE` and `RESERVATION` are the ones there are.
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("remote-start", {"token": "04AABBCC", "evse": 1, "profile": RELATIVE}),
    ("check-session", {"session": "SESSION"}),
    ("check-session", {}),
    ("reset", {"kind": "hard"}),
    ("unlock", {"evse": 1, "connector": 1}),
    ("change-availability", {"operative": False, "evse": 1}),
    ("change-availability", {"operative": True}),
    ("get-configuration", {}),
    ("read-settings", {"settings": [SETTING, "AuthCtrlr/Enabled"]}),
    ("change-settings", {"changes": [{"setting": SETTING, "value": "900"}]}),
    ("report-settings", {}),
    ("report-settings", {"scope": "problem", "components": ["EVSE#1", SETTING]}),
    ("set-monitors", {"monitors": [{"setting": "EVSE#1/Power", "kind": "above", "value": 11000.5, "severity": 4}]}),
    ("clear-monitors", {"ids": [1, 2]}),
    ("report-monitors", {"kinds": ["threshold"], "settings": ["EVSE#1/Power"]}),
    ("set-monitoring-base", {"base": "all"}),
    ("set-monitoring-level", {"severity": 5}),
    ("renew-password", {}),
    ("trigger-message", {"message": "StatusNotification", "evse": 1, "connector": 1}),
    ("trigger-message", {"message": "SignChargingStationCertificate"}),
    ("trigger-message", {"message": "CustomTrigger", "custom": "Acme"}),
    ("clear-cache", {}),
    ("reserve-now", {"token": "04AABBCC", "expires_at": AT, "evse": 1}),
    ("cancel-reservation", {"reservation": "RESERVATION"}),
    ("send-local-list", {"full": True}),
    ("get-local-list-version", {}),
    ("set-charging-profile", {"profile": PROFILE | {"purpose": "station_max", "kind": "absolute"}}),
    ("set-charging-profile", {"profile": PROFILE | {"purpose": "session_default", "kind": "recurring", "recurrency": "daily"}, "evse": 1}),
    ("set-charging-profile", {"profile": PROFILE | {"purpose": "session", "kind": "absolute", "session": "SESSION"}, "evse": 1}),
    ("clear-charging-profile", {"purpose": "session_default", "evse": 1, "stack_level": 2}),
    ("get-charging-profiles", {"purpose": "session_default", "evse": 1}),
    ("get-composite-schedule", {"evse": 1, "duration_s": 3600, "unit": "W"}),
    ("set-display-message", {"text": "Closed", "language": "en", "state": "idle", "starts_at": AT, "ends_at": "2030-01-02T02:00:00Z"}),
    ("set-display-message", {"text": "Hello", "session": "SESSION"}),
    ("get-display-messages", {"priority": "normal_cycle", "state": "idle"}),
    ("clear-display-message", {"id": 1}),
    ("show-price", {"token": "04AABBCC", "text": "0.39 EUR/kWh"}),
    ("show-cost", {"session": "SESSION", "total_cost": 1.5}),
    ("install-certificate", {"use": "csms", "certificate": CERTIFICATE}),
    ("delete-certificate", NAME),
    ("list-certificates", {"uses": ["csms", "manufacturer"]}),
    ("give-certificate", {"chain": CERTIFICATE}),
    ("customer-information", {"token": "04AABBCC", "clear": True}),
    ("customer-information", {"certificate": NAME}),
    ("data-transfer", {"vendor_id": "Acme", "message_id": "M", "data": "x"}),
    ("set-default-tariff", {"tariff": TARIFF, "evse": 1}),
    ("get-tariffs", {"evse": 1}),
    ("clear-tariffs", {"ids": ["T1"], "evse": 1}),
    ("change-transaction-tariff", {"session": "SESSION", "tariff": TARIFF}),
    ("notify-web-payment-started", {"evse": 1}),
    ("set-der-control", {"control": {"isDefault": False, "controlId": "C1", "controlType": "Gradients", "gradient": GRADIENT}}),
    ("get-der-control", {"default": False, "kind": "Gradients"}),
    ("clear-der-control", {"default": False, "kind": "Gradients"}),
    ("send-afrr-signal", {"signal": -1, "at": AT}),
    ("get-periodic-event-streams", {}),
    ("adjust-periodic-event-stream", {"id": 1, "interval_s": 5, "values": 10}),
    ("publish-firmware", {"firmware": "FIRMWARE", "retries": 1, "retry_interval_s": 60}),
    ("unpublish-firmware", {"firmware": "FIRMWARE"}),
    ("request-battery-swap", {"token": "04AABBCC"}),
    ("use-priority-charging", {"session": "SESSION"}),
    ("update-dynamic-schedule", {"id": 1, "limit": 16, "l2": {"limit": 10}}),
    ("notify-allowed-energy-transfer", {"session": "SESSION", "modes": ["DC", "AC_three_phase"]}),
    ("set-network-profile", {
        "slot": 1,
        "url": "wss://csms.example",
        "security_profile": 2,
        "access_point": {"name": "internet", "user": "u", "password": "p", "sim_pin": 1234},
        "tunnel": {"server": "vpn.example", "user": "u", "password": "p", "shared_key": "k", "kind": "IKEv2"},
    }),
    ("get-log", {"kind": "security", "since": "2026-01-01T00:00:00Z", "until": AT, "retries": 1, "retry_interval_s": 60}),
    ("get-log", {}),
    ("remote-stop", {"session": "SESSION"}),
]  # fmt: skip

pytestmark = [pytest.mark.any_database, pytest.mark.slow]


@pytest.fixture(scope="session", autouse=True)
def _packages() -> None:
    fetch_packages()


@pytest.mark.parametrize(
    "version, beyond",
    [("1.6", ["report-settings", "trigger-message"]), ("2.0.1", ["trigger-message"]), ("2.1", [])],
    ids=["1.6", "2.0.1", "2.1"],
)
async def test_every_request_of_ours_fits_schemas_that_are_not_ours(
    app: App, api: httpx.AsyncClient, version: str, beyond: list[str]
) -> None:
    secret, office = await registered(api), Office(api)
    made = await api.post("/firmware", params={"name": "node.bin", "version": "2.0"}, content=IMAGE)
    there_is: dict[str, Any] = {"FIRMWARE": made.json()["id"]}
    senders = {name for name, kind in commands.COMMANDS.items() if kind in ROUTES[version].senders}
    refused = []
    async with charging(app.gateway_port, "WITNESS", secret, version) as charger:
        await until(office.charger, lambda one: bool(one["connectors"]))
        for name, arguments in ASKED:
            if name in senders:
                answer = await api.post(f"/stations/WITNESS/commands/{name}", json=filled(arguments, there_is))
                if not answer.is_success:
                    refused.append(name)
            if name == "remote-start":
                there_is["SESSION"] = (await until(office.session, lambda one: one.get("energy_wh") == 1500))["id"]
            if name == "reserve-now":
                there_is["RESERVATION"] = (await office.items("/reservations"))[0]["id"]
        await api.post("/stations/WITNESS/call", json={"action": "Reset", "payload": {"type": "Sideways"}})
        seen = await charger.end()
    [wrong] = seen.wrong  # which shows that the schemas are looked at
    assert wrong.startswith("the server's Reset request") and "Sideways" in wrong
    assert (seen.refused, refused) == ([], beyond)  # what its version cannot say is refused here
    in_the_scenario = {"UpdateFirmware", "SignedUpdateFirmware"}
    assert set(seen.asked) >= ROUTES[version].dialect.from_csms - in_the_scenario


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_every_answer_of_ours_fits_schemas_that_are_not_ours(
    app: App, api: httpx.AsyncClient, version: str
) -> None:
    dialect, chance = ROUTES[version].dialect, random.Random(version)
    schemas = payloads.schemas(dialect.subprotocol)
    said = sorted(dialect.from_station - {"NotifyPeriodicEventStream"})  # to which there is no answer
    secret, office = await registered(api), Office(api)
    async with charging(app.gateway_port, "WITNESS", secret, version) as charger:
        await until(office.charger, lambda one: bool(one["connectors"]))
        for fullness in (0.0, 0.5, 1.0):
            for action in said:
                await charger.say(action, payloads.valid(schemas[action], chance, fullness))
        seen = await charger.end()
    assert seen.wrong == []
    assert sorted(set(seen.answered)) == said, seen.refused


def filled(arguments: dict[str, Any], there_is: dict[str, Any]) -> dict[str, Any]:
    """With what there is in the place of its name."""
    return {
        key: filled(value, there_is)
        if isinstance(value, dict)
        else there_is.get(value, value)
        if isinstance(value, str)
        else value
        for key, value in arguments.items()
    }
