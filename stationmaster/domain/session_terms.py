"""By which tariff a session is priced: looked up once, when it has begun, and held to until it is paid (M-16, PAY-07).

A row says which tariff held, by which of its terms, and who decided. What a place or a customer names afterwards is for the next session.
A session that nobody has looked at yet, as one that was told after it had ended, is priced by what holds now.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table, Text, exists, or_, select
from sqlalchemy import text as sql

from stationmaster.domain import sessions, tariff_places, tariffs
from stationmaster.domain.errors import Conflict
from stationmaster.domain.sessions import SessionRow
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
    # Whether the card and the place were known by then: a charger of 2.x may tell them later, and then it is looked up once more.
    Column("complete", Boolean, nullable=False, server_default=sql("true")),
)

AT_ONCE = 200


class Fixed(NamedTuple):
    """A tariff by its key and its id, with the terms that hold, and who decided."""

    tariff_id: int
    tariff: str
    terms: TermsRow
    decided_by: Level
    follows_changes: bool


def of_session(work: Work, session: SessionRow) -> Fixed:
    """By which tariff a session is priced. Raises `Conflict` where none holds."""
    kept = _kept(work, session.id)
    fixed = kept.fixed if kept is not None and kept.holds_for(session) else _holding(work, session)
    if fixed is None:
        raise Conflict("no tariff holds where this session took place; name one, or ask for the price under another")
    return fixed


def fix(work: Work, session: SessionRow) -> Fixed | None:
    """From now on a session is priced by what holds at this moment, if it was not fixed before; None where no tariff holds."""
    kept = _kept(work, session.id)
    if kept is None or not kept.holds_for(session):
        found = _holding(work, session)
        facts = (None, None, None) if found is None else (found.tariff_id, found.terms.number, found.decided_by)
        work.run(_put, rows=[(session.id, *facts, work.now, _is_known(session))])
        kept = _kept(work, session.id)
    return None if kept is None else kept.fixed


_COLUMNS = ("session_id", "tariff_id", "terms", "decided_by", "fixed_at", "complete")
_sets = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
# Two nodes may look at once: the first that knows all decides.
_put = AtOnce(
    Bulk(session_terms, _COLUMNS, on_conflict=f"(session_id) DO UPDATE SET {_sets} WHERE NOT session_terms.complete")
)


def _is_known(session: SessionRow) -> bool:
    """Whether all is known that decides."""
    return session.token_key is not None and session.evse is not None


def unfixed(work: Work) -> list[int]:
    """The keys of open sessions that nobody has looked at, where there is a tariff, or a budget of a card; a few at a time."""
    table = sessions.sessions
    priced = exists().where(tariffs.tariffs.c.organization_id == table.c.organization_id, not_deleted(tariffs.tariffs))
    unknown = or_(table.c.token_key.is_(None), table.c.evse.is_(None))
    looked_at = exists().where(session_terms.c.session_id == table.c.id, or_(session_terms.c.complete, unknown))
    card = (tokens.c.organization_id == table.c.organization_id, tokens.c.uid_key == table.c.token_key)
    budgeted = exists().where(*card, tokens.c.budget_wh.is_not(None), not_deleted(tokens))
    mine = select(table.c.id).where(is_open, ~looked_at, or_(priced, budgeted))
    return list(work.execute(mine.order_by(table.c.id).limit(AT_ONCE)).scalars())


class _Kept(NamedTuple):
    """What was found when a session was looked at."""

    complete: bool
    fixed: Fixed | None

    def holds_for(self, session: SessionRow) -> bool:
        """Whether nothing more is known of it since."""
        return self.complete or not _is_known(session)


def _kept(work: Work, session_id: int) -> _Kept | None:
    """None where nobody has looked at it."""
    of_tariff, of_terms, looked_at = tariffs.tariffs, tariffs.tariff_terms, session_terms.c
    named = select(
        looked_at.complete, looked_at.decided_by, of_tariff.c.public_id, of_tariff.c.follows_changes, of_terms
    )
    held = session_terms.outerjoin(of_tariff, of_tariff.c.id == looked_at.tariff_id).outerjoin(
        of_terms, (of_terms.c.tariff_id == looked_at.tariff_id) & (of_terms.c.number == looked_at.terms)
    )
    row = work.execute(named.select_from(held).where(looked_at.session_id == session_id)).one_or_none()
    if row is None:
        return None
    fixed = Fixed(row.tariff_id, row.public_id, row, row.decided_by, row.follows_changes)
    return _Kept(row.complete, None if row.tariff_id is None else fixed)


def _holding(work: Work, session: SessionRow) -> Fixed | None:
    """What holds at this moment, by the terms that were in force when the session began."""
    where = tariff_places.Where(session.station_id, session.evse, session.connector, session.customer_id)
    held = tariff_places.at(work, session.organization_id, where)
    if held is None:
        return None
    terms = tariffs.in_force(tariffs.terms_of(work, held.tariff.id), session.started_at)
    return Fixed(held.tariff.id, held.tariff.public_id, terms, held.decided_by, held.tariff.follows_changes)
