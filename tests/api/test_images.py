"""Pictures of sites and chargers (S1-145 … S1-147, API-22)."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from stationmaster.api.context import Context
from stationmaster.domain import audit, images
from stationmaster.files import Folder
from stationmaster.storage import Database
from tests.api.conftest import Client
from tests.files.test_pictures import picture

API = "/api/v1"
OF = f"{API}/stations/CP1/images"


def kept_files(context: Context) -> list[Path]:
    assert isinstance(context.folder, Folder)
    return list(context.folder.path.glob("*")) if context.folder.path.exists() else []


async def test_S1_146_S1_147_a_picture_is_brought_shown_and_removed(
    admin: Client, anonymous: Client, charger: Any, context: Context, database: Database
) -> None:
    brought = await admin.post(OF, content=picture("PNG"), headers={"Content-Type": "image/png"})
    assert brought.status_code == 201, brought.text
    made = brought.json()
    assert (made["width"], made["height"]) == (640, 480)
    assert (await admin.get(OF)).json() == [made]
    shown = await anonymous.get(made["url"])
    assert shown.status_code == 200
    assert shown.headers["content-type"] == "image/webp"
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert (int(shown.headers["content-length"]), len(shown.content)) == (made["size"], made["size"])
    assert Image.open(io.BytesIO(shown.content)).size == (640, 480)
    again = await anonymous.get(made["url"], headers={"If-None-Match": shown.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    small = await anonymous.get(made["thumbnail_url"])
    assert Image.open(io.BytesIO(small.content)).size == (320, 240)
    assert len(kept_files(context)) == 2
    [row] = await database.read(lambda work: work.execute(select(images.images)).all())
    assert made["url"] == f"/files/images/{row.public_id}"

    assert (await admin.delete(f"{OF}/{made['id']}")).status_code == 204
    assert (await admin.delete(f"{OF}/{made['id']}")).status_code == 404
    assert (await anonymous.get(made["url"])).status_code == 404
    assert kept_files(context) == [] and (await admin.get(OF)).json() == []
    log = await database.read(lambda work: work.execute(select(audit.audit).order_by(audit.audit.c.id)).all())
    acts = [(each.action, each.subject_kind, each.subject_id) for each in log if "image" in each.action]
    assert acts == [("add_image", "station", "CP1"), ("remove_image", "station", "CP1")]


async def test_S1_145_a_site_has_pictures_too_and_a_form_will_do(admin: Client) -> None:
    site = (await admin.post(f"{API}/sites", json={"name": "Harbour"})).json()
    form = {"file": ("../../etc/passwd", picture(), "text/html")}
    made = await admin.post(f"{API}/sites/{site['id']}/images", files=form)
    assert made.status_code == 201, made.text
    assert "passwd" not in made.text
    assert len((await admin.get(f"{API}/sites/{site['id']}/images")).json()) == 1
    assert (await admin.delete(f"{API}/sites/{site['id']}/images/{made.json()['id']}")).status_code == 204


async def test_API_22_what_is_refused_leaves_nothing_behind(admin: Client, charger: Any, context: Context) -> None:
    too_large = b"\xff\xd8\xff" + b"x" * (context.settings.files.max_image_mb * 1024 * 1024 + 1)
    for content, status in ((b"<svg/>", 422), (b"", 422), (picture()[:100], 422), (too_large, 413)):
        answer = await admin.post(OF, content=content, headers={"Content-Type": "image/jpeg"})
        assert answer.status_code == status
    assert (await admin.post(f"{API}/stations/none/images", content=picture())).status_code == 404
    assert (await admin.post(f"{API}/sites/none/images", content=picture())).status_code == 404
    assert kept_files(context) == []


@pytest.mark.any_database
async def test_API_22_there_is_an_end_of_pictures(admin: Client, charger: Any, context: Context) -> None:
    for _ in range(images.MOST):
        assert (await admin.post(OF, content=picture(size=(8, 8)))).status_code == 201
    assert (await admin.post(OF, content=picture(size=(8, 8)))).status_code == 409
    assert len(kept_files(context)) == 2 * images.MOST


@pytest.mark.any_database
async def test_API_11_a_picture_is_removed_where_it_hangs_and_by_rights(
    admin: Client, as_role: Callable[..., Any], charger: Any
) -> None:
    made = (await admin.post(OF, content=picture(size=(8, 8)))).json()
    await admin.post(f"{API}/stations", json={"id": "CP2"})
    assert (await admin.delete(f"{API}/stations/CP2/images/{made['id']}")).status_code == 404
    viewer = await as_role("viewer")
    assert (await viewer.get(OF)).json() == [made]
    assert (await viewer.post(OF, content=picture(size=(8, 8)))).status_code == 403
    for wrong in ("/files/images/none", f"/files/images/{made['id'][:-1]}", "/files/images/..%2fsecret.key"):
        assert (await viewer.get(wrong)).status_code == 404
