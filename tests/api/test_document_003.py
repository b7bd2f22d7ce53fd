"""The paths of document 003, with its spelling and its examples."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stationmaster.domain import audit, connectors, message_log, sessions
from stationmaster.domain.commands import Outcome
from stationmaster.domain.exchanges import Exchange
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.conftest import NOW, Chargers, Client

COLUMNS = {  # of its tables
    "charge_points": "id charge_point_id vendor model serial_number firmware_version ocpp_version status last_seen"
    " created_at updated_at",
    "connectors": "id charge_point_id connector_id type status max_current max_power",
    "transactions": "id transaction_id charge_point_id connector_id id_tag start_timestamp stop_timestamp"
    " start_meter_value stop_meter_value energy_consumed status reason created_at updated_at",
}
EXAMPLE = {"charge_point_id": "CP001", "vendor": "ExampleVendor", "model": "ExampleModel", "serial_number": "CP001-001"}


def _station(row: Any) -> Station:
    return Station(row.id, row.identity, row.organization_id, "1.6", "accepted", True)


async def test_S3_032_active_connections(admin: Client, charger: Any) -> None:
    [shown] = (await admin.get("/connections")).json()
    assert (shown["chargePointId"], shown["version"], shown["remoteAddress"]) == ("CP1", "1.6", "192.0.2.7")
    assert shown["lastSeen"] == NOW.isoformat().replace("+00:00", "Z")
    assert (await admin.get("/connections?chargePointId=CP1")).status_code == 422  # no filter there: it is not ignored


async def test_S3_034_a_message_is_sent_as_the_document_frames_it(
    admin: Client, charger: Any, chargers: Chargers
) -> None:
    chargers.outcome = Outcome("result", {"status": "Accepted"})
    answer = await admin.post("/connections/CP1/send", json=[2, "messageId", "Reset", {"type": "Soft"}])
    assert (answer.status_code, answer.json()) == (200, [3, "messageId", {"status": "Accepted"}])
    chargers.outcome = Outcome("error", code="NotImplemented", description="Action not supported", details={})
    answer = await admin.post("/connections/CP1/send", json={"action": "Own", "payload": {"a": 1}, "messageId": "7"})
    assert answer.json() == [4, "7", "NotImplemented", "Action not supported", {}]
    assert [asked for _, (asked, *_) in chargers.asked] == ["Reset", "Own"]
    chargers.outcome = Outcome("timeout")
    assert (await admin.post("/connections/CP1/send", json={"action": "Own"})).status_code == 504


@pytest.mark.parametrize(
    "wrong", [[3, "1", {}], [2, "1", "Reset"], [2, 1, "Reset", {}], [2, "1", "", {}], {"payload": {}}, "Reset"], ids=str
)
async def test_S3_034_what_is_no_call_is_refused(admin: Client, charger: Any, chargers: Chargers, wrong: Any) -> None:
    assert (await admin.post("/connections/CP1/send", json=wrong)).status_code == 422
    assert not chargers.asked


async def test_S3_035_a_charge_point_is_disconnected(admin: Client, charger: Any, database: Database) -> None:
    assert (await admin.delete("/connections/CP1")).status_code == 204
    assert (await admin.get("/connections")).json() == []
    for again in ("CP1", "CP2"):  # there is no such connection
        assert (await admin.delete(f"/connections/{again}")).status_code == 404
        assert (await admin.post(f"/connections/{again}/send", json={"action": "A"})).status_code == 404
    actions = await database.read(lambda work: list(work.execute(audit.audit.select()).all()))
    assert [(row.action, row.subject_id) for row in actions if row.action == "disconnect"] == [("disconnect", "CP1")]


async def test_S3_033_the_metrics_that_the_document_lists(admin: Client, charger: Any, database: Database) -> None:
    def happen(work: Work) -> None:
        for outcome, took_ms in (("ok", 1.0), ("ok", 3.0), ("ProtocolError", None)):
            exchange = Exchange("in", "1", "Heartbeat", "{}", "{}", outcome, took_ms)
            message_log.add(work, _station(charger), exchange)
        message_log.add(work, _station(charger), Exchange("out", "1", "Reset", "{}", "{}", "ok", 40.0))
        telling.start(work, _station(charger), 1, token="TAG1", at=Instant(work.now), meter=1000)

    await database.write(happen)
    shown = (await admin.get("/statistics")).json()
    assert shown["connections"] == {"active": 1, "total": 1}
    assert shown["messages"] == {"received": 7, "sent": 5, "byType": {"Heartbeat": 3, "Reset": 1}}
    assert shown["transactions"] == {"active": 1, "last24h": {"STARTED": 1}}
    assert shown["errors"] == {"failedMessages": 1, "errorRate": 0.25, "refusedConnections": 2}
    assert shown["responseTimes"] == {"gatewayMs": 2.0, "chargePointsMs": 40.0}


async def test_S3_033_nothing_has_happened_yet(admin: Client) -> None:
    shown = (await admin.get("/statistics")).json()
    assert shown["errors"]["errorRate"] == 0
    assert shown["responseTimes"] == {"gatewayMs": None, "chargePointsMs": None}


async def test_S3_039_S3_038_a_charge_point_is_created_in_the_columns_of_the_table(admin: Client) -> None:
    made = await admin.post("/charge-points", json=EXAMPLE)
    assert made.status_code == 201
    shown = (await admin.get("/charge-points/CP001")).json()
    assert made.json() == shown | {"secret": made.json()["secret"], "connectors": []}
    assert len(made.json()["secret"]) >= 16 and "secret" not in shown
    assert EXAMPLE.items() <= shown.items()
    assert set(COLUMNS["charge_points"].split()) == set(shown) - {"connectors"}
    assert (shown["ocpp_version"], shown["status"], shown["last_seen"]) == ("1.6", "DISCONNECTED", None)
    assert (await admin.get(f"/charge-points/{shown['id']}")).json() == shown
    assert (await admin.get("/charge-points/CP002")).status_code == 404
    ours = (await admin.get("/api/v1/stations/CP001")).json()
    assert (ours["vendor"], ours["serial"]) == ("ExampleVendor", "CP001-001")


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"charge_point_id": "a:b"}, 422, "charge_point_id"),
        ({"vendor": ""}, 422, "vendor"),
        ({"ocpp_version": "1.5"}, 422, "ocpp_version"),
        ({"status": "AVAILABLE"}, 422, "status"),
        ({"charge_point_id": "CP1"}, 409, None),
    ],
    ids=str,
)
async def test_S3_039_what_cannot_be_created(
    admin: Client, charger: Any, change: dict[str, Any], status: int, field: str | None
) -> None:
    answer = await admin.post("/charge-points", json=EXAMPLE | change)
    assert answer.status_code == status
    assert [each["field"] for each in answer.json()["errors"]] == ([] if field is None else [field])


async def test_S3_037_charge_points_with_their_connectors_page_by_page(
    admin: Client, charger: Any, database: Database
) -> None:
    def report(work: Work) -> None:
        connectors.report_status(
            work, _station(charger), evse=2, connector=1, state="available", status="Available", at=work.now
        )

    await database.write(report)
    await admin.post("/charge-points", json=EXAMPLE | {"ocpp_version": "2.0.1"})
    newest, oldest = (await admin.get("/charge-points")).json()
    assert (newest["charge_point_id"], newest["ocpp_version"]) == ("CP001", "2.0.1")
    assert (oldest["status"], oldest["last_seen"]) == ("CONNECTED", NOW.isoformat().replace("+00:00", "Z"))
    [connector] = oldest["connectors"]
    assert set(connector) == set(COLUMNS["connectors"].split())
    assert (connector["connector_id"], connector["status"]) == (2, "AVAILABLE")
    assert connector["charge_point_id"] == oldest["id"]  # the foreign key of the document

    page = await admin.get("/charge-points?limit=1")
    assert [each["charge_point_id"] for each in page.json()] == ["CP001"]
    [following] = re.findall(r'^<(.*)>; rel="next"$', page.headers["link"])
    rest = await admin.get(following)
    assert [each["charge_point_id"] for each in rest.json()] == ["CP1"] and "link" not in rest.headers


async def test_S3_040_S3_041_transactions_in_the_columns_of_the_table(
    admin: Client, charger: Any, database: Database
) -> None:
    def charge(work: Work) -> Any:
        number = telling.start(work, _station(charger), 1, token="TAG1", at=Instant(work.now), meter=1000)
        stop = Instant(work.now + timedelta(hours=1))
        telling.stop(work, _station(charger), number, at=stop, meter=12_346, reason="EVDisconnected")
        telling.start(work, _station(charger), 1, token="TAG1", at=Instant(work.now), meter=12_346)
        return work.execute(sessions.sessions.select().order_by(sessions.sessions.c.id)).all()

    first, _ = await database.write(charge)
    going, ended = (await admin.get("/transactions")).json()
    assert set(ended) == set(COLUMNS["transactions"].split())
    assert (ended["transaction_id"], ended["charge_point_id"]) == (int(first.transaction_id), "CP1")
    assert (ended["id_tag"], ended["connector_id"], ended["energy_consumed"]) == ("TAG1", 1, 11.346)
    assert (ended["start_meter_value"], ended["stop_meter_value"]) == (1000, 12_346)
    assert (ended["status"], going["status"]) == ("COMPLETED", "STARTED")
    assert (going["stop_timestamp"], going["energy_consumed"]) == (None, None)
    for name in (first.public_id, first.transaction_id):
        assert (await admin.get(f"/transactions/{name}")).json() == ended
    assert (await admin.get("/transactions/none")).status_code == 404
    assert (await admin.get("/transactions?charge_point_id=CP2")).json() == []
    assert (await admin.get("/transactions?limit=1")).json() == [going]


async def test_S3_042_services(admin: Client) -> None:
    shown = (await admin.get("/services")).json()
    assert shown["status"] == "healthy"
    names = {each["name"] for each in shown["services"]}
    assert names >= {"ocpp-gateway", "charge-point", "api-gateway"}
    assert {each["status"] for each in shown["services"]} == {"healthy"}


async def test_S3_098_nothing_of_it_without_a_log_in_and_all_of_it_by_rights(
    anonymous: Client, as_role: Callable[..., Any], charger: Any
) -> None:
    viewer = await as_role("viewer")
    for path in ("/connections", "/statistics", "/charge-points", "/transactions", "/services"):
        refused = await anonymous.get(path, headers={"Accept": "text/html"})
        assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
        assert (await viewer.get(path)).status_code == 200
    assert (await viewer.delete("/connections/CP1")).status_code == 403


def test_no_page_has_an_address_of_the_documents() -> None:
    """So nobody has to guess from `Accept` whether a page or an answer is wanted."""
    routes = Path(__file__).resolve().parents[2] / "web" / "operator" / "src" / "features"
    pages = {
        name
        for file in routes.rglob("routes/*.tsx")
        for name in re.findall(r'createFileRoute\("/([^/"]*)', file.read_text())
    }
    assert "chargers" in pages
    assert not pages & {"connections", "statistics", "charge-points", "transactions", "services", "health"}


async def test_they_are_not_in_the_openapi_document(anonymous: Client) -> None:
    paths = (await anonymous.get("/api/openapi.json")).json()["paths"]
    assert not {"/connections", "/statistics", "/charge-points", "/transactions", "/services"} & set(paths)
