"""The name, logo and colour of an organization: on its pages, its paper and its mails."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from stationmaster.api.application import Application
from stationmaster.background.mails import written
from stationmaster.domain import looks, organizations
from stationmaster.domain.events import MailDue
from stationmaster.domain.invoices import documents, links
from stationmaster.domain.invoices.invoices import by_link
from stationmaster.storage import Database
from tests.api.conftest import Client
from tests.api.drivers import charge, make_driver
from tests.api.test_invoices import issue_receipt
from tests.files.test_pictures import picture

API = "/api/v1"
LOOK, LOGO = f"{API}/organization/look", f"{API}/organization/logo"


@pytest.mark.any_database
async def test_an_organization_has_a_name_a_colour_and_a_logo(
    as_role: Callable[..., Any], anonymous: Client, database: Database
) -> None:
    owner, viewer = await as_role("owner"), await as_role("viewer")
    nothing = await viewer.get(LOOK)
    ours = nothing.json()
    assert (ours["name"], ours["colour"], ours["logo"], ours["shown_name"]) == (None, None, None, "Home")
    assert (await viewer.patch(LOOK, json={"name": "x"})).status_code == 403
    assert (await (await as_role("administrator")).post(LOGO, content=picture("PNG"))).status_code == 403

    seen = {"If-Match": nothing.headers["etag"]}
    changed = await owner.patch(LOOK, json={"name": " Harbour  Charging ", "colour": "#FFEE00"}, headers=seen)
    assert changed.status_code == 200, changed.text
    assert (changed.json()["shown_name"], changed.json()["colours"]["colour"]) == ("Harbour Charging", "#ffee00")
    assert changed.json()["colours"]["text"] == "#000000" and changed.json()["colours"]["on_light"] != "#ffee00"
    assert (await owner.patch(LOOK, json={"name": "other"}, headers=seen)).status_code == 412
    for wrong, field in (({"colour": "green"}, "colour"), ({"name": "x" * 61}, "name"), ({"logo": "x"}, "logo")):
        refused = await owner.patch(LOOK, json=wrong)
        assert refused.status_code in (400, 422) and field in refused.text

    brought = await owner.post(LOGO, content=picture("PNG", size=(1200, 600)), headers={"Content-Type": "image/png"})
    assert brought.status_code == 200, brought.text
    logo = brought.json()["logo"]
    assert (logo["width"], logo["height"]) == (320, 160)
    shown = await anonymous.get(logo["url"])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(shown.content)).size == (320, 160)
    refused = await owner.post(LOGO, content=b"<svg onload='alert(1)'/>", headers={"Content-Type": "image/svg+xml"})
    assert refused.status_code == 422
    assert (await anonymous.get("/files/logos/none")).status_code == 404

    assert (await owner.delete(LOGO)).json()["logo"] is None
    assert (await owner.delete(LOGO)).status_code == 404
    assert (await anonymous.get(logo["url"])).status_code == 404  # no paper has it
    assert (await owner.patch(LOOK, json={"name": None, "colour": None})).json()["shown_name"] == "Home"
    acts = (await owner.get(f"{API}/audit", params={"subject": "organization"})).json()["items"]
    assert [each["action"] for each in acts] == ["change_look"] * 4
    assert acts[-1]["after"] == {"name": "Harbour Charging", "colour": "#ffee00"}


@pytest.mark.any_database
async def test_what_was_issued_keeps_the_look_it_had(
    database: Database, web: Application, context: Any, charger: Any, as_role: Callable[..., Any]
) -> None:
    owner = await as_role("owner")
    home = await database.read(organizations.home)
    await owner.patch(LOOK, json={"colour": "#800020"})
    await owner.post(LOGO, content=picture("PNG", size=(40, 20)), headers={"Content-Type": "image/png"})
    ann = await make_driver(web, database, "ann")
    session = await charge(database, charger, ann)
    await ann.client.aclose()
    row = await database.write(lambda work: issue_receipt(work, home, session))
    await owner.patch(LOOK, json={"colour": "#0000ff"})
    # Of those that come after it only the one that is shown stays.
    for size in ((60, 30), (80, 40)):
        await owner.post(LOGO, content=picture("PNG", size=size), headers={"Content-Type": "image/png"})
    sizes = select(looks.logos.c.width).order_by(looks.logos.c.id)
    assert await database.read(lambda work: list(work.execute(sizes).scalars())) == [40, 80]
    await owner.delete(LOGO)
    assert await database.read(lambda work: list(work.execute(sizes).scalars())) == [40]
    design = documents.decoded((await database.read(by_link, row.public_id)).document).design
    assert design is not None and design.colour == "#800020"
    async with Client(web) as guest:
        page = (await guest.get(f"/receipts/{links.key_of(context.keys.links, row)}")).text
        assert "#800020" in page and "#0000ff" not in page and "data:image/png;base64," in page
        assert (await guest.get(f"/receipts/{links.key_of(context.keys.links, row)}/pdf")).content.startswith(b"%PDF-")
    assert (await database.read(looks.get, home)).logo is None


def test_a_mail_is_sent_in_the_name_that_was_chosen_else_in_that_of_the_settings() -> None:
    def sent_by(name: str) -> str:
        due = MailDue(kind="known", email="ann@example.com", organization="Home", sender=name)
        return str(written(due, "", sender="Stationmaster <csms@example.org>")["From"])

    assert sent_by("") == "Stationmaster <csms@example.org>"
    assert sent_by("Harbour, Charging") == '"Harbour, Charging" <csms@example.org>'
    assert "\n" not in sent_by("Harbour\r\nBcc: x@example.com")
