"""Somebody follows the link in a notice: they see what it is for, and get no more of that kind once they say so."""

from __future__ import annotations

from typing import Literal, NamedTuple, cast

from sqlalchemy import select

from stationmaster.domain import looks, versions
from stationmaster.domain.audit import Actor
from stationmaster.domain.colours import Colours
from stationmaster.domain.customer_notices import choices, telling
from stationmaster.domain.customer_notices.links import Named
from stationmaster.domain.customer_notices.tables import ChoiceRow, Kind, notice_choices
from stationmaster.domain.customers import customers
from stationmaster.domain.errors import NotFound
from stationmaster.storage import Work

BY_LINK = Actor("link", "", "the link in a notice")


class Asked(NamedTuple):
    """What a link is for, and whether it still is. It names nobody: a forwarded mail tells no more than it said."""

    kind: Kind
    organization: str
    colours: Colours
    language: str
    state: Literal["wanted", "stopped"]


def look(work: Work, named: Named) -> Asked:
    """What following this link would end. Changes nothing: programs that look for viruses follow links, too."""
    row = _row(work, named, lock=False)
    return _asked(work, row, named)


def stop(work: Work, named: Named) -> Asked:
    """End it. Done again it changes nothing."""
    row = _row(work, named, lock=True)
    if _is_wanted(row, named):
        choices.stop(work, row, named.kind, actor=BY_LINK)
    return _asked(work, row, named)._replace(state="stopped")


def _row(work: Work, named: Named, *, lock: bool) -> ChoiceRow:
    mine = select(notice_choices).where(notice_choices.c.public_id == named.choices)
    row = cast(ChoiceRow | None, versions.find(work, mine, lock=lock))
    if row is None:  # erased
        raise NotFound("there is nothing at this address")
    return row


def _is_wanted(row: ChoiceRow, named: Named) -> bool:
    return named.kind in row.kinds and row.kinds[named.kind]["version"] == named.version


def _asked(work: Work, row: ChoiceRow, named: Named) -> Asked:
    customer = work.execute(select(customers).where(customers.c.id == row.customer_id)).one()
    look = looks.get(work, row.organization_id)
    state: Literal["wanted", "stopped"] = "wanted" if _is_wanted(row, named) else "stopped"
    language = telling.language_of(work, row.organization_id, customer)
    return Asked(named.kind, look.shown_name, look.colours, language, state)
