"""A charger gets a new password, and is never locked out by it.

Whether it took the new one is not always known: the answer may be lost, and some take it over only when they restart. So both
work, from before the new one is sent until the charger has logged in with it; that login ends the old one. A password set by a
person ends them all.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import select

from stationmaster.domain import commands, stations
from stationmaster.domain.commands import Answer
from stationmaster.domain.credentials import Credential, Keys
from stationmaster.domain.errors import Conflict
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

AT_ONCE = 5  # offered, and not known to be refused
LOGIN_S = 24 * 3600.0  # a charger that has not logged in with its new password by then has not taken it over


def offer(work: Work, station: Station, keys: Keys, *, longest: int) -> str:
    """A new password to send, which works from now on beside the old one. Raises `Conflict` after too many without an answer."""
    waiting = _offered(work, station)
    if len(waiting) >= AT_ONCE:
        raise Conflict(
            "it is not known of {most} passwords whether the charger took them; set one by hand at both ends",
            most=AT_ONCE,
        )
    secret, credential = keys.generated(longest)
    stations.keep_secrets(work, station, _stored((*waiting, credential)))
    return secret


def answered(work: Work, station: Station, keys: Keys, secret: str, answer: Answer) -> Answer:
    """What the charger has said of a password we offered. One that it refuses does not work any more."""
    if answer.good:
        words = f"{answer.words} The old password works until the charger has logged in with the new one."
        return msgspec.structs.replace(answer, sentence=words)
    waiting = _offered(work, station)
    refused = keys.offered(Credential(b"", b"", offered=waiting), secret.encode())
    stations.keep_secrets(work, station, _stored(tuple(each for each in waiting if each != refused)))
    return answer


def taken(work: Work, station: Station, credential: Credential) -> None:
    """The charger has logged in with an offered password: from now on it is the only one."""
    if credential in _offered(work, station):
        stations.keep_secrets(work, station, None, taken=credential)
        commands.fulfil(work, station, "login", "The charger has logged in with its new password.")


def offered(kept: list[dict[str, str]] | None) -> tuple[Credential, ...]:
    """What the column `offered_secrets` holds."""
    return tuple(Credential(bytes.fromhex(each["salt"]), bytes.fromhex(each["digest"])) for each in kept or ())


def _stored(credentials: tuple[Credential, ...]) -> list[dict[str, str]]:
    return [{"salt": each.salt.hex(), "digest": each.digest.hex()} for each in credentials]


def _offered(work: Work, station: Station) -> tuple[Credential, ...]:
    column: Any = stations.stations.c.offered_secrets
    return offered(work.execute(select(column).where(stations.stations.c.id == station.id)).scalar_one())
