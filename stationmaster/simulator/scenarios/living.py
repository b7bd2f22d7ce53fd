"""Drivers come and go at random, charge for some minutes, now and then with a card nobody knows. Never ends."""

import asyncio

from stationmaster.simulator.charger import CannotCharge, Charger
from stationmaster.simulator.meter import Vehicle
from stationmaster.simulator.parts import Connector
from stationmaster.simulator.scenarios import Stage

STAGGER_S = 20.0
PAUSE_S = 120.0  # between two drivers at a connector, on average
STRANGER = 0.04  # how many hold an unknown card to the reader


async def play(station: Charger, stage: Stage) -> None:
    if stage.left_alone:
        await asyncio.Event().wait()  # for ever
    async with asyncio.TaskGroup() as drivers:
        for post in station.connectors.values():
            drivers.create_task(_drivers(station, post, stage))


async def visit(station: Charger, post: Connector, stage: Stage) -> None:
    """One driver, from arrival to departure. Whoever stops the charging meanwhile is accepted with a shrug."""
    clock, chance = station.clock, stage.chance
    post.visited = True
    try:
        await station.plug_in(post.number, Vehicle.any(chance, post.outlet.supply.kind))
        await clock.sleep(chance.uniform(2, 8))
        token = f"STRANGER{chance.randrange(1000)}" if chance.random() < STRANGER else stage.token()
        if post.transaction is None:
            await station.tap(token, post.number)
        await _charge_a_while(station, post, minutes=chance.triangular(3, 30, 8))
        if post.transaction is not None and chance.random() < 0.6:
            await station.tap(post.transaction.token, post.number)
        await clock.sleep(chance.uniform(3, 20))
        await station.unplug(post.number)
    finally:
        post.visited = False


async def _charge_a_while(station: Charger, post: Connector, *, minutes: float) -> None:
    try:
        await station.charge(minutes=minutes, connector=post.number)
    except CannotCharge:
        return  # the card was refused, or the transaction ended as soon as it had begun


async def _drivers(station: Charger, post: Connector, stage: Stage) -> None:
    await station.clock.sleep(stage.chance.uniform(1, PAUSE_S / 2))
    while True:
        if post.is_free and not post.visited:
            await visit(station, post, stage)
        await station.clock.sleep(stage.chance.expovariate(1 / PAUSE_S))
