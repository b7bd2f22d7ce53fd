"""The main job, on real input: a client that is not ours completes a session; database and API show it."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import httpx
from sqlalchemy import select

from stationmaster.app import App
from stationmaster.domain import accounts, organizations
from stationmaster.domain.sessions import sessions
from tests.scenarios.witness import connected

EMAIL, PASSWORD = "operator@example.com", "correct horse battery staple"


async def test_a_client_that_is_not_ours_charges_from_boot_to_stop(app: App) -> None:
    await app.database.write(organizations.home)
    await app.database.write(
        lambda work: accounts.add(work, organizations.home(work), email=EMAIL, password=PASSWORD, role="administrator")
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.web_port}/api/v1") as api:
        login = await api.post("/auth/login", json={"email": EMAIL, "password": PASSWORD})
        api.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        made = await api.post("/stations", json={"id": "WITNESS"})
        assert made.status_code == 201
        assert (await api.post("/tokens", json={"uid": "04AABBCC"})).status_code == 201

        async with connected(app.gateway_port, "WITNESS", made.json()["secret"]) as witness:
            await witness.boots()
            number = await witness.starts("04AABBCC", 12_000)
            await witness.measures(number, 13_500, 11_000)
            active = await only(api, status="active")
            assert (active["energy_wh"], active["power_w"], active["token"]) == (1500, 11000, "04AABBCC")
            raw = await api.post("/stations/WITNESS/call", json={"action": "TellMeAJoke", "payload": {}})
            assert (raw.json()["type"], raw.json()["code"]) == ("CALLERROR", "NotSupported")  # the witness says so
            asked = api.post("/stations/WITNESS/commands/remote-stop", json={"session": active["id"]})
            stopping = asyncio.create_task(asked)  # type: ignore[arg-type]
            await asyncio.wait_for(witness.asked_to_stop.wait(), 5)
            await witness.stops(number, 16_250, "Remote")
            assert (await stopping).json()["status"] == "accepted"

        ended = await only(api, station="WITNESS", token="04AABBCC", status="completed")
        assert ended["transaction_id"] == str(number)
        assert (ended["meter_start_wh"], ended["meter_stop_wh"], ended["energy_wh"]) == (12_000, 16_250, 4_250)
        assert (ended["stop_reason"], ended["evse"], ended["review"]) == ("remote", 1, False)
        assert ended["started_at"] <= ended["stopped_at"]
        whole = (await api.get(f"/sessions/{ended['id']}")).json()
        assert [value["energy_wh"] for value in whole["meter_values"]] == [13_500]

    row = await app.database.read(lambda work: work.execute(select(sessions)).one())
    assert (int(row.transaction_id), row.status, row.energy_wh) == (number, "completed", Decimal(4250))


async def only(api: httpx.AsyncClient, **filters: str) -> dict[str, Any]:
    """The one session that these filters leave."""
    answer = (await api.get("/sessions", params=filters)).json()
    assert len(answer["items"]) == 1 and answer["next"] is None
    return dict(answer["items"][0])
