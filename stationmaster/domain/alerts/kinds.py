"""What an alert can be about, and the rules that a new organization begins with."""

from __future__ import annotations

from collections.abc import Container
from datetime import timedelta
from decimal import Decimal
from typing import Literal, NamedTuple, get_args

from stationmaster.domain.permissions import Permission

KindName = Literal[
    "offline",
    "unstable",
    "fault",
    "not_started",
    "standing_still",
    "refused_card",
    "no_heartbeat",
    "wallet_low",
    "payment_failed",
    "certificate_expiring",
    "suspicious",
    "late",
    "disk_full",
    "digest",
]
Severity = Literal["info", "warning", "critical"]
KINDS: tuple[KindName, ...] = get_args(KindName)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


class Kind(NamedTuple):
    """What a kind needs to be told, with what holds where nothing is said; None: it needs no such thing."""

    severity: Severity
    minutes: int | None = None
    amount: Decimal | None = None
    at_time: str | None = None
    of_chargers: bool = True  # so a rule of it may be about one site or charger
    at_home: bool = False  # it is about the installation, so only who runs that is told


OF_CUSTOMERS: tuple[KindName, ...] = ("wallet_low", "payment_failed")
"""They name people, whom not everybody may see."""


def hidden_from(permissions: Container[Permission]) -> tuple[KindName, ...]:
    """The kinds that name customers, for who may not see those."""
    return () if Permission.VIEW_CUSTOMERS in permissions else OF_CUSTOMERS


DAY_MINUTES = 24 * 60
ABOUT: dict[KindName, Kind] = {
    "offline": Kind("critical", minutes=5),
    "unstable": Kind("warning", minutes=10),
    "fault": Kind("critical", minutes=1),
    "not_started": Kind("warning", minutes=15),
    "standing_still": Kind("warning", minutes=30),
    "refused_card": Kind("warning"),
    "no_heartbeat": Kind("warning", minutes=20),
    "wallet_low": Kind("info", amount=Decimal(5), of_chargers=False),
    "payment_failed": Kind("warning", of_chargers=False),
    "certificate_expiring": Kind("warning", minutes=30 * DAY_MINUTES),
    "suspicious": Kind("critical"),
    "late": Kind("critical", minutes=5, of_chargers=False, at_home=True),
    "disk_full": Kind("critical", amount=Decimal(90), of_chargers=False, at_home=True),
    "digest": Kind("info", at_time="07:00"),
}

UNSTABLE_TIMES = 6  # so often in the minutes of its rule
WELL_AFTER = timedelta(minutes=15)  # without a break: then it is stable again (O-08)
TOGETHER = timedelta(seconds=60)  # chargers of a site that went within this went together: its router, or its mains
MANY = 3  # and so many of them are told of in one message
LONG_OFFLINE = timedelta(days=3)

NAMES: dict[KindName, str] = {
    "offline": "Charger offline",
    "unstable": "Connection unstable",
    "fault": "Charger faulty",
    "not_started": "Plugged in, not started",
    "standing_still": "Energy stands still",
    "refused_card": "Refused card is charging",
    "no_heartbeat": "No heartbeat",
    "wallet_low": "Wallet low",
    "payment_failed": "Payment failed",
    "certificate_expiring": "Certificate expires",
    "suspicious": "Suspicious connections",
    "late": "Messages to others are late",
    "disk_full": "Disk is full",
    "digest": "Daily digest",
}
"""What the first rule of each kind is called; people may call it anything."""
