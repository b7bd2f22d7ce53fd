"""The outside world, as a delivery or a preparation is given it."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster.outside.http import Answer, Http, Refused
from stationmaster.outside.pki import Contracts, Responders
from stationmaster.storage import Database

__all__ = ["Answer", "Http", "Outside", "Refused"]


@dataclass(frozen=True)
class Outside:
    """What a function that reaches outside may use.

    `key` is the same at each try of one delivery: hand it on, so that the receiver can tell a repeat. `receiver` is whom it
    goes to, as its `to` has said. `responders` know of certificates, `contracts` is the provider of contracts of cars: a server has both.
    `operator` is the O of certificates that our own authority signs; None: there is none.
    """

    database: Database
    http: Http
    key: str = ""
    receiver: str = ""
    attempt: int = 1
    responders: Responders | None = None
    contracts: Contracts | None = None
    operator: str | None = None
