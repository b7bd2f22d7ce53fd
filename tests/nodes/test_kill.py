"""Two real processes, one of which is killed (CON-08)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.charger import Charger
from tests.nodes.conftest import until
from tests.patience import PATIENCE_S
from tests.valkey import Valkey
from tools import running

CHARGERS = [f"CP{number}" for number in range(6)]


@pytest.mark.timeout(120)
async def test_CON_08_kill_9_of_a_node_and_everything_works_again_within_a_minute(
    shared_database: str, redis: Valkey, tmp_path: Path
) -> None:
    secrets = await asyncio.to_thread(running.prepare, shared_database, [*CHARGERS, "GONE"])
    shared = {"STATIONMASTER_REDIS__URL": redis.url, "STATIONMASTER_REDIS__LEASE_S": "3"}
    one, other = (running.Server(shared_database, tmp_path, forked=True, **shared) for _ in range(2))
    await asyncio.gather(*(asyncio.to_thread(server.start) for server in (one, other)))
    try:
        gone = await Charger.connect(one.gateway, "GONE", secrets["GONE"])
        await gone.boot()
        transactions = {}
        for identity in CHARGERS:
            cp = await Charger.connect(one.gateway, identity, secrets[identity])
            await cp.boot()
            transactions[identity] = (await cp.start(tag=running.TAG))["transactionId"]
        async with _client(other) as client:
            assert (await client.get("/status")).json()["stations"] == {"total": 7, "connected": 7}
            pending = asyncio.create_task(client.post("/stations/GONE/commands/reset"))
            assert (await gone.receive())[2] == "Reset"
            await asyncio.to_thread(one.kill)

            async with asyncio.timeout(60):  # the rule
                back = {
                    identity: await Charger.connect(other.gateway, identity, secrets[identity]) for identity in CHARGERS
                }
                for identity, cp in back.items():
                    await until(lambda one=identity, cp=cp: _ask(client, one, cp), timeout=60)
                    await cp.stop(transactions[identity])
                await until(lambda: _is(client, "/stations/GONE", connected=False), timeout=60)
                await until(lambda: _last_command(client, "failed"), timeout=60)
                assert (await pending).status_code == 503  # nobody knows whether it was heard
                assert (await client.post("/stations/GONE/commands/reset")).status_code == 409
            ended = (await client.get("/sessions", params={"status": "completed"})).json()["items"]
            assert sorted(each["station"] for each in ended) == CHARGERS
            assert {each["energy_wh"] for each in ended} == {5000}

            await asyncio.to_thread(one.start)  # and the other way round
            async with _client(one) as again:
                await until(lambda: _ask(again, "CP0", back["CP0"]), timeout=PATIENCE_S)
    finally:
        for server in (one, other):
            await asyncio.to_thread(server.kill)
    assert "Traceback" not in one.log.read_text()


def _client(server: running.Server) -> Any:
    return _Client(base_url=f"http://127.0.0.1:{server.web}/api/v1", timeout=60)


class _Client(httpx.AsyncClient):
    """Logged in as soon as it is open."""

    async def __aenter__(self) -> _Client:
        await super().__aenter__()
        answer = await self.post("/auth/login", json={"email": running.EMAIL, "password": running.PASSWORD})
        self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return self


async def _is(client: httpx.AsyncClient, path: str, **expected: Any) -> bool:
    found = (await client.get(path)).json()
    return all(found[name] == value for name, value in expected.items())


async def _last_command(client: httpx.AsyncClient, status: str) -> bool:
    return bool((await client.get("/stations/GONE/commands")).json()["items"][0]["status"] == status)


async def _ask(client: httpx.AsyncClient, identity: str, cp: Charger) -> bool:
    """Whether the charger is heard through this node, which may not have read yet that it was accepted by another."""
    asked = asyncio.create_task(client.post(f"/stations/{identity}/commands/clear-cache"))
    heard = asyncio.create_task(cp.receive())
    await asyncio.wait({asked, heard}, return_when=asyncio.FIRST_COMPLETED)
    if not heard.done():
        heard.cancel()
        return asked.result().status_code == 200
    await cp.send([3, heard.result()[1], {"status": "Accepted"}])
    return (await asked).json()["status"] == "accepted"
