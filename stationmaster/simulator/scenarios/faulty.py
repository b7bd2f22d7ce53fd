"""Like living, but connectors break now and then, and connections get lost. Never ends."""

import asyncio

from stationmaster.simulator.charger import Charger
from stationmaster.simulator.scenarios import Stage, living

STAGGER_S = living.STAGGER_S
BETWEEN_FAULTS_S = 600.0  # on average, at one charger
FAULTS = ("GroundFailure", "OverCurrentFailure", "HighTemperature", "ConnectorLockFailure", "ReaderFailure")


async def play(station: Charger, stage: Stage) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(living.play(station, stage))
        tasks.create_task(_break_things(station, stage))


async def _break_things(station: Charger, stage: Stage) -> None:
    while True:
        await station.clock.sleep(stage.chance.expovariate(1 / BETWEEN_FAULTS_S))
        if stage.chance.random() < 0.3:
            await station.drop_connection()
            continue
        number = stage.chance.choice(list(station.connectors))
        await station.fault(stage.chance.choice(FAULTS), number)
        await station.clock.sleep(stage.chance.uniform(30, 120))
        await station.clear_fault(number)
