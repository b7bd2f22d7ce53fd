"""What providers tell: by an answer, a webhook, or when they are asked. It may come late, twice and in any order; what follows from it happens once."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import msgspec
from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy import text as sql

from stationmaster.domain.payments import methods, refunds, states
from stationmaster.domain.payments.asking import Act, PaymentAsked, changed, not_raised, raised
from stationmaster.domain.payments.states import Misfit, Word
from stationmaster.domain.payments.tables import PaymentRow, payment_charges, payment_events, payments
from stationmaster.payment_words import Told, Webhook
from stationmaster.storage import Work
from stationmaster.storage.columns import UtcTime

_new_event = sql(
    "INSERT INTO payment_events (organization_id, provider, event, kind, what_came, at, heard_at)"
    " VALUES (:organization_id, :provider, :event, :kind, :what_came, :at, :heard_at) ON CONFLICT (provider, event) DO NOTHING"
).bindparams(bindparam("at", type_=UtcTime), bindparam("heard_at", type_=UtcTime))


class Source(NamedTuple):
    """Who tells: the name of the account, and whose it is."""

    provider: str
    organization_id: int


def hear(work: Work, source: Source, heard: Webhook) -> str:
    """A webhook: it counts once, however often it comes. Returns what came of it, in a word."""
    values = {
        "organization_id": source.organization_id,
        "provider": source.provider,
        "event": heard.id,
        "kind": heard.kind,
        "what_came": "heard",
        "at": heard.at,
        "heard_at": work.now,
    }
    if not work.execute(_new_event, values).rowcount:
        return "known"
    what, payment_id = "nothing", None
    if heard.payment is not None:
        what, payment_id = tell(work, source, heard.payment)
    elif heard.refund is not None:
        what, payment_id = refunds.tell(work, source.organization_id, heard.refund)
    mine = (payment_events.c.provider == source.provider, payment_events.c.event == heard.id)
    work.execute(update(payment_events).where(*mine).values(what_came=what, payment_id=payment_id))
    return what


def tell(work: Work, source: Source, told: Told) -> tuple[str, int | None]:
    """What is so of a payment by its provider's word: what came of that, and the key of the payment."""
    row = _meant(work, source, told)
    if row is None:
        return "unknown", None
    values = _facts(row, told)
    if told.state == "paid" and _is_other_charge(work, row, told):
        _note_charge(work, row, told, kind="second")
        changed(work, row, None)
        return "second", row.id
    try:
        move = states.move(row.state, told.state)
    except Misfit:
        _ask(work, row, "find")
        return "misfit", row.id
    if move is None:
        if values:
            work.execute(update(payments).where(payments.c.id == row.id).values(values))
        return ("raised" if raised(work, row, told) else "known"), row.id
    if told.state == "paid":
        kept = move.effect == "take"
        if row.purpose != "card" and not _note_charge(work, row, told, kind="kept" if kept else "late"):
            return "known", row.id
        if kept:
            values["captured"] = told.captured
            values["charge"] = told.charge or told.reference
            if row.save and told.method is not None:
                methods.keep(work, row, told.method)
    changed(work, row, move, **values)
    return move.effect, row.id


def refuse(work: Work, asked: PaymentAsked, *, sentence: str, code: str | None) -> None:
    """The provider has refused what we asked of it, and would again."""
    if asked.act == "refund" and asked.refund is not None:
        refunds.fail(work, asked.refund, sentence)  # which locks the refund before its payment
        return
    found = select(payments).where(payments.c.public_id == asked.payment).with_for_update()
    row: PaymentRow = work.execute(found).one()
    if asked.act == "raise":
        if row.raise_to is not None:
            not_raised(work, row, sentence)
        return
    if asked.act == "release":
        _ask(work, row, "find")  # what cannot be let go is paid, perhaps, and no webhook has told
    word: Word = "capture_refused" if asked.act == "capture" else "begin_refused"
    try:
        move = states.move(row.state, word)
    except Misfit:
        return
    if move is not None:
        changed(work, row, move, code=code, reason=sentence)


def _ask(work: Work, row: PaymentRow, act: Act) -> None:
    work.publish(PaymentAsked(organization_id=row.organization_id, payment=row.public_id, act=act))


def _meant(work: Work, source: Source, told: Told) -> PaymentRow | None:
    """Which payment it is about: by our id of it, else by theirs, or the charge's. Another account's is none."""
    mine = (payments.c.provider == source.provider, payments.c.organization_id == source.organization_id)
    of_charge = (payment_charges.c.provider == source.provider, payment_charges.c.reference == told.charge)
    theirs = or_(
        payments.c.reference == told.reference,
        payments.c.id.in_(select(payment_charges.c.payment_id).where(*of_charge)),
    )
    by = payments.c.public_id == told.payment if told.payment else theirs
    found = work.execute(select(payments).where(*mine, by).order_by(payments.c.id.desc()).limit(1).with_for_update())
    return cast("PaymentRow | None", found.one_or_none())


def _facts(row: PaymentRow, told: Told) -> dict[str, Any]:
    """What is newer than what is known."""
    known = None if row.told is None else msgspec.convert(row.told, Told)
    if known is not None and known.at > told.at:
        return {}
    values: dict[str, Any] = {"reference": told.reference, "told": msgspec.to_builtins(told)}
    if told.hold_until is not None:
        values["hold_until"] = told.hold_until
    if told.reason is not None:
        values |= {"reason": told.reason, "code": told.code}
    return values


def _is_other_charge(work: Work, row: PaymentRow, told: Told) -> bool:
    """Money for what is paid already: a second attempt that has succeeded as well (M-19)."""
    return row.state in ("paid", "reversed") and (told.charge or told.reference) != row.charge


def _note_charge(work: Work, row: PaymentRow, told: Told, *, kind: str) -> bool:
    """Money that has come. False when it is known; what nobody wants goes back."""
    reference = told.charge or told.reference
    values = {
        "organization_id": row.organization_id,
        "payment_id": row.id,
        "provider": row.provider,
        "reference": reference,
        "kind": kind,
        "amount": told.captured,
        "at": told.at,
    }
    known = (payment_charges.c.provider == row.provider, payment_charges.c.reference == reference)
    if work.execute(select(payment_charges.c.id).where(*known)).first() is not None:
        return False
    work.execute(insert(payment_charges).values(values))
    if kind != "kept":
        refunds.give_back(work, row, charge=reference, amount=told.captured, why="late" if kind == "late" else "second")
    return True
