"""A whole session without a network at each charger, told afterwards. Ends."""

from stationmaster.simulator.scenarios import Stage, one_session
from stationmaster.simulator.v16 import ChargePoint16

STAGGER_S = 0.0


async def play(station: ChargePoint16, stage: Stage) -> None:
    async with station.offline():
        await one_session.play(station, stage)
