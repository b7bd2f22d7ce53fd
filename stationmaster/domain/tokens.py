"""Who may charge: tokens (RFID cards, app ids) and the answer to `may this one charge?`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Literal, NamedTuple, Protocol, get_args

import msgspec
from sqlalchemy import Column, ForeignKey, Index, Select, Table, Text, and_, bindparam, func, insert, not_, select
from sqlalchemy import text as sql

from stationmaster.domain import (
    audit,
    contract_ids,
    customers,
    deviations,
    energy_budgets,
    local_lists,
    token_aliases,
    versions,
)
from stationmaster.domain.audit import Subject
from stationmaster.domain.customer_terms import Billing
from stationmaster.domain.energy_budgets import Budget, Period
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.stations import Station, stations
from stationmaster.domain.stations import get as get_station
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Exact, UtcTime, key, metadata
from stationmaster.storage.lists import Found, Wanted, alike, listed, only, rows_among
from stationmaster.storage.queries import Prepared, not_deleted
from stationmaster.storage.trigrams import searched

tokens = Table(
    "tokens",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("uid", Text, nullable=False),  # as it was first written
    Column("uid_key", Text, nullable=False),  # as it is compared: 1.6 idTags are case-insensitive
    # What it is, in the words of 2.x (ISO14443, eMAID, MacAddress …); empty: whatever a charger says that it is.
    Column("kind", Text, nullable=False, server_default=sql("''")),
    Column("label", Text),
    Column("group", Text),  # 1.6 parentIdTag, 2.x groupIdToken
    Column("status", Text, nullable=False, server_default="accepted"),
    Column("expires_at", UtcTime),
    Column("customer_id", BigInt, ForeignKey("customers.id"), index=True),  # whose it is
    Column("budget_wh", Exact()),  # how much it may take in each `budget_period`; empty: as much as it wants
    Column("budget_period", Text),
    *versions.columns(),
)
Index("ix_tokens_organization_id", tokens.c.organization_id, tokens.c.id)
Index("ix_tokens_label", tokens.c.organization_id, func.lower(tokens.c.label), tokens.c.id)
Index("ix_tokens_group", tokens.c.organization_id, func.lower(tokens.c.group), tokens.c.id)
Index("ix_tokens_expires", tokens.c.organization_id, tokens.c.expires_at, tokens.c.id)
Index("ix_tokens_updated", tokens.c.organization_id, tokens.c.updated_at, tokens.c.id)
Index("ix_tokens_kind", tokens.c.organization_id, func.lower(tokens.c.kind), tokens.c.id)
Index("ix_tokens_status", tokens.c.organization_id, tokens.c.status, tokens.c.id)
Index(
    "ix_tokens_deleted",
    tokens.c.organization_id,
    tokens.c.id,
    sqlite_where=tokens.c.deleted_at.is_not(None),
    postgresql_where=tokens.c.deleted_at.is_not(None),
)
Index(
    "uq_tokens_uid_key",
    tokens.c.organization_id,
    tokens.c.uid_key,
    tokens.c.kind,
    unique=True,
    sqlite_where=tokens.c.deleted_at.is_(None),
    postgresql_where=tokens.c.deleted_at.is_(None),
)

SEARCHED = searched(tokens.c.uid, tokens.c.label, tokens.c.group)

FACTS = ("label", "group", "status", "expires_at")
"""What a person may say of a token."""


SORTS = {
    "uid": tokens.c.uid_key,
    "label": func.lower(tokens.c.label),
    "group": func.lower(tokens.c.group),
    "expires": tokens.c.expires_at,
    "created": tokens.c.id,
    "updated": tokens.c.updated_at,
}
"""What a list of tokens can be sorted by."""

Status = Literal["accepted", "blocked"]
STATUSES: tuple[Status, ...] = get_args(Status)


class KnownToken(Protocol):
    """What is looked at to say whether a token may charge."""

    id: int
    uid: str
    kind: str
    group: str | None
    status: Status
    expires_at: datetime | None
    customer_id: int | None
    budget_wh: Decimal | None
    budget_period: Period | None


class ShownToken(KnownToken, Protocol):
    """The same, with how its customer pays."""

    billing: Billing | None


class TokenRow(KnownToken, Protocol):
    """A row of the table."""

    label: str | None
    version: int
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


class OwnedToken(TokenRow, Protocol):
    """A row with the id and the name of the customer whose it is."""

    customer: str | None
    customer_name: str | None


class Authorization(msgspec.Struct, frozen=True, gc=False):
    """The answer for a token: accepted, blocked, expired, unknown, or no_credit where no money or energy is left."""

    status: str
    group: str | None = None
    expires_at: datetime | None = None
    customer_id: int | None = None  # the key of whose it is
    card: str | None = None  # under which number it is known, where the station has told another
    message: str | None = None  # for the driver to read
    cached_until: datetime | None = None  # so long a charger may remember it, where that is not `expires_at`
    most: Decimal | None = None  # what a session that begins with it may cost, where that is paid beforehand

    @property
    def accepted(self) -> bool:
        return self.status == "accepted"

    def status_at(self, moment: datetime) -> str:
        """What the answer would have been at an earlier moment, as far as that can be known now (TX-11)."""
        if self.status == "expired" and self.expires_at is not None and self.expires_at > moment:
            return "accepted"
        return self.status


# With how its customer pays, in one question: a charger waits for the answer.
_known = select(*(tokens.c[name] for name in KnownToken.__annotations__), customers.customers.c.billing).select_from(
    tokens.outerjoin(customers.customers, customers.customers.c.id == tokens.c.customer_id)
)
_by_uid = Prepared(
    _known.where(
        tokens.c.organization_id == bindparam("organization_id"),
        tokens.c.uid_key == bindparam("uid_key"),
        not_deleted(tokens),
    )
)
_by_key = Prepared(_known.where(tokens.c.id == bindparam("key")))


def authorize(work: Work, station: Station, uid: str | None, kind: str | None = None) -> Authorization:
    """Whether this token may charge at this station, now. A token of another organization is unknown (API-14), and so is
    none at all (L2).

    One number can be on tokens of several kinds (P-07): 2.x says which is meant. 1.6 has no kinds; there, one that may charge
    is as good as any.
    """
    token = None if uid is None else _meant(work, station, uid, kind)
    return Authorization("unknown") if token is None else _shown(work, station, token)


def _shown(work: Work, station: Station, token: ShownToken) -> Authorization:
    """What the answer for this token is where it is shown now. Only where its customer pays, or it has a budget, anything is asked for it."""
    answer = judged(work, token)
    if not answer.accepted or (token.billing in (None, "free") and token.budget_wh is None):
        return answer
    from stationmaster.domain import covers  # which knows of cards

    return covers.judged(work, station, token, answer)


def authorize_told(work: Work, station: Station, uid: str | None, kind: str | None = None) -> Authorization:
    """The same for a card that a station has told. One that nobody knows may be another number of a card, the number with its bytes the
    other way round, have the station's serial number behind it, or be a contract that is written otherwise; the answer then says which card it is.
    """
    found = authorize(work, station, uid, kind)
    if found.status != "unknown" or uid is None:
        return found
    return (
        _by_alias(work, station, uid)
        or _turned_round(work, station, uid, kind)
        or _without_serial(work, station, uid, kind)
        or _as_contract(work, station, uid, kind)
        or found
    )


def _by_alias(work: Work, station: Station, uid: str) -> Authorization | None:
    token_id = token_aliases.owner(work, station, uid_key(uid))
    if token_id is None:
        return None
    [token] = work.run(_by_key, key=token_id)
    return msgspec.structs.replace(_shown(work, station, token), card=token.uid)


def _turned_round(work: Work, station: Station, uid: str, kind: str | None) -> Authorization | None:
    turned = token_aliases.other_way_round(uid_key(uid))
    token = None if turned is None else _meant(work, station, turned, kind)
    if token is None:
        return None
    deviations.add(work, station.id, [deviations.Seen("card-from-the-wrong-end", 1, 0, "the number of a card")])
    return msgspec.structs.replace(_shown(work, station, token), card=token.uid)


def _without_serial(work: Work, station: Station, uid: str, kind: str | None) -> Authorization | None:
    """The card is what stands before the serial number, whether it is known or not: told again it is the same card."""
    if "_" not in uid:
        return None
    card, _, serial = uid.rpartition("_")
    own = work.execute(select(stations.c.serial).where(stations.c.id == station.id)).scalar()
    if not card or not own or serial.lower() != own.lower():
        return None
    deviations.add(work, station.id, [deviations.Seen("serial-after-card", 1, 0, "the number of a card")])
    return msgspec.structs.replace(authorize(work, station, card, kind), card=card)


def _as_contract(work: Work, station: Station, uid: str, kind: str | None) -> Authorization | None:
    if kind not in (None, contract_ids.KIND):  # 1.6 has no kinds
        return None
    meant = (_meant(work, station, each, kind) for each in contract_ids.spellings(uid) if each != uid_key(uid))
    token = next((each for each in meant if each is not None), None)
    return None if token is None else msgspec.structs.replace(_shown(work, station, token), card=token.uid)


def number_at(work: Work, station: Station, uid: str) -> str:
    """What this station is told that a card is called."""
    others = token_aliases.at_station(work, station.id)
    if not others:
        return uid
    return next((others[token.id] for token in _named(work, station, uid) if token.id in others), uid)


def kind_of(work: Work, station: Station, uid: str) -> str | None:
    """What a token is, for a charger that has to be told: of several the one that may charge. None where it has no kind."""
    token = _meant(work, station, uid)
    return None if token is None else token.kind or None


def _meant(work: Work, station: Station, uid: str, kind: str | None = None) -> ShownToken | None:
    """Of the tokens with this number the one of this kind, else the one of no kind; where none is said, one that may charge."""
    known = _named(work, station, uid)
    if kind is None:
        return next((token for token in known if _status(work, token) == "accepted"), known[0] if known else None)
    of_this_kind = [token for token in known if token.kind == kind] or [token for token in known if not token.kind]
    return of_this_kind[0] if of_this_kind else None


def _named(work: Work, station: Station, uid: str) -> list[ShownToken]:
    found: list[ShownToken] = work.run(_by_uid, organization_id=station.organization_id, uid_key=uid_key(uid))
    # Put in order here: for the order SQLite would go through all cards of the organization, by the index of its keys.
    return sorted(found, key=attrgetter("id")) if len(found) > 1 else found


class Listed(NamedTuple):
    """A card as it goes into a station's list, under the number that it has there."""

    uid: str
    kind: str
    answer: Authorization


def for_local_list(work: Work, station: Station, *, room: float | None, longest: int) -> list[Listed]:
    """The cards that a station's list is made of: what may charge first, then what is blocked. Those that it has no words for, and
    those that have expired, are left out. Raises `Conflict` when there is no room for those that may charge."""
    mine = select(tokens).where(tokens.c.organization_id == station.organization_id, not_deleted(tokens))
    others = token_aliases.at_station(work, station.id)
    cards = [
        Listed(others.get(token.id, token.uid), token.kind, judged(work, token))
        for token in work.execute(mine.order_by(tokens.c.id))
    ]
    fits = [card for card in cards if len(card.uid) <= longest and card.answer.status != "expired"]
    listed = sorted(fits, key=lambda card: not card.answer.accepted)
    if room is not None and len(listed) > room:
        able = sum(card.answer.accepted for card in listed)
        if able > room:
            raise Conflict(
                "there are {cards} cards, and charger {charger} has room for {room}",
                cards=able,
                charger=station.identity,
                room=int(room),
            )
        listed = listed[: int(room)]
    return listed


def judged(work: Work, token: KnownToken) -> Authorization:
    """What the answer for this token is, now."""
    return Authorization(_status(work, token), token.group, token.expires_at, token.customer_id)


def _status(work: Work, token: KnownToken) -> str:
    over = token.expires_at is not None and token.expires_at <= work.now
    return "expired" if over and token.status == "accepted" else token.status


def uid_key(uid: str) -> str:
    """The form in which two spellings of one token are equal (1.6: CiString, case-insensitive)."""
    return uid.strip().upper()


def add_alias(
    work: Work, organization_id: int, uid: str, *, alias: str, station: str | None, kind: str | None = None
) -> None:
    """Another number of a card, at one charger or at all. Raises `Invalid`, `NotFound`, and `Conflict` when it is taken."""
    token = get(work, organization_id, uid, kind)
    at = None if station is None else get_station(work, organization_id, station).id
    if not 1 <= len(alias.strip()) <= 255:
        raise Invalid("alias", "must have 1 to 255 characters")
    if _find(work, organization_id, alias):
        raise Conflict("there is a card {card!r}", card=alias.strip())
    taken = token_aliases.token_of(work, organization_id, uid_key(alias), at)
    if taken is not None:
        raise Conflict("{card!r} is another number of a card already", card=alias.strip())
    token_aliases.add(work, organization_id, token.id, alias=alias.strip(), alias_key=uid_key(alias), station_id=at)
    _alias_changed(work, organization_id, token, "add_token_alias", alias.strip(), station)


def remove_alias(
    work: Work, organization_id: int, uid: str, *, alias: str, station: str | None, kind: str | None = None
) -> None:
    """Raises `NotFound`."""
    token = get(work, organization_id, uid, kind)
    at = None if station is None else get_station(work, organization_id, station).id
    if not token_aliases.remove(work, token.id, alias_key=uid_key(alias), station_id=at):
        raise NotFound("card {card} has no other number {alias!r} there", card=token.uid, alias=alias)
    _alias_changed(work, organization_id, token, "remove_token_alias", alias.strip(), station)


def _alias_changed(
    work: Work, organization_id: int, token: TokenRow, action: str, alias: str, station: str | None
) -> None:
    local_lists.cards_changed(work, organization_id)
    facts = {"alias": alias, "charger": station}
    audit.record(work, action, Subject("token", token.uid), after=facts, organization=organization_id)


def aliases_of(work: Work, organization_id: int, uid: str, kind: str | None = None) -> list[token_aliases.AliasRow]:
    """The other numbers of a card. Raises `NotFound`."""
    return token_aliases.of_token(work, get(work, organization_id, uid, kind).id)


def labels(work: Work, organization_id: int, uid_keys: Sequence[str]) -> dict[str, str | None]:
    """Whose each of these cards is, by `uid_key`."""
    mine = select(tokens.c.uid_key, tokens.c.label).where(
        tokens.c.organization_id == organization_id, not_deleted(tokens)
    )
    return {row.uid_key: row.label for row in rows_among(work, mine, tokens.c.uid_key, uid_keys)}


def add(
    work: Work,
    organization_id: int,
    *,
    uid: str,
    kind: str | None = None,
    label: str | None = None,
    group: str | None = None,
    status: str = "accepted",
    expires_at: datetime | None = None,
    customer: str | None = None,
    budget: Budget | None = None,
) -> OwnedToken:
    """A new token, perhaps of a customer, perhaps with so much energy and no more. Raises `Invalid` and `Conflict`."""
    if not 1 <= len(uid.strip()) <= 255:  # 2.1 idToken: 255; 1.6 stations send at most 20
        raise Invalid("uid", "must have 1 to 255 characters")
    _check_status(status)
    if any(token.kind == (kind or "") for token in _find(work, organization_id, uid)):
        raise Conflict("there is a card {card!r} already", card=uid.strip())
    values = {
        "organization_id": organization_id,
        "uid": uid.strip(),
        "uid_key": uid_key(uid),
        "kind": kind or "",
        "label": label,
        "group": group,
        "status": status,
        "expires_at": expires_at,
        "customer_id": customers.named(work, organization_id, customer),
    } | _budget(budget)
    work.execute(insert(tokens).values(**values, **versions.first(work)))
    row = get(work, organization_id, uid, kind or "")
    local_lists.cards_changed(work, organization_id)
    audit.record(work, "add_token", Subject("token", row.uid), after=_facts(row), organization=organization_id)
    return row


def get(work: Work, organization_id: int, uid: str, kind: str | None = None, *, lock: bool = False) -> OwnedToken:
    """The token's row; without a kind the one that has none, or the only one. Raises `NotFound`, `Conflict`."""
    return _one_of(_find(work, organization_id, uid, lock=lock), uid, kind)


def _one_of(known: list[OwnedToken], uid: str, kind: str | None) -> OwnedToken:
    named = [token for token in known if token.kind == (kind or "")] or (known if kind is None else [])
    if not named:
        raise NotFound("there is no card {card!r}", card=uid)
    if len(named) > 1:
        raise Conflict(
            "there are several cards {card!r}: name the kind, {known}",
            card=uid,
            known=" or ".join(token.kind for token in named),
        )
    return named[0]


def own(work: Work, organization_id: int, customer_key: int, uid: str, kind: str | None = None) -> OwnedToken:
    """A token of this customer; cards of others with the same number are not there. Raises `NotFound`, `Conflict`."""
    return _one_of(
        [token for token in _find(work, organization_id, uid) if token.customer_id == customer_key], uid, kind
    )


def is_shared(work: Work, organization_id: int, customer_key: int, uid: str) -> bool:
    """Whether a card of somebody else has this number too, so that a charger could take it for that."""
    return any(token.customer_id != customer_key for token in _find(work, organization_id, uid))


def change(
    work: Work,
    organization_id: int,
    uid: str,
    changes: dict[str, Any],
    kind: str | None = None,
    *,
    expected: versions.Expected = None,
) -> OwnedToken:
    """Set only the `FACTS` given, whose it is, and its `budget`. Raises `NotFound`, `Outdated`, `Invalid`."""
    token = get(work, organization_id, uid, kind, lock=True)
    versions.check(token, expected)
    values = {name: changes[name] for name in FACTS if name in changes}
    if "customer" in changes:
        values["customer_id"] = customers.named(work, organization_id, changes["customer"])
    if "budget" in changes:
        values |= _budget(changes["budget"])
    if "status" in values:
        _check_status(values["status"])
    versions.change(work, tokens, token, values)
    changed = get(work, organization_id, uid, token.kind)
    if msgspec.structs.replace(judged(work, changed), customer_id=token.customer_id) != judged(work, token):
        local_lists.cards_changed(work, organization_id)
    audit.record(
        work,
        "change_token",
        Subject("token", token.uid),
        before=_facts(token),
        after=_facts(changed),
        organization=organization_id,
    )
    return changed


def remove(
    work: Work, organization_id: int, uid: str, kind: str | None = None, *, expected: versions.Expected = None
) -> None:
    """Soft: sessions keep the uid they were started with. Raises `NotFound`, `Outdated`."""
    token = get(work, organization_id, uid, kind, lock=True)
    versions.check(token, expected)
    versions.delete(work, tokens, token)
    token_aliases.forget(work, token.id)
    local_lists.cards_changed(work, organization_id)
    audit.record(work, "remove_token", Subject("token", token.uid), before=_facts(token), organization=organization_id)


def restore(work: Work, organization_id: int, uid: str, kind: str | None = None) -> OwnedToken:
    """Bring back the one that was removed last. Raises `NotFound`, and `Conflict` when there is another in its place."""
    gone = _of_uid(organization_id, uid)
    if kind is not None:
        gone = gone.where(tokens.c.kind == kind)
    token: OwnedToken = versions.newest_deleted(work, tokens, gone, f"card {uid!r}")
    if any(other.kind == token.kind for other in _find(work, organization_id, uid)):
        raise Conflict("there is a card {card!r} already", card=token.uid)
    versions.change(work, tokens, token, {"deleted_at": None})
    restored = get(work, organization_id, uid, token.kind)
    local_lists.cards_changed(work, organization_id)
    subject = Subject("token", token.uid)
    audit.record(work, "restore_token", subject, after=_facts(restored), organization=organization_id)
    return restored


def list_tokens(
    work: Work,
    organization_id: int,
    wanted: Wanted,
    *,
    status: Status | None = None,
    kind: str | None = None,
    group: str | None = None,
    customer: str | None = None,
    customer_key: int | None = None,
    expired: bool | None = None,
    deleted: bool = False,
) -> Found[OwnedToken]:
    """The tokens that are so; deleted ones only when they are asked for, and then no others."""
    mine = select_tokens().where(tokens.c.organization_id == organization_id)
    mine = mine.where(tokens.c.deleted_at.is_not(None) if deleted else not_deleted(tokens))
    owner = customers.customers.c.public_id
    mine = only(mine, {tokens.c.status: status, owner: customer, tokens.c.customer_id: customer_key})
    mine = alike(mine, {tokens.c.kind: kind, tokens.c.group: group})
    if expired is not None:
        over = and_(tokens.c.expires_at.is_not(None), tokens.c.expires_at <= work.now)
        mine = mine.where(over if expired else not_(over))
    return listed(work, mine, wanted, key=tokens.c.id, sorts=SORTS, searched=SEARCHED)


def _facts(row: OwnedToken) -> dict[str, Any]:
    """What a person may change, for the audit log."""
    return {
        "kind": row.kind or None,
        "label": row.label,
        "group": row.group,
        "status": row.status,
        "expires_at": row.expires_at,
        "customer": row.customer,
    } | ({} if row.budget_wh is None else {"budget_wh": row.budget_wh, "budget_period": row.budget_period})


def select_tokens() -> Select[Any]:
    """Tokens with whose they are: rows of `OwnedToken`."""
    owners = customers.customers
    of_owner = owners.c.public_id.label("customer"), owners.c.name.label("customer_name")
    return select(tokens, *of_owner).outerjoin(owners, owners.c.id == tokens.c.customer_id)


def _of_uid(organization_id: int, uid: str) -> Select[Any]:
    return select_tokens().where(tokens.c.organization_id == organization_id, tokens.c.uid_key == uid_key(uid))


def _find(work: Work, organization_id: int, uid: str, *, lock: bool = False) -> list[OwnedToken]:
    mine = _of_uid(organization_id, uid).where(not_deleted(tokens)).order_by(tokens.c.id)
    return list(work.execute(mine.with_for_update(of=tokens, key_share=True) if lock else mine))


def _budget(given: Budget | None) -> dict[str, Any]:
    """As it is kept. Raises `Invalid`."""
    budget = energy_budgets.checked(given)
    return {
        "budget_wh": None if budget is None else budget.wh,
        "budget_period": None if budget is None else budget.period,
    }


def _check_status(status: str) -> None:
    if status not in STATUSES:
        raise Invalid("status", "must be one of {known}", known=", ".join(STATUSES))
