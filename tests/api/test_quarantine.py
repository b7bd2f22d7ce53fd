"""The quarantine by API: repaired, looked at beforehand, said again; many at once; bounded (L2, L5, A14)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from stationmaster.domain import alarms, quarantine, sessions
from stationmaster.domain.events import Alarm
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.conftest import Client

API = "/api/v1"
TEN = datetime(2026, 4, 1, 10, tzinfo=UTC)
STOP = {"transactionId": 1, "meterStop": 6000, "timestamp": "2026-04-01T11:00:00Z"}
START = {"connectorId": 1, "idTag": "TAG1", "meterStart": 1000, "timestamp": "2026-04-01T10:00:00Z"}


@pytest.fixture
def station(charger: Any) -> Station:
    return Station(charger.id, "CP1", charger.organization_id, "1.6", "accepted", True)


@pytest.fixture
def kept(database: Database, station: Station) -> Callable[..., Any]:
    """`await kept("StopTransaction", frame)`: an entry in the quarantine; its id."""

    async def keep(action: str, content: Any, reason: str = "fits nothing") -> str:
        text = content if isinstance(content, str) else json.dumps(content)

        def put(work: Work) -> str:
            key = quarantine.key_of(text)
            quarantine.keep(work, station, action=action, reason=reason, content=text, content_key=key)
            return str(
                work.execute(quarantine.quarantine.select().where(quarantine.quarantine.c.content_key == key)).one().id
            )

        return await database.write(put)

    return keep


async def waiting(admin: Client, **which: Any) -> list[Any]:
    return list((await admin.get(f"{API}/quarantine", params=which)).json()["items"])


async def charging(admin: Client) -> list[Any]:
    return list((await admin.get(f"{API}/sessions")).json()["items"])


async def test_L2_a_stop_is_repaired_seen_beforehand_and_replayed(
    admin: Client, database: Database, station: Station, kept: Any
) -> None:
    number = await database.write(telling.start, station, at=TEN)
    entry = await kept("StopTransaction", [2, "7", "StopTransaction", STOP])
    [listed] = await waiting(admin)
    assert (listed["payload"], listed["resolved_at"]) == (STOP, None)

    path, right = f"{API}/quarantine/{entry}", {"payload": STOP | {"transactionId": number}}
    wrong = (await admin.post(f"{path}/preview", json={})).json()
    assert (wrong["sessions"], "nothing would come of it" in wrong["problem"]) == ([], True)
    seen = (await admin.post(f"{path}/preview", json=right)).json()
    assert (seen["problem"], seen["sessions"][0]["energy_wh"], seen["sessions"][0]["status"]) == (
        None,
        5000,
        "completed",
    )
    assert [session["status"] for session in await charging(admin)] == ["active"]
    assert (await admin.post(f"{path}/replay", json={})).status_code == 409
    assert len(await waiting(admin)) == 1

    done = (await admin.post(f"{path}/replay", json=right)).json()
    assert done == seen
    assert [session["energy_wh"] for session in await charging(admin)] == [5000]
    assert await waiting(admin) == []
    one = (await admin.get(path)).json()
    assert (json.loads(one["replayed"]), one["resolved_by"]) == (right["payload"], "administrator@example.com")
    assert one["payload"] == STOP  # what it was
    assert (await admin.post(f"{path}/replay", json=right)).status_code == 409


@pytest.mark.every_case
@pytest.mark.parametrize(
    "content",
    ['[2,"1","StartTransaction",{"connectorId":1,', "\ufffd\ufffd", "[2]", '"text"', '[2,"1","StartTransaction",[]]'],
)
async def test_L5_what_cannot_be_read_is_written_anew(admin: Client, kept: Any, content: str) -> None:
    entry = await kept("StartTransaction", content)
    assert (await waiting(admin))[0]["payload"] is None
    path = f"{API}/quarantine/{entry}"
    assert "cannot be read" in (await admin.post(f"{path}/preview", json={})).json()["problem"]
    answer = await admin.post(f"{path}/replay", json={"payload": START})
    assert answer.status_code == 200, answer.text
    [session] = await charging(admin)
    assert (session["status"], session["token"], session["meter_start_wh"]) == ("active", "TAG1", 1000)
    assert answer.json()["response"]["transactionId"] == int(session["transaction_id"])


async def test_a_payload_that_is_still_wrong_is_explained_with_its_field(admin: Client, kept: Any) -> None:
    entry = await kept("MeterValues", "[2]")
    bad = {"payload": {"connectorId": "left", "meterValue": []}}
    seen = (await admin.post(f"{API}/quarantine/{entry}/preview", json=bad)).json()
    assert "connectorId" in seen["problem"]
    assert (await admin.post(f"{API}/quarantine/{entry}/replay", json=bad)).status_code == 409
    good = {
        "payload": {
            "connectorId": 1,
            "meterValue": [{"timestamp": "2026-04-01T10:00:00Z", "sampledValue": [{"value": "5"}]}],
        }
    }
    assert (await admin.post(f"{API}/quarantine/{entry}/replay", json=good)).status_code == 200
    [orphan] = (await admin.get(f"{API}/stations/CP1/orphan-meter-values")).json()["items"]
    assert orphan["value"]["energy_wh"] == 5


async def test_a_message_nobody_takes_is_not_replayed(admin: Client, kept: Any) -> None:
    entry = await kept("TransactionEvent", {})
    seen = (await admin.post(f"{API}/quarantine/{entry}/preview", json={"payload": {}})).json()
    assert "has no message" in seen["problem"]


async def test_A14_many_are_gathered_and_resolved_at_once(admin: Client, kept: Any) -> None:
    for number in range(5):
        await kept("StopTransaction", {"n": number})
    await kept("MeterValues", {"n": 9}, reason="defective")
    groups = (await admin.get(f"{API}/quarantine/groups")).json()["items"]
    assert [(group["action"], group["reason"], group["count"]) for group in groups] == [
        ("StopTransaction", "fits nothing", 5),
        ("MeterValues", "defective", 1),
    ]
    assert len(await waiting(admin, action="StopTransaction", station="CP1")) == 5
    assert await waiting(admin, station="CP2") == []
    body = {"action": "StopTransaction", "reason": "fits nothing"}
    assert (await admin.post(f"{API}/quarantine/resolve", json=body)).json() == {"resolved": 5}
    assert [entry["action"] for entry in await waiting(admin)] == ["MeterValues"]
    assert (await admin.post(f"{API}/quarantine/resolve", json={})).json() == {"resolved": 1}


async def test_A14_a_flood_is_bounded_and_one_hint(
    admin: Client, kept: Any, database: Database, station: Station
) -> None:
    heard: list[Any] = []
    database.after_commit.append(heard.extend)

    def flood(work: Work) -> list[bool]:
        return [
            quarantine.keep(work, station, action="MeterValues", reason="r", content=str(n), content_key=str(n))
            for n in range(130)
        ]

    assert (await database.write(flood)).count(True) == 100
    [group] = (await admin.get(f"{API}/quarantine/groups")).json()["items"]
    assert group["count"] == 100
    [alarm] = (await admin.get(f"{API}/alarms", params={"open": True})).json()["items"]
    assert (alarm["kind"], alarm["count"]) == ("quarantine_full", 30)
    assert [event.kind for event in heard if isinstance(event, Alarm)] == ["quarantine", "quarantine_full"]
    await kept("StopTransaction", {})  # another kind has room
    assert len(await waiting(admin, action="StopTransaction")) == 1


async def test_A14_alarms_are_resolved_at_once(admin: Client, database: Database, station: Station) -> None:
    def raise_some(work: Work) -> None:
        for kind in ("a", "b", "c"):
            alarms.raise_alarm(work, station, kind=kind, detail="d")

    await database.write(raise_some)
    assert (await admin.post(f"{API}/alarms/resolve", json={"kind": "b"})).json() == {"resolved": 1}
    assert (await admin.post(f"{API}/alarms/resolve", json={"station": "CP9"})).status_code == 404
    assert (await admin.post(f"{API}/alarms/resolve", json={"station": "CP1"})).json() == {"resolved": 2}


async def test_who_may_not_correct_sessions_replays_nothing(
    admin: Client, kept: Any, as_role: Callable[..., Any], database: Database
) -> None:
    viewer = await as_role("viewer")
    entry = await kept("StartTransaction", START)
    for what in ("preview", "replay"):
        assert (await viewer.post(f"{API}/quarantine/{entry}/{what}", json={})).status_code == 403
    assert (await viewer.post(f"{API}/quarantine/resolve", json={})).status_code == 403
    assert (await viewer.get(f"{API}/quarantine/{entry}")).status_code == 200


async def test_API_11_another_organizations_entry_does_not_exist(admin: Client, kept: Any, database: Database) -> None:
    entry = int(await kept("StartTransaction", START))
    assert await database.write(quarantine.resolve_all, 999, by="x") == 0
    assert await database.read(quarantine.groups, 999) == []
    assert (await admin.get(f"{API}/quarantine/{entry + 1}")).status_code == 404
    assert await database.read(lambda work: sessions.count_active(work, 999)) == 0
