"""What can go wrong in the domain. `api` turns these into HTTP, the gateway into OCPP codes; nobody between touches them."""

from __future__ import annotations

from stationmaster.reason_words import Reason, Reasoned, reason_of


class DomainError(Reasoned):
    """Something a person can be told about, in a sentence."""

    to_driver = Reason("the charger cannot be reached, or cannot do this now")
    """What of it is said to who only charges there: the sentence itself may name the charger as the operator does."""


class NotFound(DomainError):
    """There is no such thing, or not for this caller."""


class Conflict(DomainError):
    """It exists already, or its state does not allow this now."""


class Unreachable(DomainError):
    """Part of the system cannot be reached at this moment; trying again may help."""

    to_driver = Reason("the charger cannot be reached at this moment")


class Invalid(DomainError):
    """A value that cannot be accepted; `field` names it, and `reason` goes on from there."""

    def __init__(self, field: str, reason: str, /, **values: object) -> None:
        self.field = field
        self.reason = reason_of(reason, values)
        Exception.__init__(self, f"{field}: {self.reason}")
