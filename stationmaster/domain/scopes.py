"""A caller that is limited to some sites sees and changes only what stands there: every statement of its work is narrowed here.

No topic has to think of it, and none can forget it: what has a `station_id` belongs to a charger, what has a `site_id` to a
site. What has neither (cards, users) belongs to the organization, and who is limited to sites needs a permission for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Delete, Select, Table, Update, select
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.selectable import FromClause, Join

from stationmaster.domain.sites import sites
from stationmaster.domain.stations import stations

_there = stations.alias()  # by another name, or it would be taken for the same row of an outer `stations`


def narrowed(statement: Executable, allowed: frozenset[int]) -> Executable:
    """The same statement, about these sites only."""
    if isinstance(statement, Select):
        for table in [table for source in statement.get_final_froms() for table in _tables(source)]:
            condition = _condition(table, allowed)
            if condition is not None:
                statement = statement.where(condition)
    elif isinstance(statement, Update | Delete):
        condition = _condition(statement.table, allowed)
        if condition is not None:
            statement = statement.where(condition)
    return statement


def _tables(source: FromClause) -> Iterator[FromClause]:
    """What the rows come from. An outer join only adds to a row of its left side, which is narrowed itself where it can be."""
    if not isinstance(source, Join):
        yield source
        return
    left = list(_tables(source.left))
    yield from left
    if not source.isouter or not any(_belongs(table) for table in left):
        yield from _tables(source.right)


def _belongs(source: FromClause) -> bool:
    return "station_id" in source.c or "site_id" in source.c or _is(source, sites)


def _condition(source: FromClause, allowed: frozenset[int]) -> ColumnElement[bool] | None:
    if _is(source, sites):
        return source.c.id.in_(allowed)
    if "site_id" in source.c:
        return source.c.site_id.in_(allowed)
    if "station_id" in source.c:
        return source.c.station_id.in_(select(_there.c.id).where(_there.c.site_id.in_(allowed)))
    return None


def _is(source: FromClause, table: Table) -> bool:
    return source is table or getattr(source, "element", None) is table
