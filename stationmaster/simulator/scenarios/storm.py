"""All chargers connect and boot at once, three times over, as after a power failure. Ends."""

from stationmaster.simulator.scenarios import Stage
from stationmaster.simulator.v16 import ChargePoint16

STAGGER_S = 0.0
TIMES = 3


async def play(station: ChargePoint16, stage: Stage) -> None:
    for _ in range(TIMES - 1):
        await station.boot()
    await station.settled()
