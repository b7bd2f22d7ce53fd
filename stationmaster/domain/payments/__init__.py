"""Payments: what is asked of providers, what they tell, and what follows from it. docs/payments.md says how it goes together."""

from stationmaster.domain.payments import claims, hearing, reconciling, refunds
from stationmaster.domain.payments.asking import (
    Job,
    NewPayment,
    PaymentAsked,
    PaymentChanged,
    ask,
    capture,
    get,
    job,
    look,
    look_after,
    release,
    to_look_after,
)
from stationmaster.domain.payments.hearing import Source
from stationmaster.domain.payments.listing import Names, list_payments, names_of
from stationmaster.domain.payments.manual import enter
from stationmaster.domain.payments.reconciling import payment_checks
from stationmaster.domain.payments.tables import (
    ClaimRow,
    PaymentRow,
    RefundRow,
    payment_charges,
    payment_claims,
    payment_events,
    payment_refunds,
    payments,
)
from stationmaster.domain.payments.told import Heard, Refunded, Told

__all__ = [
    "ClaimRow",
    "Heard",
    "Job",
    "Names",
    "NewPayment",
    "PaymentAsked",
    "PaymentChanged",
    "PaymentRow",
    "RefundRow",
    "Refunded",
    "Source",
    "Told",
    "ask",
    "capture",
    "claims",
    "enter",
    "get",
    "hearing",
    "job",
    "list_payments",
    "look",
    "look_after",
    "names_of",
    "payment_charges",
    "payment_checks",
    "payment_claims",
    "payment_events",
    "payment_refunds",
    "payments",
    "reconciling",
    "refunds",
    "release",
    "to_look_after",
]
