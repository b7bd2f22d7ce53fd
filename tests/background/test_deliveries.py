"""`@delivers`: nothing is lost, nothing twice for one success, in order for one receiver, and one receiver never holds up another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from stationmaster.background.deliveries import Deliverer
from stationmaster.domain import deliveries, events
from stationmaster.domain.deliveries import Queue, Undeliverable, delivery_of, pause
from stationmaster.outside import Http, Outside
from stationmaster.storage import Database, Work

pytestmark = pytest.mark.every_case  # who takes which is a matter of locks

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Noted(events.Event, frozen=True, kw_only=True):
    text: str
    to: tuple[str, ...] = ("",)


class Post:
    """A delivery whose receivers a test decides about, and the node that runs it."""

    def __init__(self, database: Database, *, at_once: int = 16, timeout_s: float = 10.0) -> None:
        self.sent: list[tuple[str, str]] = []
        self.keys: list[str] = []
        self.then: Callable[[Outside, Noted], Awaitable[None]] | None = None
        self.now = NOON
        self.database = database
        database.clock = lambda: self.now

        async def send(outside: Outside, event: Noted) -> None:
            self.keys.append(outside.key)
            if self.then is not None:
                await self.then(outside, event)
            self.sent.append((outside.receiver, event.text))

        def to(event: Noted) -> Sequence[str]:
            return event.to

        self.queue = Queue([delivery_of(send, to=to, timeout_s=timeout_s)], {})
        outside = Outside(database, Http())
        self.deliverer = Deliverer(database, self.queue, outside, at_once=at_once, look_every_s=0.01)
        database.before_commit.append(self.queue.keep)

    async def write(self, *texts: str, to: tuple[str, ...] = ("",)) -> None:
        def publish(work: Work) -> None:
            for text in texts:
                work.publish(Noted(text=text, to=to))

        await self.database.write(publish)

    async def all(self) -> None:
        """Until nothing is due."""
        while await self.deliverer.once():
            pass

    async def rows(self) -> list[Any]:
        table = deliveries.deliveries
        return list(await self.database.read(lambda work: work.execute(select(table).order_by(table.c.id)).all()))


@pytest.fixture
async def post(database: Database) -> Post:
    return Post(database)


async def test_each_is_sent_once_to_each_receiver_in_its_order(post: Post) -> None:
    await post.write("a", "b", to=("x", "y"))
    await post.write("c", to=("x",))
    await post.write("nobody", to=())
    await post.all()
    assert [text for receiver, text in post.sent if receiver == "x"] == ["a", "b", "c"]
    assert [text for receiver, text in post.sent if receiver == "y"] == ["a", "b"]
    rows = await post.rows()
    assert all(row.done_at == NOON and row.attempts == 1 and row.leased_until is None for row in rows)
    assert len({row.key for row in rows}) == len(rows) == 5
    await post.all()
    assert len(post.sent) == 5


async def test_what_is_rolled_back_is_not_sent(post: Post) -> None:
    def write_and_fail(work: Work) -> None:
        work.publish(Noted(text="never"))
        raise ValueError

    with pytest.raises(ValueError):
        await post.database.write(write_and_fail)
    await post.all()
    assert post.sent == []


async def test_a_failure_is_tried_again_with_the_same_key_and_holds_up_only_its_receiver(post: Post) -> None:
    async def x_is_down(outside: Outside, event: Noted) -> None:
        if (outside.receiver, event.text) == ("x", "a") and outside.attempt < 3:
            raise ConnectionError("down")

    post.then = x_is_down
    await post.write("a", "b", to=("x", "y"))
    await post.all()
    assert sorted(post.sent) == [("y", "a"), ("y", "b")]
    first = (await post.rows())[0]
    assert (first.error, first.due_at, first.dead_at) == ("ConnectionError: down", NOON + pause(1), None)
    post.now = first.due_at
    await post.all()
    post.now = (await post.rows())[0].due_at
    await post.all()
    assert [each for each in post.sent if each[0] == "x"] == [("x", "a"), ("x", "b")]
    first = (await post.rows())[0]
    assert (first.attempts, first.error) == (3, None)
    assert [each["error"] for each in first.history] == ["ConnectionError: down", "ConnectionError: down", None]
    assert post.keys.count(first.key) == 3


async def test_R_10_a_receiver_that_is_down_for_forty_minutes_gets_all_of_it_in_order(post: Post) -> None:
    async def down_until_later(outside: Outside, event: Noted) -> None:
        if post.now < NOON + timedelta(minutes=40):
            raise ConnectionError("500")

    post.then = down_until_later
    await post.write(*(f"s{number}" for number in range(50)))
    for _ in range(60):
        await post.all()
        post.now += timedelta(minutes=2)
    assert [text for _, text in post.sent] == [f"s{number}" for number in range(50)]


async def test_after_a_day_it_is_put_aside_and_the_next_one_has_its_turn(post: Post) -> None:
    async def never_a(outside: Outside, event: Noted) -> None:
        if event.text == "a":
            raise ConnectionError("no")

    post.then = never_a
    await post.write("a", "b")
    while (first := (await post.rows())[0]).dead_at is None:
        post.now = max(post.now, first.due_at)
        await post.all()
    assert timedelta(days=1) <= first.dead_at - NOON < timedelta(days=1, hours=2)
    assert 20 < first.attempts < 50
    assert len(first.history) == deliveries.TRIES_KEPT
    assert post.sent == [("", "b")]


async def test_what_cannot_be_delivered_is_put_aside_at_once(post: Post) -> None:
    async def gone(outside: Outside, event: Noted) -> None:
        raise Undeliverable("gone for good")

    post.then = gone
    await post.write("a")
    await post.all()
    [row] = await post.rows()
    assert (row.dead_at, row.error, row.attempts) == (NOON, "gone for good", 1)


@pytest.mark.any_database
async def test_one_that_hangs_is_given_up_in_time(database: Database) -> None:
    post = Post(database, timeout_s=0.01)

    async def hangs(outside: Outside, event: Noted) -> None:
        await asyncio.Event().wait()

    post.then = hangs
    await post.write("a")
    await post.deliverer.once()
    [row] = await post.rows()
    assert (row.error, row.done_at, row.attempts) == ("not done within 0.01 s", None, 1)


async def test_several_at_once_but_never_two_for_one_receiver(post: Post) -> None:
    under_way: list[str] = []
    most = 0
    all_there = asyncio.Event()

    async def together(outside: Outside, event: Noted) -> None:
        nonlocal most
        assert outside.receiver not in under_way
        under_way.append(outside.receiver)
        most = max(most, len(under_way))
        if len(under_way) == 8:
            all_there.set()
        await all_there.wait()
        under_way.remove(outside.receiver)

    post.then = together
    await post.write("a", "b", to=tuple("12345678"))
    await post.all()
    assert most == 8
    assert len(post.sent) == 16


async def test_two_nodes_share_the_work_and_send_nothing_twice(database: Database) -> None:
    post = Post(database)
    twin = Database(database.url.render_as_string(hide_password=False))
    twin.start()
    other = Deliverer(twin, post.queue, Outside(twin, Http()), at_once=16, look_every_s=0.01)
    twin.clock = database.clock
    await post.write(*(f"{number}" for number in range(20)), to=("x", "y", "z"))
    try:
        while sum(await asyncio.gather(post.deliverer.once(), other.once())):
            pass
    finally:
        await twin.stop()
    for receiver in "xyz":
        assert [text for to, text in post.sent if to == receiver] == [f"{number}" for number in range(20)]


async def test_a_node_that_died_in_the_middle_leaves_its_work_to_the_others_with_the_same_key(post: Post) -> None:
    await post.write("a", "b")
    [taken] = await post.database.write(post.queue.claim, limit=5)  # and then it was killed
    await post.all()
    assert post.sent == []  # its lease holds
    post.now += timedelta(seconds=10) + deliveries.SPARE
    await post.all()
    assert [text for _, text in post.sent] == ["a", "b"]
    assert post.keys[0] == taken.key
    assert not await post.database.write(
        deliveries.finished, taken, took_ms=1, error="late"
    )  # it was not dead after all
    assert (await post.rows())[0].done_at is not None


async def test_a_row_that_becomes_visible_late_waits_for_the_one_in_hand(post: Post) -> None:
    """Two lanes commit in another order than they took their keys."""
    await post.write("later")
    [taken] = await post.database.write(post.queue.claim, limit=5)

    def commit_the_earlier_one(work: Work) -> None:
        row = work.execute(select(deliveries.deliveries)).one()._asdict()
        row |= {"id": row["id"] - 1, "key": "earlier", "leased_until": None, "attempts": 0}
        work.execute(deliveries.deliveries.insert().values(row))

    await post.database.write(commit_the_earlier_one)
    assert await post.deliverer.once() == 0
    await post.database.write(deliveries.finished, taken, took_ms=1)
    assert await post.deliverer.once() == 1


async def test_it_goes_out_by_itself(post: Post) -> None:
    sent = asyncio.Event()

    async def tell(outside: Outside, event: Noted) -> None:
        if event.text == "b":
            sent.set()

    post.then = tell
    post.database.after_commit.append(post.deliverer.hear)
    task = asyncio.create_task(post.deliverer.run())
    await post.write("a", "b")
    await sent.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.any_database
async def test_a_delivery_that_this_version_does_not_know_is_left_alone(post: Post) -> None:
    await post.write("a")
    await post.database.write(
        lambda work: work.execute(deliveries.deliveries.update().values(name="of.the.next.version"))
    )
    await post.all()
    [row] = await post.rows()
    assert (row.attempts, row.done_at, row.dead_at) == (0, None, None)


def test_a_signature_must_name_an_event() -> None:
    async def wrong(outside: Outside, event: str) -> None: ...

    async def nothing(outside: Outside) -> None: ...

    async def wants(outside: Outside, event: Noted, number: int) -> None: ...

    for function in (wrong, nothing):
        with pytest.raises(TypeError, match="must name an event"):
            delivery_of(function)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="there is no int"):
        Queue([delivery_of(wants)], {})


def test_pauses_grow_up_to_an_hour() -> None:
    pauses = [pause(attempt).total_seconds() for attempt in range(1, 40)]
    assert pauses[:4] == [2, 4, 8, 16]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 3600
