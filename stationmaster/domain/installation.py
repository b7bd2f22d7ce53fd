"""What there is once in a database: which secret key its secrets fit, and the number of the last change of a charger's record."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text, insert, select, update

from stationmaster.domain.errors import Conflict
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, key, metadata

installation = Table(
    "installation",
    metadata,
    key(),
    Column("key_mark", Text),  # tells one secret key from another, and nothing about it
    Column("changes", BigInt, nullable=False, server_default="0"),  # the number of the last one (docs/decisions/0016)
)


class OtherKey(Conflict):
    """The secrets of the chargers in this database fit another secret key."""


def admit_key(work: Work, *, mark: str, made_now: bool, chargers: bool, replace: bool = False) -> None:
    """Remember which key is in use here. Raises `OtherKey` when there are chargers that another one fits, and it is not to be replaced."""
    before = work.execute(select(installation.c.key_mark)).scalar()
    if before == mark:
        return
    if chargers and (before is not None or made_now) and not replace:
        what = "is missing" if made_now else "is another one"
        raise OtherKey(
            "{what}, and no charger's secret would fit: put back the key that was in use with this database. Without it, start once with --new-key, and give every charger a new secret",
            what=what,
        )
    if not work.execute(update(installation).values(key_mark=mark)).rowcount:
        work.execute(insert(installation).values(key_mark=mark))


def next_change(work: Work) -> int:
    """The number of this transaction's changes. The row is locked until COMMIT: call it at the end (`Work.at_the_end`).

    So numbers become visible in their order: who has read one has read, or can read, every lower one.
    """
    counted = update(installation).values(changes=installation.c.changes + 1).returning(installation.c.changes)
    number = work.execute(counted).scalar()
    if number is None:
        number = work.execute(insert(installation).values(changes=1).returning(installation.c.changes)).scalar_one()
    return int(number)


def last_change(work: Work) -> int:
    """The number of the last change that is committed."""
    return int(work.execute(select(installation.c.changes)).scalar() or 0)
