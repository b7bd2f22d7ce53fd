"""Lists of cards that people bring: created or changed by their number, all of a file or nothing (O-04)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from stationmaster.domain import audit, customers, local_lists, versions
from stationmaster.domain.audit import Act, Subject
from stationmaster.domain.errors import Invalid
from stationmaster.domain.imports import Line, Problem, Tally, without_doubled
from stationmaster.domain.tokens import FACTS, TokenRow, tokens, uid_key
from stationmaster.storage import Work
from stationmaster.storage.lists import rows_among
from stationmaster.storage.queries import AtOnce, Bulk, not_deleted

_PAIRS = re.compile(r"[0-9A-Fa-f]{2}([:\- ])[0-9A-Fa-f]{2}(\1[0-9A-Fa-f]{2}){2,18}")
_KEPT = (*FACTS, "customer_id")
_NEW = ("organization_id", "uid", "uid_key", "kind", *_KEPT, "created_at", "created_by", "updated_at")
_COLUMNS = {"customer_id": "customer"}  # as a file calls what a row calls otherwise
_new = AtOnce(Bulk(tokens, _NEW))
_Key = tuple[str, str]


def compact(uid: str) -> str:
    """A number as chargers tell it: readers write `04:A2:…` or `04 A2 …` for 04A2…; leading zeros are part of it."""
    uid = uid.strip()
    return re.sub(r"[:\- ]", "", uid) if _PAIRS.fullmatch(uid) else uid


def take(work: Work, organization_id: int, lines: Sequence[Line]) -> Tally:
    """Create cards, or change what the file says of them. Nothing is written when a line of it cannot be taken."""
    tally = Tally()
    keys = {line.row: _key(line) for line in lines}
    alone = without_doubled(lines, lambda line: keys[line.row], "card", tally)
    lines = _with_owners(work, organization_id, alone, tally)
    there = _there(work, organization_id, lines, keys)
    new: list[dict[str, Any]] = []
    changed: list[tuple[TokenRow, dict[str, Any]]] = []
    for line in lines:
        key = keys[line.row]
        token = there.get(key)
        facts = {name: line.values[name] for name in _KEPT if name in line.values}
        differing = None if token is None else [name for name in facts if getattr(token, name) != facts[name]]
        tally.count(line.row, line.values["uid"], differing and [_COLUMNS.get(name, name) for name in differing])
        if token is None:
            uid = compact(line.values["uid"])
            kept = {"organization_id": organization_id, "uid": uid, "uid_key": key[0]}
            kept |= {"kind": line.values.get("kind") or ""} | dict.fromkeys(_KEPT) | {"status": "accepted"}
            new.append(kept | facts | versions.first(work))
        elif differing:
            changed.append((token, {name: getattr(token, name) for name in _KEPT} | facts))
    if not tally.problems and (new or changed):
        _write(work, organization_id, new, changed)
    return tally


def _with_owners(work: Work, organization_id: int, lines: Sequence[Line], tally: Tally) -> list[Line]:
    """The lines with the keys of the customers that they name; of those who are not there `tally` has a word each."""
    keys: dict[str | None, int | Invalid | None] = {}
    known = []
    for line in lines:
        if "customer" in line.values:
            name = line.values["customer"]
            if name not in keys:
                try:
                    keys[name] = customers.named(work, organization_id, name)
                except Invalid as missing:
                    keys[name] = missing
            owner = keys[name]
            if isinstance(owner, Invalid):
                tally.bad += 1
                tally.problems.append(Problem(line.row, owner.field, owner.reason))
                continue
            line.values["customer_id"] = owner
        known.append(line)
    return known


def _key(line: Line) -> _Key:
    return uid_key(compact(line.values["uid"])), (line.values.get("kind") or "").upper()


def _there(
    work: Work, organization_id: int, lines: Sequence[Line], keys_of: Mapping[int, _Key]
) -> dict[_Key, TokenRow]:
    """The cards that the lines speak of, however their numbers are written."""
    keys = sorted({key for line in lines for key in (keys_of[line.row][0], uid_key(line.values["uid"]))})
    found: dict[_Key, TokenRow] = {}
    mine = select(tokens).where(tokens.c.organization_id == organization_id, not_deleted(tokens))
    locked = mine.order_by(tokens.c.id).with_for_update(key_share=True)
    for token in rows_among(work, locked, tokens.c.uid_key, keys):
        found.setdefault((uid_key(compact(token.uid)), token.kind.upper()), token)
    return found


def _write(
    work: Work, organization_id: int, new: list[dict[str, Any]], changed: list[tuple[TokenRow, dict[str, Any]]]
) -> None:
    if new:
        work.run(_new, rows=[tuple(token[name] for name in _NEW) for token in new])
    if changed:
        one = update(tokens).where(tokens.c.id == bindparam("key"))
        set_facts = one.values(version=tokens.c.version + 1, updated_at=work.now, **{n: bindparam(n) for n in _KEPT})
        work.execute(set_facts, [{"key": token.id} | facts for token, facts in changed])
    local_lists.cards_changed(work, organization_id)
    acts = [
        Act("add_token", Subject("token", token["uid"]), None, {name: token[name] for name in _KEPT}) for token in new
    ]
    for token, facts in changed:
        before = {name: getattr(token, name) for name in _KEPT}
        acts.append(Act("change_token", Subject("token", token.uid), before, facts))
    audit.record_all(work, acts, organization=organization_id)
