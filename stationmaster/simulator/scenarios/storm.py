"""All chargers connect and boot at once, three times over, as after a power failure. Ends."""

from stationmaster.simulator.charger import Charger
from stationmaster.simulator.scenarios import Stage

STAGGER_S = 0.0
TIMES = 3


async def play(station: Charger, stage: Stage) -> None:
    for _ in range(TIMES - 1):
        await station.boot()
    await station.settled()
