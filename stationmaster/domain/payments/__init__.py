"""Payments: what is asked of providers, what they tell, and what follows from it. docs/payments.md says how it goes together."""

from stationmaster.domain.payments import claims, hearing, reconciling, refunds
from stationmaster.domain.payments.accounts import organization_of
from stationmaster.domain.payments.asking import (
    ComparisonAsked,
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
    open_of_claim,
    raise_hold,
    release,
    to_look_after,
    where_to_pay,
)
from stationmaster.domain.payments.chasing import ask_to_pay, chase
from stationmaster.domain.payments.claims import Schedule
from stationmaster.domain.payments.hearing import Source
from stationmaster.domain.payments.listing import Names, list_payments, names_of
from stationmaster.domain.payments.manual import enter
from stationmaster.domain.payments.methods import payment_methods
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

__all__ = [
    "ClaimRow",
    "ComparisonAsked",
    "Job",
    "Names",
    "NewPayment",
    "PaymentAsked",
    "PaymentChanged",
    "PaymentRow",
    "RefundRow",
    "Schedule",
    "Source",
    "ask",
    "ask_to_pay",
    "capture",
    "chase",
    "claims",
    "enter",
    "get",
    "hearing",
    "job",
    "list_payments",
    "look",
    "look_after",
    "names_of",
    "open_of_claim",
    "organization_of",
    "payment_charges",
    "payment_checks",
    "payment_claims",
    "payment_events",
    "payment_methods",
    "payment_refunds",
    "payments",
    "raise_hold",
    "reconciling",
    "refunds",
    "release",
    "to_look_after",
    "where_to_pay",
]
