"""What drivers see and change of their own: whoever has logged in and is a customer (`domain/drivers.py`), in whatever role (D-01).

Nothing here takes a customer's name: whose everything is follows from who has logged in, and what is somebody else's is not there.
"""

from litestar import Router

from stationmaster.api.resources import push_devices
from stationmaster.api.resources.me import (
    cards,
    charging,
    invoices,
    journeys,
    live,
    notices,
    payments,
    profile,
    saved_cards,
    statements,
    vehicles,
    wallet,
)

router = Router(
    "/me",
    route_handlers=[
        *profile.routes,
        *cards.routes,
        *vehicles.routes,
        *journeys.routes,
        *charging.routes,
        *live.routes,
        *invoices.routes,
        *statements.routes,
        *payments.routes,
        *wallet.routes,
        *saved_cards.routes,
        *notices.routes,
        *push_devices.routes,
    ],
    tags=["drivers"],
)
