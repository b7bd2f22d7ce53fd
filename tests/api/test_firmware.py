"""The API of firmware and logs: upload, list, remove, and who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stationmaster.api.context import Context
from stationmaster.domain import audit, firmware, organizations, stations
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work
from tests.api.conftest import Client

API = "/api/v1"
FACTS = {"name": "C:\\builds\\one v2.bin", "version": "2.0", "vendor": "Acme", "model": "One"}


async def upload(client: Client, content: bytes = b"image", **more: str) -> Any:
    return await client.post(f"{API}/firmware", params=FACTS | more, content=content)


async def test_a_firmware_is_uploaded_listed_and_removed(admin: Client, context: Context, database: Database) -> None:
    made = await upload(admin)
    assert made.status_code == 201, made.text
    file = made.json()
    assert (file["name"], file["version"], file["size"], file["signed"]) == ("one_v2.bin", "2.0", 5, False)
    assert (await admin.get(f"{API}/firmware")).json()["items"] == [file]
    [kept] = context.folder.path.iterdir()
    assert kept.read_bytes() == b"image"
    assert (await admin.delete(f"{API}/firmware/{file['id']}")).status_code == 204
    assert (await admin.get(f"{API}/firmware")).json()["items"] == []
    assert list(context.folder.path.iterdir()) == []

    def acts(work: Work) -> list[tuple[str, str]]:
        rows = work.execute(audit.audit.select().order_by(audit.audit.c.id)).all()
        return [(row.action, row.subject_id) for row in rows if "firmware" in row.action]

    assert await database.read(acts) == [("add_firmware", file["id"]), ("remove_firmware", file["id"])]


@pytest.mark.parametrize(
    "content, more, field",
    [
        (b"", {}, "body"),
        (b"x", {"signature": "c2lnbg=="}, "signature"),
        (b"x", {"signature": "no base64!", "signing_certificate": "PEM"}, "signature"),
        (b"x", {"version": ""}, "version"),
        (b"x", {"checksum": "1"}, "checksum"),
    ],
)
async def test_an_upload_that_is_refused_leaves_nothing(
    admin: Client, context: Context, content: bytes, more: dict[str, str], field: str
) -> None:
    refused = await upload(admin, content, **more)
    assert refused.status_code == 422, refused.text
    assert [each["field"] for each in refused.json()["errors"]] == [field]
    assert not context.folder.path.exists() or list(context.folder.path.iterdir()) == []
    assert (await admin.get(f"{API}/firmware")).json()["items"] == []


async def test_ATK_12_only_who_may_deploy_uploads_and_updates(as_role: Callable[..., Any], charger: Any) -> None:
    operator, technician = await as_role("operator"), await as_role("technician")
    refused = await upload(operator)
    assert (refused.status_code, "deploy_firmware" in refused.json()["detail"]) == (403, True)
    update = f"{API}/stations/CP1/commands/update-firmware"
    file = (await upload(technician)).json()
    assert (await operator.post(update, json={"firmware": file["id"]})).status_code == 403
    assert (await technician.post(update, json={"firmware": file["id"]})).status_code == 200
    # There is no field for an address: chargers fetch what was uploaded here (API-21).
    foreign = await technician.post(update, json={"firmware": file["id"], "location": "http://10.0.0.1/x"})
    assert foreign.status_code == 422


async def test_a_firmware_that_a_charger_is_given_cannot_be_removed(
    admin: Client, charger: Any, context: Context, database: Database
) -> None:
    file = (await upload(admin)).json()

    def begin(work: Work) -> None:
        row = stations.get(work, organizations.home(work), "CP1")
        station = Station(row.id, "CP1", row.organization_id, "1.6", "accepted", True)
        firmware.begin(work, station, public_id=file["id"], force=True, until=work.now + context.links.lifetime)

    await database.write(begin)
    refused = await admin.delete(f"{API}/firmware/{file['id']}")
    assert (refused.status_code, refused.json()["detail"]) == (409, "a charger is being updated with it")
    [update] = (await admin.get(f"{API}/stations/CP1/firmware-updates")).json()["items"]
    assert (update["state"], update["to_version"]) == ("requested", "2.0")


async def test_a_log_that_is_not_there(admin: Client, charger: Any) -> None:
    assert (await admin.get(f"{API}/stations/CP1/logs")).json()["items"] == []
    assert (await admin.get(f"{API}/stations/CP1/logs/0123/file")).status_code == 404
