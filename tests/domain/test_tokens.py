"""May this token charge?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from stationmaster.domain import organizations, tokens
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.tokens import Authorization
from stationmaster.storage import Work
from stationmaster.storage.columns import metadata
from stationmaster.storage.lists import Wanted

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "card, asked, answer",
    [
        ({"uid": "04AB"}, "04AB", "accepted"),
        ({"uid": "04AB"}, "04ab", "accepted"),  # 1.6: tokens are case-insensitive
        ({"uid": "04ab"}, " 04AB ", "accepted"),
        ({"uid": "04AB"}, "04AC", "unknown"),
        ({"uid": "04AB"}, "", "unknown"),
        ({"uid": "04AB", "status": "blocked"}, "04AB", "blocked"),
        ({"uid": "04AB", "expires_at": NOON + timedelta(seconds=1)}, "04AB", "accepted"),
        ({"uid": "04AB", "expires_at": NOON}, "04AB", "expired"),
        ({"uid": "04AB", "expires_at": NOON, "status": "blocked"}, "04AB", "blocked"),
    ],
)
async def test_a_token_at_noon(world: Any, card: dict[str, Any], asked: str, answer: str) -> None:
    station = await world.station()
    await world(tokens.add, world.home, group="G1", **card)
    told = await world(tokens.authorize, station, asked)
    assert told.status == answer
    assert told.accepted == (answer == "accepted")
    assert told.group == (None if answer == "unknown" else "G1")


@pytest.mark.any_database
@pytest.mark.parametrize(
    "kinds, told, answer",
    [
        (["eMAID"], "ISO14443", "unknown"),
        (["ISO14443", "eMAID"], "ISO14443", "blocked"),
        (["ISO14443", "eMAID"], "eMAID", "accepted"),
        (["ISO14443", "eMAID"], None, "accepted"),  # 1.6 knows no kinds
        ([None], "ISO14443", "blocked"),
    ],
)
async def test_P_07_the_kind_counts_from_whichever_end_a_card_is_read(
    world: Any, kinds: list[str | None], told: str | None, answer: str
) -> None:
    station = await world.station()
    for kind in kinds:
        status = "accepted" if kind == "eMAID" else "blocked"
        await world(tokens.add, world.home, uid="01020304", kind=kind, status=status)
    for uid in ("01020304", "04030201"):
        assert (await world(tokens.authorize_told, station, uid, told)).status == answer


async def test_API_14_a_token_of_another_organization_is_unknown(world: Any) -> None:
    def other(work: Work) -> int:
        return int(organizations.create(work, name="Other").id)

    theirs = await world(other)
    here, there = await world.station("CP1"), await world.station("CP2", organization=theirs)
    await world(tokens.add, theirs, uid="04AB")
    assert (await world(tokens.authorize, here, "04AB")).status == "unknown"
    assert (await world(tokens.authorize, there, "04AB")).status == "accepted"
    await world(tokens.add, world.home, uid="04AB", status="blocked")  # the same card may be both
    assert (await world(tokens.authorize, there, "04AB")).status == "accepted"


@pytest.mark.parametrize("moment, status", [(NOON - timedelta(days=1), "accepted"), (NOON, "expired")])
def test_TX_11_a_token_that_expired_was_good_before(moment: datetime, status: str) -> None:
    assert Authorization("expired", expires_at=NOON).status_at(moment) == status
    for other in ("accepted", "blocked", "unknown"):
        assert Authorization(other, expires_at=NOON).status_at(moment) == other


async def test_a_card_is_added_once_and_can_be_added_again_after_its_removal(world: Any) -> None:
    station = await world.station()
    await world(tokens.add, world.home, uid="04AB")
    with pytest.raises(Conflict):
        await world(tokens.add, world.home, uid="04ab")
    await world(tokens.remove, world.home, "04aB")
    assert (await world(tokens.authorize, station, "04AB")).status == "unknown"
    with pytest.raises(NotFound):
        await world(tokens.get, world.home, "04AB")
    await world(tokens.add, world.home, uid="04AB", status="blocked")
    assert (await world(tokens.authorize, station, "04AB")).status == "blocked"
    assert len(await world(lambda work: work.execute(select(tokens.tokens)).all())) == 2  # history stays


@pytest.mark.parametrize("uid, fine", [("1", True), ("x" * 255, True), ("", False), ("   ", False), ("x" * 256, False)])
async def test_a_uid_has_1_to_255_characters(world: Any, uid: str, fine: bool) -> None:
    if fine:
        assert (await world(tokens.add, world.home, uid=uid)).uid == uid
    else:
        with pytest.raises(Invalid) as refused:
            await world(tokens.add, world.home, uid=uid)
        assert refused.value.field == "uid"


async def test_only_known_states_are_stored(world: Any) -> None:
    await world(tokens.add, world.home, uid="04AB")
    for attempt in (
        world(tokens.add, world.home, uid="04AC", status="maybe"),
        world(tokens.change, world.home, "04AB", {"status": "maybe"}),
    ):
        with pytest.raises(Invalid) as refused:
            await attempt
        assert refused.value.field == "status"
    assert [card.status for card in (await world(tokens.list_tokens, world.home, Wanted())).rows] == ["accepted"]


async def test_P_07_tokens_that_share_a_number_are_told_apart_by_kind(world: Any) -> None:
    await world(tokens.add, world.home, uid="04AB", kind="ISO14443")
    assert (await world(tokens.get, world.home, "04ab")).kind == "ISO14443"  # the only one
    await world(tokens.add, world.home, uid="04ab", kind="Central", status="blocked")
    with pytest.raises(Conflict, match="ISO14443 or Central"):
        await world(tokens.get, world.home, "04AB")
    with pytest.raises(Conflict, match="already"):
        await world(tokens.add, world.home, uid="04AB", kind="Central")
    with pytest.raises(NotFound):
        await world(tokens.get, world.home, "04AB", "eMAID")
    changed = await world(tokens.change, world.home, "04AB", {"status": "accepted"}, "Central")
    assert (changed.kind, changed.status) == ("Central", "accepted")
    await world(tokens.add, world.home, uid="04AB")
    assert (await world(tokens.get, world.home, "04AB")).kind == ""  # the one that has none
    await world(tokens.remove, world.home, "04AB", "Central")
    kinds = {row.kind for row in (await world(tokens.list_tokens, world.home, Wanted())).rows}
    assert kinds == {"", "ISO14443"}


def test_a_card_is_found_by_its_number_and_not_among_all_of_the_organization() -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    statement = str(tokens._by_uid.statement.compile(engine)).replace("\n", " ")
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ("1", "A")).all()
    engine.dispose()
    assert [step[3].partition(" USING ")[2] for step in plan] == [
        "INDEX uq_tokens_uid_key (organization_id=? AND uid_key=?)",
        "INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN",
    ]
