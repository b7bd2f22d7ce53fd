"""Mails over a real SMTP server, from what a person asks for to the link they follow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from stationmaster.app import App
from stationmaster.background.mails import written
from stationmaster.domain import accounts, deliveries, organizations, sessions, stations
from stationmaster.domain.deliveries import Undeliverable
from stationmaster.domain.events import InvoiceMailDue, MailDue
from stationmaster.domain.invoices.invoices import InvoiceRow
from stationmaster.domain.one_time_links import one_time_links
from stationmaster.domain.stations import Station
from stationmaster.settings import Mail, Registration, Settings
from stationmaster.storage import Work
from tests import telling
from tests.api.test_invoices import issue_receipt
from tests.background.mailboxes import PASSWORD as SMTP_PASSWORD
from tests.background.mailboxes import USER, Mailboxes, receiving_mail

PASSWORD, NEW = "correct horse battery staple", "another good password"
ANN = "ann@example.com"
pytestmark = pytest.mark.any_database


@pytest.fixture
async def boxes() -> AsyncIterator[Mailboxes]:
    async with receiving_mail() as boxes:
        yield boxes


@pytest.fixture
def settings(settings: Settings, boxes: Mailboxes) -> Settings:
    settings.mail = Mail(
        host="127.0.0.1",
        port=boxes.port,
        tls="none",
        user=USER,
        password=SMTP_PASSWORD,
        sender="Stationmaster <csms@example.org>",
    )
    settings.web.public_url = "https://csms.example"
    settings.registration = Registration(open=True)
    return settings


@pytest.fixture
async def anybody(app: App) -> AsyncIterator[httpx.AsyncClient]:
    def boss(work: Work) -> None:
        home = organizations.home(work)
        accounts.add(work, home, email="boss@example.com", password=PASSWORD, role="administrator")

    await app.database.write(boss)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.web_port}/api/v1") as client:
        yield client


async def login(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> int:
    answer = await client.post("/auth/login", json={"email": email, "password": password})
    if answer.status_code == 200:
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return answer.status_code


async def rows(app: App) -> list[Any]:
    table = deliveries.deliveries
    return list(await app.database.read(lambda work: work.execute(select(table).order_by(table.c.id)).all()))


async def test_an_invitation_is_mailed_and_opens_the_door_once(
    anybody: httpx.AsyncClient, boxes: Mailboxes, app: App
) -> None:
    await login(anybody, "boss@example.com")
    made = (await anybody.post("/users", json={"email": ANN, "role": "operator", "name": "Ann"})).json()
    assert (made["awaited"], made["link"]["url"]) == (True, None)  # it is theirs, and nobody else's
    mail = await boxes.next(ANN)
    assert (mail["To"], mail["From"], mail["Auto-Submitted"]) == (
        ANN,
        "Stationmaster <csms@example.org>",
        "auto-generated",
    )
    assert "Home" in mail["Subject"]
    assert boxes.logged_in == [True]
    token = str(mail.get_content()).partition("https://csms.example/welcome#")[2].split()[0]
    [row] = await rows(app)
    assert token.partition(".")[2] not in repr(tuple(row))  # what waits in the queue opens nothing
    assert await login(anybody, ANN) == 401
    weak = await anybody.post("/auth/new-password", json={"token": token, "password": "password12345678"})
    assert (weak.status_code, weak.json()["errors"][0]["field"]) == (422, "password")
    body = {"token": token, "password": PASSWORD}
    assert (await anybody.post("/auth/new-password", json=body)).status_code == 204
    again = await anybody.post("/auth/new-password", json=body)
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "token")
    assert await login(anybody, ANN) == 200


async def test_X_01_a_forgotten_password_is_reset_by_mail_and_every_log_in_ends(
    anybody: httpx.AsyncClient, boxes: Mailboxes, app: App
) -> None:
    await login(anybody, "boss@example.com")
    forgotten = {"email": "boss@example.com"}
    known = await anybody.post("/auth/password-reset", json=forgotten)
    unknown = await anybody.post("/auth/password-reset", json={"email": "nobody@example.com"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert known.status_code == 202
    token = await boxes.token("boss@example.com", "new-password")
    await anybody.post(
        "/auth/password-reset", json=forgotten
    )  # no second mail within two minutes, so the link stays good
    assert (await anybody.get("/auth/me")).status_code == 200
    assert (await anybody.post("/auth/new-password", json={"token": token, "password": NEW})).status_code == 204
    assert (await anybody.get("/auth/me")).status_code == 401
    assert (await anybody.post("/auth/refresh")).status_code == 401
    assert (await anybody.post("/auth/new-password", json={"token": token, "password": NEW})).status_code == 422
    assert await login(anybody, "boss@example.com") == 401
    assert await login(anybody, "boss@example.com", NEW) == 200
    assert [row.receiver for row in await rows(app)] == ["boss@example.com"]  # and none to the unknown


async def test_S0_033_a_driver_registers_and_confirms_the_address(
    anybody: httpx.AsyncClient, boxes: Mailboxes, app: App
) -> None:
    body = {"email": ANN, "password": PASSWORD, "name": "Ann"}
    first = await anybody.post("/auth/registration", json=body)
    assert first.status_code == 202
    assert await login(anybody, ANN) == 401
    token = await boxes.token(ANN, "confirm")
    assert (await anybody.post("/auth/new-password", json={"token": token, "password": NEW})).status_code == 422
    assert (await anybody.post("/auth/confirmation", json={"token": token})).status_code == 204
    assert (await anybody.post("/auth/confirmation", json={"token": token})).status_code == 422
    assert await login(anybody, ANN) == 200
    me = (await anybody.get("/auth/me")).json()
    assert (me["role"], me["name"], me["permissions"]) == ("driver", "Ann", ["discover"])
    mine = (await anybody.get("/me")).json()
    assert (mine["name"], mine["email"]) == ("Ann", ANN)
    # Who registers at an address that has an account learns nothing; its mailbox does.
    again = await anybody.post("/auth/registration", json=body | {"password": NEW})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert "account already" in (await boxes.next(ANN))["Subject"]
    assert await login(anybody, ANN, NEW) == 401


async def test_who_registers_at_a_strangers_address_keeps_nobody_from_it(
    anybody: httpx.AsyncClient, boxes: Mailboxes, app: App
) -> None:
    """Neither the owner of the address, nor an administrator who invites them."""
    body = {"email": ANN, "password": "of the stranger only", "name": "Eve"}
    await anybody.post("/auth/registration", json=body)
    stale = await boxes.token(ANN, "confirm")
    await login(anybody, "boss@example.com")
    assert (await anybody.post("/users", json={"email": ANN, "role": "viewer"})).status_code == 201
    token = await boxes.token(ANN, "welcome")
    assert (await anybody.post("/auth/confirmation", json={"token": stale})).status_code == 422
    assert (await anybody.post("/auth/new-password", json={"token": token, "password": PASSWORD})).status_code == 204
    assert await login(anybody, ANN, "of the stranger only") == 401
    assert await login(anybody, ANN) == 200


async def test_another_address_counts_from_when_it_is_confirmed(
    anybody: httpx.AsyncClient, boxes: Mailboxes, app: App
) -> None:
    await login(anybody, "boss@example.com")
    wrong = await anybody.post("/auth/email", json={"email": ANN, "password": "not the password"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "password")
    assert (await anybody.post("/auth/email", json={"email": ANN, "password": PASSWORD})).status_code == 202
    token = await boxes.token(ANN, "confirm")
    assert (await anybody.get("/auth/me")).json()["email"] == "boss@example.com"
    assert (await anybody.post("/auth/confirmation", json={"token": token})).status_code == 204
    assert ANN in str((await boxes.next("boss@example.com")).get_content())  # whoever has the old mailbox is told
    assert await login(anybody, "boss@example.com") == 401
    assert await login(anybody, ANN) == 200


@pytest.mark.parametrize(
    ("answer", "ended"), [("550 no such mailbox", "dead_at"), ("450 come back later", "due_at"), ("", "done_at")]
)
async def test_a_mailbox_that_is_not_there_is_not_tried_again_a_busy_one_is(
    anybody: httpx.AsyncClient, boxes: Mailboxes, app: App, answer: str, ended: str
) -> None:
    boxes.answers = [answer] if answer else []
    await login(anybody, "boss@example.com")
    await anybody.post("/users", json={"email": ANN, "role": "viewer"})
    async with asyncio.timeout(20):
        while not (found := await rows(app)) or (found[0].history is None):
            await asyncio.sleep(0.01)
    assert getattr(found[0], ended) is not None
    assert (found[0].dead_at is None, found[0].done_at is None) == (ended != "dead_at", ended != "done_at")


async def test_nothing_is_sent_in_clear_to_a_server_that_knows_no_tls(
    settings: Settings, boxes: Mailboxes, database_url: str
) -> None:
    settings.mail = Mail(host="127.0.0.1", port=boxes.port, user=USER, password=SMTP_PASSWORD)
    async with App(settings).running() as app:

        def invite(work: Work) -> None:
            work.publish(MailDue(kind="known", email=ANN, organization="Home"))

        await app.database.write(invite)
        async with asyncio.timeout(20):
            while not (found := await rows(app)) or found[0].history is None:
                await asyncio.sleep(0.01)
        assert "STARTTLS" in found[0].error
        assert boxes.mails == []


async def test_API_02_mails_that_strangers_ask_for_are_few(anybody: httpx.AsyncClient, boxes: Mailboxes) -> None:
    answers = [
        (await anybody.post("/auth/password-reset", json={"email": "boss@example.com"})).status_code for _ in range(7)
    ]
    assert answers[:5] == [202] * 5
    assert answers[6] == 429
    assert await login(anybody, "boss@example.com") == 200  # and nobody is kept from their own door by that


@pytest.mark.parametrize("kind", ["invitation", "password", "registration", "email"])
async def test_a_link_that_is_over_opens_nothing(
    anybody: httpx.AsyncClient, boxes: Mailboxes, app: App, kind: str
) -> None:
    await login(anybody, "boss@example.com")
    page = {"invitation": "welcome", "password": "new-password"}.get(kind, "confirm")
    to = "boss@example.com" if kind == "password" else ANN
    asked: dict[str, tuple[str, dict[str, str]]] = {
        "invitation": ("/users", {"email": ANN, "role": "viewer"}),
        "password": ("/auth/password-reset", {"email": "boss@example.com"}),
        "registration": ("/auth/registration", {"email": ANN, "password": PASSWORD}),
        "email": ("/auth/email", {"email": ANN, "password": PASSWORD}),
    }
    path, body = asked[kind]
    assert (await anybody.post(path, json=body)).is_success
    token = await boxes.token(to, page)
    await app.database.write(lambda work: work.execute(update(one_time_links).values(expires_at=work.now)))
    used = {"token": token} | ({} if page == "confirm" else {"password": NEW})
    answer = await anybody.post("/auth/confirmation" if page == "confirm" else "/auth/new-password", json=used)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "token")


@pytest.mark.parametrize(
    "email", ["a,b@example.com", 'a"@example.com', "a@b@example.com", "<x>@example.com", "a@", "@"]
)
def test_an_address_that_no_mail_can_have_is_given_up(email: str) -> None:
    with pytest.raises(Undeliverable):
        written(MailDue(kind="known", email=email, organization="Home"), "", sender="csms@example.org")


def test_what_a_person_has_named_makes_no_header() -> None:
    mail = written(
        MailDue(kind="invitation", email="jörg@example.com", organization="Home\r\nBcc: x@example.com {link.x}"),
        "https://csms.example/welcome#t",
        sender="csms@example.org",
    )
    assert mail["Bcc"] is None
    assert "\n" not in mail["Subject"]
    assert mail["To"] == "jörg@example.com"


async def test_a_receipt_is_mailed_as_a_PDF_with_a_link_to_it(boxes: Mailboxes, app: App) -> None:
    def issue(work: Work) -> InvoiceRow:
        home = organizations.home(work)
        charger, _ = stations.create(work, home, app.keys, identity="CP1")
        station = Station(charger.id, "CP1", home, "1.6", "accepted", True)
        number = telling.start(work, station, meter=0)
        telling.stop(work, station, number, meter=1000)
        session = str(work.execute(sessions.sessions.select()).one().public_id)
        row = issue_receipt(work, home, session, seller="Hafen\nBcc: x@example.com")
        work.publish(InvoiceMailDue(invoice=row.public_id, email=ANN))
        return row

    row = await app.database.write(issue)
    mail = await boxes.next(ANN)
    assert (mail["To"], mail["Subject"], mail["Bcc"]) == (
        ANN,
        f"Receipt {row.number} – Hafen Bcc: x@example.com",
        None,
    )
    [pdf] = mail.iter_attachments()
    assert (pdf.get_content_type(), pdf.get_filename()) == ("application/pdf", f"receipt-{row.number}.pdf")
    assert pdf.get_content().startswith(b"%PDF-")
    text = mail.get_body().get_content()
    path = text.partition("https://csms.example")[2].split()[0]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.web_port}") as guest:
        assert row.number in (await guest.get(path)).text
