"""A charger on one node is asked by another one (CON-08)."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from stationmaster.api.live import Viewer
from stationmaster.app import App
from stationmaster.domain.commands import Reset, commands
from stationmaster.domain.errors import Conflict, DomainError, Invalid
from stationmaster.gateway import bus, switchboard
from stationmaster.gateway.bus import Came, Refused
from tests.charger import Charger
from tests.nodes.conftest import Cluster, settled, until

Nodes = tuple[App, App]


async def answering(cp: Charger, payload: dict[str, Any]) -> Any:
    """Answer the next call of the server; returns it."""
    call = await cp.receive()
    await cp.send([3, call[1], payload])
    return call


async def test_CON_08_a_command_and_a_raw_call_reach_the_charger_on_another_node(two: Nodes, cluster: Cluster) -> None:
    here, there = two
    cp, client = await cluster.charger(here), await cluster.client(there)

    asked = asyncio.create_task(client.post("/stations/CP1/commands/remote-start", json={"token": "TAG1", "evse": 1}))
    call = await answering(cp, {"status": "Accepted"})
    assert call[2:] == ["RemoteStartTransaction", {"idTag": "TAG1", "connectorId": 1}]
    said = (await asked).json()
    assert (said["status"], said["asked_by"], said["response"]) == (
        "accepted",
        "operator@example.org",
        {"status": "Accepted"},
    )
    [row] = await cluster.rows(commands)
    assert (row.public_id, row.status, row.node) == (said["id"], "accepted", here.bus.node)

    number = 10**30  # passed on as it is, whatever it may be
    raw = asyncio.create_task(
        client.post("/stations/CP1/call", json={"action": "Own", "payload": {"a": [number, "ä"]}})
    )
    assert (await answering(cp, {"b": {"c": None}}))[2:] == ["Own", {"a": [number, "ä"]}]
    assert (await raw).json() | {"took_ms": 0} == {"type": "CALLRESULT", "payload": {"b": {"c": None}}, "took_ms": 0}

    raw = asyncio.create_task(client.post("/stations/CP1/call", json={"action": "Own", "payload": {}}))
    call = await cp.receive()
    await cp.send([4, call[1], "NotSupported", "what?", {"x": 1}])
    assert (await raw).json() == {
        "type": "CALLERROR",
        "code": "NotSupported",
        "description": "what?",
        "details": {"x": 1},
    }


async def test_CON_08_what_cannot_be_done_is_told_as_if_the_charger_were_here(two: Nodes, cluster: Cluster) -> None:
    here, there = two
    await cluster.charger(here, boot=False)
    await settled(here)
    near, far = await cluster.client(here), await cluster.client(there)
    for path, body in (
        ("/stations/CP1/commands/unlock", {"evse": 1}),  # not accepted yet
        ("/stations/CP2/commands/reset", {}),  # unknown
    ):
        said = await near.post(path, json=body), await far.post(path, json=body)
        assert said[0].json() == said[1].json() and said[0].status_code == said[1].status_code >= 400

    cp = await cluster.charger(here, "CP3")
    body: dict[str, Any] = {"session": "nothing"}
    said = [await each.post("/stations/CP3/commands/remote-stop", json=body) for each in (near, far)]
    assert [each.status_code for each in said] == [404, 404] and said[0].json() == said[1].json()
    body = {"action": "Reset", "payload": {}, "timeout_s": 0.05}
    assert (await far.post("/stations/CP3/call", json=body)).json() == {"type": "TIMEOUT"}
    await cp.close()
    await until(lambda: not here.switchboard.connections() or not here.directory.find("CP3").connection)
    await settled(here)
    said = [await each.post("/stations/CP3/commands/reset") for each in (near, far)]
    assert [each.status_code for each in said] == [409, 409] and said[0].json() == said[1].json()


async def test_S3_035_a_charger_on_another_node_is_disconnected(two: Nodes, cluster: Cluster) -> None:
    here, there = two
    cp, client = await cluster.charger(here), await cluster.client(there)
    await settled(here, there)
    assert (await client.delete("/connections/CP1")).status_code == 204
    assert await cp.closed() == 4004
    await settled(here)
    assert (await client.delete("/connections/CP1")).status_code == 409
    assert (await client.delete("/connections/CP2")).status_code == 404


async def test_CON_08_every_node_shows_every_connection(two: Nodes, cluster: Cluster) -> None:
    here, there = two
    await cluster.charger(here)
    await cluster.charger(there, "CP2")
    await settled(here, there)
    shown = []
    for node in two:
        client = await cluster.client(node)
        assert (await client.get("/status")).json()["stations"] == {"total": 2, "connected": 2}
        connections = (await client.get("/connections")).json()["items"]
        shown.append([{**each, "last_heard_at": None} for each in connections])
        assert all(each["last_heard_at"] >= each["connected_at"] for each in connections)
        for identity in ("CP1", "CP2"):
            station = (await client.get(f"/stations/{identity}")).json()
            assert (station["connected"], station["online"]) == (True, True)
            assert station["last_heard_at"] is not None
        assert len((await client.get("/stations", params={"connected": True})).json()["items"]) == 2
    assert shown[0] == shown[1]
    assert [each["station"] for each in shown[0]] == ["CP2", "CP1"]


async def test_CON_08_a_slow_charger_is_waited_for_and_a_silent_node_is_not(two: Nodes, cluster: Cluster) -> None:
    here, there = two
    assert isinstance(here.bus, bus.RedisBus) and isinstance(there.bus, bus.RedisBus)
    there.bus.given_up_s, here.bus.working_s = 0.5, 0.05
    cp, client = await cluster.charger(here), await cluster.client(there)
    asked = asyncio.create_task(client.post("/stations/CP1/commands/clear-cache"))
    call = await cp.receive()
    await asyncio.sleep(1)
    assert not asked.done()
    await cp.send([3, call[1], {"status": "Accepted"}])
    assert (await asked).json()["status"] == "accepted"

    here.bus.working_s = 60
    asked = asyncio.create_task(client.post("/stations/CP1/commands/reset"))
    call = await cp.receive()
    answer = await asked
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "another server" in answer.json()["detail"]
    await cp.send([3, call[1], {"status": "Accepted"}])  # the history tells what came of it
    await until(lambda: _statuses(cluster, ["accepted", "accepted"]))


async def _statuses(cluster: Cluster, expected: list[str]) -> bool:
    return [row.status for row in await cluster.rows(commands)] == expected


async def test_CON_08_what_is_not_sealed_or_not_understood_harms_nothing(two: Nodes, cluster: Cluster) -> None:
    here, there = two
    cp = await cluster.charger(here)
    heard: list[Any] = []
    here.bus.hear(bus.Watching, lambda node, _: heard.append(node))
    assert here.api is not None
    here.api.context.live._viewers.add(Viewer(1, None, "somebody", None))  # a page is open
    assert isinstance(here.bus, bus.RedisBus)
    question = bus.Envelope(there.bus.node, bus.Send(cluster.station(), Reset(), "nobody"), 1)
    here.bus._take(b"0" * bus.SEAL_BYTES + bus._encode(question))
    here.bus._take(here.bus._seal(b"{}") + b"{}")  # ours, and not understood
    there.bus.tell(here.bus.node, bus.EventPacket(msgspec.Raw(b'["of another version"]')))
    there.bus.tell(here.bus.node, bus.Watching())
    await until(lambda: heard == [there.bus.node])
    await cp.call("Heartbeat")  # the first thing it has heard since its boot
    assert await cluster.rows(commands) == []


@pytest.mark.parametrize(
    ("told", "error", "said", "code", "values"),
    [
        (
            Refused("Invalid", "evse: is at most 5,000", "is at most {most:,}", {"most": 5000}),
            Invalid, "evse: is at most 5,000", "is_at_most_most", {"most": 5000},
        ),
        # A value that is told as text is not put together once more.
        (
            Refused("Conflict", "has 1,000.5 kWh", "has {kwh:,} kWh", {"kwh": "1000.5"}),
            Conflict, "has 1,000.5 kWh", "has_kwh_kwh", {"kwh": "1000.5"},
        ),
        # A node of the version before tells the sentence only.
        (Refused("Invalid", "evse: is not there"), Invalid, "evse: is not there", "is_not_there", {}),
    ],
)  # fmt: skip
def test_what_another_node_refuses_says_the_same_here(
    told: Refused, error: type[DomainError], said: str, code: str, values: dict[str, Any]
) -> None:
    with pytest.raises(error) as raised:
        switchboard._expected(told, Came)
    assert (str(raised.value), raised.value.reason.code, raised.value.reason.values) == (said, code, values)
