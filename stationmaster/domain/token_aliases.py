"""Other numbers of a card: what some chargers read on it, or want it to be called.

A reader may leave out a byte of a card, or read its bytes the other way round; a charger may take hexadecimal numbers only. An alias
holds at one charger, where that charger is also told it, or at all of them.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Protocol

from sqlalchemy import Column, ForeignKey, Index, Table, Text, bindparam, delete, insert, or_, select

from stationmaster.domain.stations import Station, stations
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import Prepared

token_aliases = Table(
    "token_aliases",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("token_id", BigInt, ForeignKey("tokens.id"), nullable=False, index=True),
    Column("station_id", BigInt, ForeignKey("stations.id")),  # empty: at every charger
    Column("alias", Text, nullable=False),
    Column("alias_key", Text, nullable=False),  # as it is compared
    Column("created_at", UtcTime, nullable=False),
)
_everywhere = token_aliases.c.station_id.is_(None)
Index(
    "uq_token_aliases_everywhere",
    token_aliases.c.organization_id,
    token_aliases.c.alias_key,
    unique=True,
    sqlite_where=_everywhere,
    postgresql_where=_everywhere,
)
Index(
    "uq_token_aliases_station",
    token_aliases.c.station_id,
    token_aliases.c.alias_key,
    unique=True,
    sqlite_where=token_aliases.c.station_id.is_not(None),
    postgresql_where=token_aliases.c.station_id.is_not(None),
)

_HEX_UID = re.compile(r"(?:[0-9A-F]{2}){4}|(?:[0-9A-F]{2}){7}|(?:[0-9A-F]{2}){10}")
"""What a reader reads on a card (ISO 14443): 4, 7 or 10 bytes."""


class AliasRow(Protocol):
    """A row, with the charger's own name of itself."""

    id: int
    alias: str
    station: str | None
    created_at: datetime


_owner = Prepared(
    select(token_aliases.c.token_id)
    .where(
        token_aliases.c.organization_id == bindparam("organization_id"),
        token_aliases.c.alias_key == bindparam("alias_key"),
        or_(_everywhere, token_aliases.c.station_id == bindparam("station_id")),
    )
    .order_by(_everywhere)  # what holds at this charger goes first
    .limit(1)
)


def owner(work: Work, station: Station, alias_key: str) -> int | None:
    """The token that is called so at this station."""
    row = work.first(_owner, organization_id=station.organization_id, alias_key=alias_key, station_id=station.id)
    return None if row is None else int(row.token_id)


def token_of(work: Work, organization_id: int, alias_key: str, station_id: int | None) -> int | None:
    """The token that has this very alias, at this station or at all of them."""
    mine = (token_aliases.c.organization_id == organization_id, token_aliases.c.alias_key == alias_key)
    found = select(token_aliases.c.token_id).where(*mine, token_aliases.c.station_id.is_not_distinct_from(station_id))
    return work.execute(found).scalar()


def at_station(work: Work, station_id: int) -> dict[int, str]:
    """What this station calls cards otherwise, by their tokens; of several numbers the one that was given last."""
    mine = select(token_aliases.c.token_id, token_aliases.c.alias).where(token_aliases.c.station_id == station_id)
    return {row.token_id: row.alias for row in work.execute(mine.order_by(token_aliases.c.id))}


def of_token(work: Work, token_id: int) -> list[AliasRow]:
    """All other numbers of a token."""
    columns = (token_aliases.c.id, token_aliases.c.alias, token_aliases.c.created_at)
    mine = select(*columns, stations.c.identity.label("station")).outerjoin(stations)
    return list(work.execute(mine.where(token_aliases.c.token_id == token_id).order_by(token_aliases.c.id)))


def add(work: Work, organization_id: int, token_id: int, *, alias: str, alias_key: str, station_id: int | None) -> None:
    """A number more."""
    values = {"organization_id": organization_id, "token_id": token_id, "station_id": station_id}
    work.execute(insert(token_aliases).values(**values, alias=alias, alias_key=alias_key, created_at=work.now))


def remove(work: Work, token_id: int, *, alias_key: str, station_id: int | None) -> bool:
    """A number less; False when it had none such."""
    mine = (token_aliases.c.token_id == token_id, token_aliases.c.alias_key == alias_key)
    return bool(
        work.execute(
            delete(token_aliases).where(*mine, token_aliases.c.station_id.is_not_distinct_from(station_id))
        ).rowcount
    )


def forget(work: Work, token_id: int) -> None:
    """A token that is removed leaves its other numbers free."""
    work.execute(delete(token_aliases).where(token_aliases.c.token_id == token_id))


def other_way_round(uid_key: str) -> str | None:
    """The number of a card whose bytes were read from the wrong end; None for what is no number of a card."""
    if _HEX_UID.fullmatch(uid_key) is None:
        return None
    turned = "".join(uid_key[place : place + 2] for place in range(len(uid_key) - 2, -1, -2))
    return None if turned == uid_key else turned
