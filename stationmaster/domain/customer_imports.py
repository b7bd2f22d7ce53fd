"""Lists of customers that people bring: created or changed by their own ids, all of a file or nothing (O-04)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from stationmaster.domain import audit, customers, versions
from stationmaster.domain.audit import Act, Subject
from stationmaster.domain.customers import FACTS, CustomerRow
from stationmaster.domain.errors import Invalid
from stationmaster.domain.imports import Line, Problem, Tally, without_doubled
from stationmaster.reason_words import Reason
from stationmaster.storage import Work
from stationmaster.storage.lists import rows_among
from stationmaster.storage.queries import AtOnce, Bulk, not_deleted

_TABLE = customers.customers
_KEPT = (*FACTS, "name_key")
_NEW = ("organization_id", "public_id", *_KEPT, "created_at", "created_by", "updated_at")
_new = AtOnce(Bulk(_TABLE, _NEW))


def take(work: Work, organization_id: int, lines: Sequence[Line]) -> Tally:
    """Create customers, or change what the file says of them. Nothing is written when a line of it cannot be taken."""
    tally = Tally()
    lines = without_doubled(lines, lambda line: line.values["id"], "customer", tally)
    there: dict[str, CustomerRow] = _by(work, organization_id, "public_id", [line.values["id"] for line in lines])
    wanted = {line.row: values for line in lines if (values := _values(line, there, tally)) is not None}
    lines = [line for line in lines if line.row in wanted]
    lines = _with_own_phones(work, organization_id, lines, wanted, tally)
    new = [line for line in lines if line.values["id"] not in there]
    changed = []
    for line in lines:
        row = there.get(line.values["id"])
        facts = None if row is None else [name for name in FACTS if getattr(row, name) != wanted[line.row][name]]
        tally.count(line.row, line.values["id"], facts)
        if facts:
            changed.append(line)
    if not tally.problems:
        _add(work, organization_id, [(line.values["id"], wanted[line.row]) for line in new])
        _change(work, organization_id, [(there[line.values["id"]], wanted[line.row]) for line in changed])
    return tally


def _values(line: Line, there: dict[str, CustomerRow], tally: Tally) -> dict[str, Any] | None:
    """What the customer of a line is to be; None, with a word in `tally`, when it cannot be."""
    row = there.get(line.values["id"])
    before = dict.fromkeys(FACTS) if row is None else customers.facts(row)
    try:
        if row is None and not line.values.get("name"):
            raise Invalid("name", "is missing: there is no customer with this id yet")
        return customers.checked(before | {name: line.values[name] for name in FACTS if name in line.values})
    except Invalid as wrong:
        tally.bad += 1
        tally.problems.append(Problem(line.row, wrong.field, wrong.reason))
        return None


def _with_own_phones(
    work: Work, organization_id: int, lines: list[Line], wanted: dict[int, dict[str, Any]], tally: Tally
) -> list[Line]:
    """The lines whose phone is no other customer's, in the file or here; of the others `tally` has a word each."""
    phones = [phone for line in lines if (phone := wanted[line.row]["phone"]) is not None]
    owners = _by(work, organization_id, "phone", phones)
    first: dict[str, int] = {}
    own = []
    for line in lines:
        phone = wanted[line.row]["phone"]
        owner = owners.get(phone)
        reason = None
        if owner is not None and owner.public_id != line.values["id"]:
            reason = Reason("is that of customer {customer!r}", customer=owner.public_id)
        elif phone is not None and first.setdefault(phone, line.row) != line.row:
            reason = Reason("is that of row {row}", row=first[phone])
        if reason is None:
            own.append(line)
        else:
            tally.bad += 1
            tally.problems.append(Problem(line.row, "phone", reason))
    return own


def _by(work: Work, organization_id: int, column: str, values: Sequence[str]) -> dict[str, CustomerRow]:
    """The customers that have one of these in a column, by it, locked in the order of their keys."""
    mine = select(_TABLE).where(_TABLE.c.organization_id == organization_id, not_deleted(_TABLE)).order_by(_TABLE.c.id)
    rows = rows_among(work, mine.with_for_update(), _TABLE.c[column], sorted(set(values)))
    return {getattr(row, column): row for row in rows}


def _add(work: Work, organization_id: int, new: list[tuple[str, dict[str, Any]]]) -> None:
    if not new:
        return
    shared = {"organization_id": organization_id} | versions.first(work)
    rows = [shared | {"public_id": public_id} | values for public_id, values in new]
    work.run(_new, rows=[tuple(row[name] for name in _NEW) for row in rows])
    acts = [
        Act("add_customer", Subject("customer", public_id), None, {name: values[name] for name in FACTS})
        for public_id, values in new
    ]
    audit.record_all(work, acts, organization=organization_id)


def _change(work: Work, organization_id: int, changed: list[tuple[CustomerRow, dict[str, Any]]]) -> None:
    if not changed:
        return
    set_values = (
        update(_TABLE)
        .where(_TABLE.c.id == bindparam("key"))
        .values(version=_TABLE.c.version + 1, updated_at=work.now, **{name: bindparam(name) for name in _KEPT})
    )
    work.execute(set_values, [{"key": row.id} | values for row, values in changed])
    acts = [
        Act(
            "change_customer",
            Subject("customer", row.public_id),
            customers.facts(row),
            {name: values[name] for name in FACTS},
        )
        for row, values in changed
    ]
    audit.record_all(work, acts, organization=organization_id)
