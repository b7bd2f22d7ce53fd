"""What a charger tells of its settings, with clients that are not ours: asked for, told, kept, shown."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from stationmaster.app import App
from tests.scenarios import witness, witness2
from tests.scenarios.test_independent_client import api as api
from tests.scenarios.test_independent_client import registered


async def shown(api: httpx.AsyncClient) -> dict[str, Any]:
    """The settings of the witness, by name and attribute."""
    found = (await api.get("/stations/WITNESS/settings")).json()["items"]
    return {f"{each['name']} {each['attribute']}": each for each in found}


async def test_a_1_6_charger_tells_its_configuration(app: App, api: httpx.AsyncClient) -> None:
    secret = await registered(api)
    async with witness.connected(app.gateway_port, "WITNESS", secret) as charger:
        await charger.boots()
        asked = (await api.post("/stations/WITNESS/commands/report-settings", json={})).json()
        assert (asked["state"], asked["status"]) == ("done", "accepted"), asked
        some = {"settings": ["HeartbeatInterval", "NoSuchKey"]}
        read = (await api.post("/stations/WITNESS/commands/read-settings", json=some)).json()
        assert read["data"]["unknown"] == ["NoSuchKey"], read
    settings = await shown(api)
    assert set(settings) == {f"{name} actual" for name in witness.SETTINGS}
    interval, count = settings["HeartbeatInterval actual"], settings["NumberOfConnectors actual"]
    assert (interval["value"], interval["mutability"]) == ("300", "read_write")
    assert (count["value"], count["mutability"]) == ("1", "read_only")
    assert settings["AuthorizationKey actual"]["value"] is None


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_2_x_charger_tells_its_device_model_in_two_parts(
    app: App, api: httpx.AsyncClient, version: str
) -> None:
    interval = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "HeartbeatInterval"},
        "variable_attribute": [{"value": "300", "mutability": "ReadWrite"}],
        "variable_characteristics": {
            "data_type": "integer", "unit": "s", "min_limit": 10, "supports_monitoring": False,
        },
    }  # fmt: skip
    power = {
        "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "Power"},
        "variable_attribute": [
            {"type": "Actual", "value": "7400", "mutability": "ReadOnly"},
            {"type": "MaxSet", "value": "11000", "mutability": "ReadOnly"},
        ],
        "variable_characteristics": {"data_type": "decimal", "unit": "W", "supports_monitoring": True},
    }
    secret = await registered(api)
    async with witness2.connected(app.gateway_port, "WITNESS", secret, version) as charger:
        await charger.boots()
        asked = (await api.post("/stations/WITNESS/commands/report-settings", json={})).json()
        assert (asked["state"], asked["awaits"]) == ("awaiting", "report"), asked
        number, base = charger.asked.get_nowait()
        assert base == "FullInventory"
        await charger.reports(number, 0, [interval], more=True)
        [command] = (await api.get("/stations/WITNESS/commands")).json()["items"]
        assert command["state"] == "awaiting"
        await charger.reports(number, 1, [power], more=False)
        [command] = (await api.get("/stations/WITNESS/commands")).json()["items"]
        assert command["state"] == "done"
    settings = await shown(api)
    assert set(settings) == {"EVSE#1/Power actual", "EVSE#1/Power max", "OCPPCommCtrlr/HeartbeatInterval actual"}
    told = settings["OCPPCommCtrlr/HeartbeatInterval actual"]
    assert (told["value"], told["mutability"], told["unit"], told["min_limit"]) == ("300", "read_write", "s", 10)
    assert (settings["EVSE#1/Power max"]["value"], settings["EVSE#1/Power max"]["evse"]) == ("11000", 1)
