"""API-15: how many requests a minute, for each caller and each address, and what its headers say."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from stationmaster.api.application import Application
from stationmaster.api.context import Context
from stationmaster.api.rates import Rates, TooManyRequests
from tests.api.conftest import Client

API = "/api/v1"
ASKED = f"{API}/tokens"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def limited(context: Context, clock: Clock, **limits: int) -> Application:
    web = context.settings.web.model_copy(update=limits)
    return Application(
        dataclasses.replace(
            context, settings=context.settings.model_copy(update={"web": web}), rates=Rates(clock=clock)
        )
    )


def test_API_15_a_minute_is_counted_from_the_first_request_on() -> None:
    clock = Clock()
    rates = Rates(clock=clock)
    assert [rates.take("ann", 3) for _ in range(3)] == [(3, 2, 60), (3, 1, 60), (3, 0, 60)]
    clock.now = 59.5
    with pytest.raises(TooManyRequests) as error:
        rates.take("ann", 3)
    assert error.value.rate == (3, 0, 1)
    assert rates.take("bob", 3) == (3, 2, 60)
    clock.now = 60.0
    assert rates.take("ann", 3) == (3, 2, 60)
    assert rates.take("ann", 0) is None


def test_API_15_strangers_do_not_fill_the_memory() -> None:
    rates = Rates(clock=Clock())
    for number in range(Rates.KEPT + 10):
        rates.take(f"address {number}", 5)
    assert len(rates._counts) <= Rates.KEPT


async def test_API_15_nodes_count_together_and_each_for_itself_while_they_do_not_hear_each_other() -> None:
    clock = Clock()
    here, there = Rates(clock=clock), Rates(clock=clock)
    told: asyncio.Queue[dict[str, int]] = asyncio.Queue()
    sharing = asyncio.create_task(here.share(told.put_nowait, each_s=0.001))
    await asyncio.sleep(0)  # it begins
    here.take("ann", 3)
    here.take("ann", 3)
    here.take("bob", 1)
    with pytest.raises(TooManyRequests):
        here.take("bob", 1)
    counts = await told.get()
    sharing.cancel()
    assert counts == {"ann": 2, "bob": 1}  # what was refused is no news
    assert there.take("ann", 3) == (3, 2, 60)
    there.heard(counts)
    with pytest.raises(TooManyRequests):
        there.take("ann", 3)
    with pytest.raises(TooManyRequests):
        there.take("bob", 1)
    clock.now = 61.0  # another minute; what is told late counts for it, and for no longer
    there.heard({"ann": 1})
    assert there.take("ann", 3) == (3, 1, 60)


@pytest.mark.any_database
async def test_API_15_each_caller_has_a_limit_of_their_own(context: Context, user: Callable[..., Any]) -> None:
    clock = Clock()
    web = limited(context, clock, requests_per_minute=2)
    await user("viewer")
    await user("operator")
    async with Client(web) as viewer, Client(web) as operator:
        await viewer.login("viewer@example.com")
        await operator.login("operator@example.com")
        first = await viewer.get(ASKED)
        told = {name: first.headers[name] for name in ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")}
        assert told == {"ratelimit-limit": "2", "ratelimit-remaining": "1", "ratelimit-reset": "60"}
        assert (await viewer.get(f"{API}/nothing")).status_code == 404  # there is no such route, so it is not counted
        assert (await viewer.post(ASKED, json={"uid": "A"})).status_code == 403  # this is
        over = await viewer.get(ASKED)
        assert (over.status_code, over.headers["content-type"]) == (429, "application/problem+json")
        assert (over.headers["retry-after"], over.headers["ratelimit-remaining"]) == ("60", "0")
        assert (await operator.get(ASKED)).status_code == 200
        clock.now = 60.0
        assert (await viewer.get(ASKED)).status_code == 200


@pytest.mark.any_database
async def test_API_15_an_address_without_a_log_in_has_one_and_does_not_shut_out_who_has(
    context: Context, user: Callable[..., Any]
) -> None:
    web = limited(context, Clock(), requests_per_minute_of_one_address=3)
    await user("viewer")
    async with Client(web) as viewer, Client(web) as stranger, Client(web, source="203.0.113.2") as elsewhere:
        await viewer.login("viewer@example.com")
        stranger.headers["Authorization"] = "Bearer of nothing"
        assert [(await stranger.get(ASKED)).status_code for _ in range(3)] == [401, 401, 429]  # the log-in counted too
        assert (await stranger.get("/receipts/of-nobody")).status_code == 429
        assert (await elsewhere.get("/receipts/of-nobody")).status_code == 404
        assert (await elsewhere.get(ASKED)).status_code == 401
        assert (await viewer.get(ASKED)).status_code == 200
        assert (await stranger.get("/health")).status_code == 200


@pytest.mark.any_database
async def test_API_15_without_a_limit_nothing_is_said_of_it(context: Context, user: Callable[..., Any]) -> None:
    web = limited(context, Clock(), requests_per_minute=0, requests_per_minute_of_one_address=0)
    await user("viewer")
    async with Client(web) as viewer:
        await viewer.login("viewer@example.com")
        assert "ratelimit-limit" not in (await viewer.get(ASKED)).headers
