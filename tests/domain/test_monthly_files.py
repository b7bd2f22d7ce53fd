"""O-12: last month's sessions go to the accountant on the 1st; five failures are told; sent again by hand it is the same file."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from stationmaster.background.monthly_files import send_monthly_files
from stationmaster.background.outbox import deliver_due
from stationmaster.domain import audit, customers, monthly_files, outbox, signing, sites, stations, tariffs
from stationmaster.domain.audit import Actor, Signature
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.events import MailDue
from stationmaster.domain.invoices import issuers
from stationmaster.domain.monthly_files import FileRow
from stationmaster.files import Folder
from stationmaster.outside import Http, Outside
from stationmaster.settings import Accounting, AccountingFile
from stationmaster.storage.lists import Wanted
from tests import telling
from tests.background.receivers import Receiver, answer, receiving
from tests.domain.conftest import World

SIX = datetime(2026, 12, 1, 5, tzinfo=UTC)  # in Berlin
NOVEMBER = datetime(2026, 10, 31, 23, tzinfo=UTC)  # the first moment of November in Berlin


class Accountant:
    """Somebody who is sent files."""

    def __init__(self, world: World, receiver: Receiver, folder: Path) -> None:
        self.world, self.receiver, self.folder = world, receiver, Folder(folder)
        self.outside = Outside(world.database, Http([ip_network("127.0.0.0/8")], timeout_s=2))
        self.settings = AccountingFile(
            name="accountant", url=receiver.url, secret="Bearer of good news", tell="boss@example.com"
        )

    async def turn(self) -> None:
        accounting = Accounting(files=[self.settings])
        await send_monthly_files(self.world.database, self.outside, self.folder, accounting)

    async def files(self) -> list[FileRow]:
        found = await self.world(monthly_files.list_files, self.world.home, Wanted(50, None))
        return list(found.rows)


@pytest.fixture
async def accountant(world: World, tmp_path: Path) -> AsyncIterator[Accountant]:
    world.database.before_commit.append(outbox.keep)
    world.now = datetime(2026, 10, 1, tzinfo=UTC)
    vat = {"name": "VAT", "percent": 19}
    structure = {"elements": [{"price_components": [{"type": "energy", "price": "0.50", "taxes": [vat]}]}]}
    await world(
        lambda work: tariffs.create(
            work, world.home, public_id="day", name="Day", currency="EUR", standard=True, structure=structure
        )
    )
    await world(sites.create, world.home, public_id="H", name="=Harbour", time_zone="Europe/Berlin")
    left, right = [await world.station(identity) for identity in ("CP1", "CP2")]
    for station in (left, right):
        await world(stations.change, world.home, station.identity, {"site": "=Harbour"})
    await world(issuers.change, world.home, {"time_zone": "Europe/Berlin"})
    ann = await world(customers.create, world.home, public_id="ann", name="Ann, the first")
    # The second and the third have ended in November by the clock in Berlin.
    minute, december = timedelta(minutes=1), SIX - timedelta(hours=6)
    ends = [(left, NOVEMBER - minute), (right, NOVEMBER), (left, december - minute), (right, december)]
    for station, world.now in ends:
        began = world.now - timedelta(hours=1)
        number = await world(telling.start, station, meter=0, at=began, customer_id=ann.id)
        await world(telling.stop, station, number, meter=Decimal(10_000), at=world.now)
    while await deliver_due(world.database):
        pass
    async with receiving() as receiver:
        yield Accountant(world, receiver, tmp_path)


def read(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode())))


async def test_O_12_last_months_sessions_are_sent_once_on_the_first(accountant: Accountant) -> None:
    world, receiver = accountant.world, accountant.receiver
    world.now = SIX - timedelta(seconds=1)
    await accountant.turn()
    assert receiver.requests == []
    world.now = SIX
    await accountant.turn()
    await accountant.turn()
    [request] = receiver.requests
    assert request.headers["authorization"] == "Bearer of good news"
    assert request.headers["content-disposition"] == 'attachment; filename="sessions-2026-11.csv"'
    assert request.headers["stationmaster-sha256"] == hashlib.sha256(request.body).hexdigest()
    rows = read(request.body)
    assert [row["stopped_at"] for row in rows] == ["2026-11-30T23:59:00+01:00", "2026-11-01T00:00:00+01:00"]
    assert {(row["energy_kwh"], row["net"], row["tax"], row["total"], row["currency"]) for row in rows} == {
        ("10.000", "5.00", "0.95", "5.95", "EUR")
    }
    assert {(row["site"], row["customer_name"]) for row in rows} == {("'=Harbour", "Ann, the first")}
    [file] = await accountant.files()
    assert (file.state, file.month, file.sessions, file.sha256) == (
        "sent", "2026-11", 2, hashlib.sha256(request.body).hexdigest(),
    )  # fmt: skip


@pytest.mark.any_database
async def test_O_12_five_failures_are_told_and_it_is_sent_again_by_hand(accountant: Accountant) -> None:
    world, receiver = accountant.world, accountant.receiver
    receiver.answers = [answer(500), answer(302), answer(503), answer(404), answer(500)]
    world.now = SIX
    for pause in (0.0, 1.0, 10.0, 60.0, 360.0):
        world.now += timedelta(minutes=pause)
        assert world.told(MailDue) == []
        await accountant.turn()
        await accountant.turn()  # nothing is due again so soon
    [file] = await accountant.files()
    assert (file.state, file.attempts, len(receiver.requests)) == ("failed", 5, 5)
    [mail] = world.told(MailDue)
    assert (mail.kind, mail.email) == ("file_failed", "boss@example.com")
    assert "2026-11" in mail.now and "answered 500" in mail.now
    world.now += timedelta(days=3)
    await accountant.turn()
    assert len(receiver.requests) == 5
    # A session is corrected meanwhile; what is sent is what was made.
    await world(customers.change, world.home, "ann", {"name": "Ann, the second"})
    ann = Signature(actor=Actor("user", "1", "Ann"), organization=world.home)
    await world(signing.signed, ann, monthly_files.send_again, world.home, file.public_id)
    [act] = await world(
        lambda work: work.execute(select(audit.audit).where(audit.audit.c.subject_kind == "monthly_file")).all()
    )
    assert act.action == "send_monthly_file"
    with pytest.raises(Conflict):
        await world(monthly_files.send_again, world.home, file.public_id)
    await accountant.turn()
    assert len({request.body for request in receiver.requests}) == 1 and len(receiver.requests) == 6
    [again] = await accountant.files()
    assert (again.state, again.sha256, again.error) == ("sent", file.sha256, None)
    with pytest.raises(NotFound):
        await world(monthly_files.send_again, world.home + 1, file.public_id)


@pytest.mark.any_database
async def test_O_12_who_is_no_more_in_the_settings_is_sent_nothing(accountant: Accountant) -> None:
    accountant.receiver.answers = [answer(500)]
    accountant.world.now = SIX
    await accountant.turn()
    accountant.settings = accountant.settings.model_copy(update={"name": "another"})
    accountant.world.now += timedelta(minutes=1)
    await accountant.turn()
    files: dict[str, Any] = {file.receiver: file for file in await accountant.files()}
    assert (files["accountant"].state, files["accountant"].attempts) == ("waiting", 2)
    assert files["another"].state == "sent"
