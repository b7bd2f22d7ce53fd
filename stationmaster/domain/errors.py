"""What can go wrong in the domain. `api` turns these into HTTP, the gateway into OCPP codes; nobody between touches them."""

from __future__ import annotations


class DomainError(Exception):
    """Something a person can be told about, in a sentence."""

    to_driver = "the charger cannot be reached, or cannot do this now"
    """What of it is said to who only charges there: the sentence itself may name the charger as the operator does."""


class NotFound(DomainError):
    """There is no such thing, or not for this caller."""


class Conflict(DomainError):
    """It exists already, or its state does not allow this now."""


class Unreachable(DomainError):
    """Part of the system cannot be reached at this moment; trying again may help."""

    to_driver = "the charger cannot be reached at this moment"


class Invalid(DomainError):
    """A value that cannot be accepted; `field` names it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
