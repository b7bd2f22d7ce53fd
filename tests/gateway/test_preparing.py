"""`@prepares`: what must be fetched from outside first. Its charger waits in its lane, and nobody else does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from stationmaster.domain import organizations, stations
from stationmaster.domain.credentials import Credential, Keys
from stationmaster.domain.stations import Station
from stationmaster.gateway.connection import Connection, Rules
from stationmaster.gateway.counts import Counts
from stationmaster.gateway.directory import Entry
from stationmaster.gateway.preparing import Preparer
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.outside import Http, Outside
from stationmaster.storage import Database, Work


class Fetched(msgspec.Struct, frozen=True):
    """What somebody else says of a card."""

    status: v16.AuthorizationStatus


UNKNOWN = Fetched("Invalid")


class Partner:
    """The outside world: answers when a test lets it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()
        self.failing = False

    def routes(self, *, timeout_s: float = 10.0, wanted: Callable[[Any], bool] | None = None) -> Routes:
        part = Routes(V16)

        @part.prepares(default=UNKNOWN, timeout_s=timeout_s, wanted=wanted)
        async def ask_partner(outside: Outside, station: Station, request: v16.Authorize) -> Fetched:
            self.asked.append(f"{station.identity} {request.id_tag}")
            await self.may_answer.wait()
            if self.failing:
                raise ConnectionError("the partner is down")
            return Fetched("Accepted")

        @part.on
        def authorize(work: Work, station: Station, req: v16.Authorize, fetched: Fetched) -> v16.AuthorizeResponse:
            return v16.AuthorizeResponse(id_tag_info=v16.IdTagInfo(status=fetched.status))

        @part.on
        def data_transfer(work: Work, station: Station, req: v16.DataTransfer) -> v16.DataTransferResponse:
            return v16.DataTransferResponse(status="Accepted")

        return Routes(V16, part)


class Link:
    """A socket that keeps what was sent."""

    source = "192.0.2.1"

    def __init__(self) -> None:
        self.sent: asyncio.Queue[bytes] = asyncio.Queue()
        self.last_heard_at = datetime.now(UTC)

    def send(self, data: bytes) -> None:
        self.sent.put_nowait(data)

    def close(self, code: int, reason: str) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...

    async def answer(self) -> Any:
        async with asyncio.timeout(5):
            return json.loads(await self.sent.get())


Connect = Callable[..., Any]


@pytest.fixture
async def connect(database: Database) -> Connect:
    """`await connect(routes, "CP1")`: a connection that is accepted, and its socket."""
    preparer = Preparer(Outside(database, Http()))

    async def make(routes: Routes, identity: str = "CP1") -> tuple[Connection, Link]:
        def create(work: Work) -> Any:
            return stations.create(work, organizations.home(work), Keys(b"k" * 48), identity=identity)[0]

        row = await database.write(create)
        station = Station(row.id, identity, row.organization_id, "1.6", "accepted", True)
        link = Link()
        entry = Entry(station, Credential(b"", b"", None), None)
        return Connection(entry, routes, link, database, Counts(), rules=Rules(preparer=preparer)), link

    return make


def frame(number: int, action: str, payload: dict[str, Any]) -> bytes:
    return json.dumps([2, str(number), action, payload]).encode()


AUTHORIZE = frame(1, "Authorize", {"idTag": "A"})
OTHER = frame(2, "DataTransfer", {"vendorId": "x"})


async def test_the_handler_gets_what_was_fetched_and_the_next_message_waits(connect: Connect) -> None:
    partner = Partner()
    connection, link = await connect(partner.routes())
    connection.receive(AUTHORIZE)
    connection.receive(OTHER)
    await asyncio.sleep(0)
    assert partner.asked == ["CP1 A"]
    assert link.sent.empty()
    partner.may_answer.set()
    assert await link.answer() == [3, "1", {"idTagInfo": {"status": "Accepted"}}]
    assert await link.answer() == [3, "2", {"status": "Accepted"}]


async def test_other_chargers_go_on_meanwhile(connect: Connect) -> None:
    partner = Partner()
    routes = partner.routes()
    waiting, _ = await connect(routes, "CP1")
    going_on, link = await connect(routes, "CP2")
    waiting.receive(AUTHORIZE)
    going_on.receive(OTHER)
    assert (await link.answer())[1] == "2"
    partner.may_answer.set()


@pytest.mark.parametrize("trouble", ["fails", "hangs"])
async def test_when_nothing_comes_the_handler_gets_the_default(connect: Connect, trouble: str) -> None:
    partner = Partner()
    if trouble == "fails":
        partner.failing = True
        partner.may_answer.set()
    connection, link = await connect(partner.routes(timeout_s=0.01 if trouble == "hangs" else 10))
    connection.receive(AUTHORIZE)
    assert (await link.answer())[2] == {"idTagInfo": {"status": "Invalid"}}


async def test_what_needs_nothing_from_outside_does_not_wait(connect: Connect) -> None:
    partner = Partner()
    connection, link = await connect(partner.routes(wanted=lambda request: request.id_tag == "ROAMING"))
    connection.receive(AUTHORIZE)
    assert (await link.answer())[2] == {"idTagInfo": {"status": "Invalid"}}  # the default
    assert partner.asked == []
    partner.may_answer.set()
    connection.receive(frame(3, "Authorize", {"idTag": "ROAMING"}))
    assert (await link.answer())[2] == {"idTagInfo": {"status": "Accepted"}}


async def test_a_connection_that_closes_meanwhile_handles_nothing(connect: Connect) -> None:
    partner = Partner()
    connection, link = await connect(partner.routes())
    connection.receive(AUTHORIZE)
    await asyncio.sleep(0)
    connection.dead()
    partner.may_answer.set()
    again, link_again = await connect(partner.routes(), "CP2")
    again.receive(AUTHORIZE)
    await link_again.answer()
    assert link.sent.empty()


def test_a_wrong_pair_fails_at_import() -> None:
    part = Routes(V16)

    @part.on
    def authorize(work: Work, station: Station, req: v16.Authorize, fetched: Fetched) -> v16.AuthorizeResponse:
        raise NotImplementedError

    with pytest.raises(TypeError, match="nothing @prepares"):
        Routes(V16, part)

    async def for_another(outside: Outside, station: Station, request: v16.Authorize) -> str:
        return ""

    with pytest.raises(TypeError, match="the default is not what it returns"):
        part.prepares(default=UNKNOWN)(for_another)
    part.prepares(default="")(for_another)
    with pytest.raises(TypeError, match="nothing @prepares"):
        Routes(V16, part)

    def no_coroutine(outside: Outside, station: Station, request: v16.Authorize) -> Fetched:
        return UNKNOWN

    with pytest.raises(TypeError, match="must be async"):
        part.prepares(default=UNKNOWN)(no_coroutine)
