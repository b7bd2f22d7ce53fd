"""By which tariff a session is priced: looked up once, when it has begun, and held to until it is paid (M-16, PAY-07).

A row says which tariff held, by which of its terms, and who decided. What a place or a customer names afterwards is for the next session.
A session that nobody has looked at yet, as one that was told after it had ended, is priced by what holds now.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, exists, or_, select

from stationmaster.domain import sessions, tariff_places, tariffs
from stationmaster.domain.errors import Conflict
from stationmaster.domain.sessions.table import is_open
from stationmaster.domain.tariffs import Level, TermsRow
from stationmaster.domain.tokens import tokens
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import AtOnce, Bulk, not_deleted

session_terms = Table(
    "session_terms",
    metadata,
    key(),
    Column("session_id", BigInt, ForeignKey("sessions.id"), nullable=False, unique=True),
    Column("tariff_id", BigInt, ForeignKey("tariffs.id")),  # empty: none held
    Column("terms", Integer),  # the number of those that were in force
    Column("decided_by", Text),
    Column("fixed_at", UtcTime, nullable=False),
)

AT_ONCE = 200


class Session(Protocol):
    """Of a session, what decides on its tariff."""

    @property
    def id(self) -> int: ...
    @property
    def organization_id(self) -> int: ...
    @property
    def station_id(self) -> int: ...
    @property
    def evse(self) -> int | None: ...
    @property
    def connector(self) -> int | None: ...
    @property
    def customer_id(self) -> int | None: ...
    @property
    def started_at(self) -> datetime: ...


class Fixed(NamedTuple):
    """A tariff by its key and its id, with the terms that hold, and who decided."""

    tariff_id: int
    tariff: str
    terms: TermsRow
    decided_by: Level
    follows_changes: bool


def of_session(work: Work, session: Session) -> Fixed:
    """By which tariff a session is priced. Raises `Conflict` where none holds."""
    looked_at = work.execute(select(session_terms.c.id).where(session_terms.c.session_id == session.id)).scalar()
    fixed = _holding(work, session) if looked_at is None else _kept(work, session.id)
    if fixed is None:
        raise Conflict("no tariff holds where this session took place; name one, or ask for the price under another")
    return fixed


def fix(work: Work, session: Session) -> Fixed | None:
    """From now on a session is priced by what holds at this moment, if it was not fixed before; None where no tariff holds."""
    kept = work.execute(select(session_terms.c.id).where(session_terms.c.session_id == session.id)).scalar()
    if kept is not None:
        return _kept(work, session.id)
    found = _holding(work, session)
    facts = (None, None, None) if found is None else (found.tariff_id, found.terms.number, found.decided_by)
    work.run(_new, rows=[(session.id, *facts, work.now)])
    return _kept(work, session.id)


# Two nodes may look at once: the first decides.
_new = AtOnce(
    Bulk(session_terms, ("session_id", "tariff_id", "terms", "decided_by", "fixed_at"), ignore_duplicates=True)
)


def unfixed(work: Work) -> list[int]:
    """The keys of open sessions that nobody has looked at, where there is a tariff, or a budget of a card; a few at a time."""
    table = sessions.sessions
    priced = exists().where(tariffs.tariffs.c.organization_id == table.c.organization_id, not_deleted(tariffs.tariffs))
    looked_at = exists().where(session_terms.c.session_id == table.c.id)
    card = (tokens.c.organization_id == table.c.organization_id, tokens.c.uid_key == table.c.token_key)
    budgeted = exists().where(*card, tokens.c.budget_wh.is_not(None), not_deleted(tokens))
    mine = select(table.c.id).where(is_open, ~looked_at, or_(priced, budgeted))
    return list(work.execute(mine.order_by(table.c.id).limit(AT_ONCE)).scalars())


def _kept(work: Work, session_id: int) -> Fixed | None:
    of_tariff, of_terms = tariffs.tariffs, tariffs.tariff_terms
    named = select(of_tariff.c.public_id, of_tariff.c.follows_changes, session_terms.c.decided_by, of_terms)
    held = session_terms.join(of_tariff, of_tariff.c.id == session_terms.c.tariff_id).join(
        of_terms,
        (of_terms.c.tariff_id == session_terms.c.tariff_id) & (of_terms.c.number == session_terms.c.terms),
    )
    row = work.execute(named.select_from(held).where(session_terms.c.session_id == session_id)).one_or_none()
    return None if row is None else Fixed(row.tariff_id, row.public_id, row, row.decided_by, row.follows_changes)


def _holding(work: Work, session: Session) -> Fixed | None:
    """What holds at this moment, by the terms that were in force when the session began."""
    where = tariff_places.Where(session.station_id, session.evse, session.connector, session.customer_id)
    held = tariff_places.at(work, session.organization_id, where)
    if held is None:
        return None
    terms = tariffs.in_force(tariffs.terms_of(work, held.tariff.id), session.started_at)
    return Fixed(held.tariff.id, held.tariff.public_id, terms, held.decided_by, held.tariff.follows_changes)
