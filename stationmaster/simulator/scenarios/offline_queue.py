"""A whole session without a network at each charger, told afterwards. Ends."""

from stationmaster.simulator.charger import Charger
from stationmaster.simulator.scenarios import Stage, one_session

STAGGER_S = 0.0


async def play(station: Charger, stage: Stage) -> None:
    async with station.offline():
        await one_session.play(station, stage)
