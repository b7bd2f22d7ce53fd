"""API-33: `Idempotency-Key`. A double click is one remote start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from stationmaster.api import idempotency as idempotency_of_api
from stationmaster.api.application import Application
from stationmaster.api.context import Context
from stationmaster.api.idempotency import REPLAYED
from stationmaster.api.store import SignedStore
from stationmaster.background.retention import drop_what_is_old
from stationmaster.domain import customers, idempotency, nodes
from stationmaster.domain.audit import Actor, Signature
from stationmaster.domain.errors import Conflict
from stationmaster.settings import Retention
from stationmaster.storage import Database
from tests.api.conftest import Chargers, Client

pytestmark = pytest.mark.every_case  # of two that come at once the database lets one through

API = "/api/v1"
START = f"{API}/stations/CP1/commands/remote-start"
KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}


async def test_API_33_the_same_request_twice_is_one_remote_start(
    admin: Client, charger: Any, chargers: Chargers
) -> None:
    first = await admin.post(START, json={"token": "TAG1"}, headers=KEY)
    again = await admin.post(START, json={"token": "TAG1"}, headers=KEY)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json() and len(chargers.asked) == 1
    assert (REPLAYED in first.headers, again.headers[REPLAYED]) == (False, "true")
    assert again.headers.get("x-request-id") != first.headers["x-request-id"]
    other = await admin.post(START, json={"token": "TAG1"}, headers={"Idempotency-Key": "another"})
    assert other.json()["id"] != first.json()["id"] and len(chargers.asked) == 2


async def test_API_33_it_holds_for_another_server_on_the_same_database(
    admin: Client, charger: Any, chargers: Chargers
) -> None:
    first = await admin.post(START, json={"token": "TAG1"}, headers=KEY)
    async with Client(Application(admin.app.context)) as elsewhere:
        elsewhere.headers["Authorization"] = admin.headers["Authorization"]
        again = await elsewhere.post(START, json={"token": "TAG1"}, headers=KEY)
    assert again.json() == first.json() and len(chargers.asked) == 1


async def test_API_33_another_request_under_the_same_key_is_refused(
    admin: Client, charger: Any, chargers: Chargers
) -> None:
    await admin.post(START, json={"token": "TAG1"}, headers=KEY)
    for path, body in (
        (START, {"token": "TAG2"}),
        (START, None),
        (f"{API}/stations/CP1/commands/reset", {"token": "TAG1"}),
    ):
        refused = await admin.post(path, json=body, headers=KEY)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "Idempotency-Key"), path
    assert len(chargers.asked) == 1


async def test_API_33_two_at_once_are_one_and_a_conflict(
    admin: Client, context: Context, charger: Any, chargers: Chargers
) -> None:
    chargers.may_answer.clear()
    body = {"action": "Reset", "payload": {}}
    first = asyncio.create_task(admin.post(f"{API}/stations/CP1/call", json=body, headers=KEY))
    while not chargers.asked:
        await asyncio.sleep(0.001)
    table = idempotency.idempotency_keys
    # Killed now, it would not be sent once more.
    assert await context.database.read(lambda work: work.execute(select(table.c.done_at)).scalar()) is not None
    meanwhile = await admin.post(f"{API}/stations/CP1/call", json=body, headers=KEY)
    assert (meanwhile.status_code, "no answer yet" in meanwhile.json()["detail"]) == (409, True)
    chargers.may_answer.set()
    assert (await first).status_code == 200
    assert (await admin.post(f"{API}/stations/CP1/call", json=body, headers=KEY)).json() == (await first).json()
    assert len(chargers.asked) == 1


async def test_API_33_of_many_in_one_moment_one_is_done(admin: Client, charger: Any, chargers: Chargers) -> None:
    """A nervous finger: all of them are in one commit, before the first is known to be in hand."""
    asked = [admin.post(START, json={"token": "TAG1"}, headers=KEY) for _ in range(8)]
    answers = sorted(answer.status_code for answer in await asyncio.gather(*asked))
    assert (answers[0], len(chargers.asked)) == (200, 1)
    assert set(answers[1:]) <= {200, 409}  # who comes late enough has the same answer


async def test_API_33_where_nothing_was_done_it_may_be_tried_again(
    admin: Client, charger: Any, chargers: Chargers
) -> None:
    there = chargers.there.pop(charger.id)
    assert (await admin.post(START, json={"token": "TAG1"}, headers=KEY)).status_code == 409  # not connected
    assert (await admin.post(START, json={"tok": "TAG1"}, headers=KEY)).status_code == 422
    chargers.there[charger.id] = there
    assert (await admin.post(START, json={"token": "TAG1"}, headers=KEY)).status_code == 200


async def test_API_33_a_record_is_made_once_and_its_secret_is_told_again_and_kept_sealed(
    admin: Client, database: Database
) -> None:
    first = await admin.post(f"{API}/stations", json={"id": "CP7"}, headers=KEY)
    again = await admin.post(f"{API}/stations", json={"id": "CP7"}, headers=KEY)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert (await admin.post(f"{API}/stations", json={"id": "CP7"})).status_code == 409
    [row] = await database.read(lambda work: work.execute(select(idempotency.idempotency_keys)).all())
    assert first.json()["secret"].encode() not in bytes(row.answer)


async def test_API_33_a_key_belongs_to_its_caller(admin: Client, as_role: Callable[..., Any], charger: Any) -> None:
    operator = await as_role("operator")
    first = await admin.post(START, json={"token": "TAG1"}, headers=KEY)
    other = await operator.post(START, json={"token": "TAG1"}, headers=KEY)
    assert other.json()["id"] != first.json()["id"] and REPLAYED not in other.headers
    viewer = await as_role("viewer")
    assert (await viewer.post(START, json={"token": "TAG1"}, headers=KEY)).status_code == 403


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ä"], ids=repr)
async def test_API_33_what_is_no_key(admin: Client, charger: Any, key: str) -> None:
    refused = await admin.post(START, json={"token": "TAG1"}, headers=[(b"Idempotency-Key", key.encode())])
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "Idempotency-Key")


async def test_API_33_what_was_never_answered_stays_a_conflict_for_a_day(
    admin: Client, charger: Any, database: Database
) -> None:
    """Whether it was done nobody knows, so it is not done again."""
    await admin.post(START, json={"token": "TAG1"}, headers=KEY)
    table = idempotency.idempotency_keys
    await database.write(lambda work: work.execute(update(table).values(status=None, answer=None)))
    assert (await admin.post(START, json={"token": "TAG1"}, headers=KEY)).status_code == 409
    old = database.clock() - timedelta(hours=25)
    await database.write(lambda work: work.execute(update(table).values(created_at=old)))
    await drop_what_is_old(database, Retention())
    assert (await admin.post(START, json={"token": "TAG1"}, headers=KEY)).status_code == 200


# A server that is killed with a request in hand


CASH = {"way": "cash", "amount": "20.00", "currency": "EUR", "reference": "Receipt 1", "customer": "IDA"}
GONE = {"node": "a node that is gone", "run": "its run"}


async def balance(admin: Client) -> list[str]:
    return [each["wallet"] for each in (await admin.get(f"{API}/customers/IDA/wallet")).json()["balances"]]


async def leave_behind(database: Database, **values: Any) -> idempotency.Try:
    """What the table says after a kill; and the try that it was."""
    table = idempotency.idempotency_keys
    changed = update(table).values(GONE | values).returning(table.c.caller, table.c.key, table.c.node, table.c.run)
    return idempotency.Try(*await database.write(lambda work: work.execute(changed).one()))


async def test_API_33_what_came_to_nothing_by_a_kill_is_done_when_it_is_asked_again(
    admin: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "release", lambda work, this: None)
        assert (await admin.post(f"{API}/payments", json=CASH, headers=KEY)).status_code == 422  # there is no Ida yet
    killed = await leave_behind(database)
    await admin.post(f"{API}/customers", json={"id": "IDA", "name": "Ida"})
    made = await admin.post(f"{API}/payments", json=CASH, headers=KEY)
    assert (made.status_code, REPLAYED in made.headers, await balance(admin)) == (201, False, ["20.00"])
    # Should that process live after all: it has lost its turn, and nothing of it stays.
    beaten = SignedStore(
        database,
        Signature(actor=Actor("user", "1", "x"), organization=1),
        lambda work, _: idempotency.mark(work, killed, None),
    )
    with pytest.raises(Conflict, match="once more meanwhile"):
        await beaten.write(customers.create, 1, public_id="EVA", name="Eva")
    assert (await admin.get(f"{API}/customers/EVA")).status_code == 404


async def test_API_33_what_was_done_before_a_kill_is_answered_and_not_done_again(
    admin: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await admin.post(f"{API}/customers", json={"id": "IDA", "name": "Ida"})
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "keep", lambda work, this, kept: None)
        first = await admin.post(f"{API}/payments", json=CASH, headers=KEY)
    await leave_behind(database)
    again = await admin.post(f"{API}/payments", json=CASH, headers=KEY)
    assert (again.status_code, again.json(), again.headers[REPLAYED]) == (201, first.json(), "true")
    assert await balance(admin) == ["20.00"]


async def test_API_33_what_was_done_before_a_kill_without_an_answer_is_not_done_again(
    admin: Client, charger: Any, chargers: Chargers, database: Database
) -> None:
    await admin.post(START, json={"token": "TAG1"}, headers=KEY)
    await leave_behind(database, status=None, answer=None)
    again = await admin.post(START, json={"token": "TAG1"}, headers=KEY)
    assert (again.status_code, "its answer is lost" in again.json()["detail"]) == (409, True)
    assert len(chargers.asked) == 1


async def test_API_33_what_a_node_that_lives_has_in_hand_is_not_begun_by_another(
    admin: Client, charger: Any, chargers: Chargers, database: Database
) -> None:
    await admin.post(START, json={"token": "TAG1"}, headers=KEY)
    await leave_behind(database, status=None, answer=None, done_at=None)
    await database.write(nodes.join, GONE["node"], seal="s", lease=timedelta(minutes=1))
    again = await admin.post(START, json={"token": "TAG1"}, headers=KEY)
    assert (again.status_code, "no answer yet" in again.json()["detail"]) == (409, True)
    await database.write(nodes.leave, GONE["node"])
    assert (await admin.post(START, json={"token": "TAG1"}, headers=KEY)).status_code == 200
    assert len(chargers.asked) == 2


async def test_API_33_questions_and_the_log_in_do_not_know_it(admin: Client, anonymous: Client) -> None:
    for _ in range(2):
        assert REPLAYED not in (await admin.get(f"{API}/stations", headers=KEY)).headers
        wrong = await anonymous.post(f"{API}/auth/login", json={"email": "a@b.c", "password": "x"}, headers=KEY)
        assert wrong.status_code == 401


@pytest.mark.any_database
async def test_API_33_an_answer_that_is_no_text_is_given_again_byte_by_byte(context: Context) -> None:
    sent: list[Any] = []
    content = bytes(range(256))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"image/webp")]})
        await send({"type": "http.response.body", "body": content[:100], "more_body": True})
        await send({"type": "http.response.body", "body": content[100:], "more_body": False})

    async def send(message: Any) -> None:
        sent.append(message)

    first = idempotency.Try("1:user:1", "key", "node", "run")
    assert await context.database.write(idempotency.begin, first, "asked") is None
    scope: Any = {"state": {"context": context, "idempotency": first}}
    body: Any = None  # nothing reads one
    await idempotency_of_api.answered(app, scope, body, send)
    assert sent[1]["body"] == content
    kept = await context.database.write(idempotency.begin, first, "asked")
    assert kept is not None
    answer = msgspec.json.decode(context.keys.opened(kept.answer))
    assert answer["body"].encode("latin-1") == content
