"""One driver at each charger: plug in, card, 1 to 5 kWh, card, unplug. Ends."""

from stationmaster.simulator.charger import CannotCharge, Charger
from stationmaster.simulator.scenarios import Stage

STAGGER_S = 0.0


async def play(station: Charger, stage: Stage) -> None:
    token = stage.token()
    await station.plug_in()
    status = await station.tap(token)
    try:
        await station.charge(kwh=stage.chance.randrange(1, 6))
    except CannotCharge as error:
        raise CannotCharge(f"{station.identity} could not charge: the card {token} is {status}.") from error
    await station.tap(token)
    await station.unplug()
    await station.settled()
