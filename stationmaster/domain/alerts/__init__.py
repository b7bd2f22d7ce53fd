"""Alerts: what somebody should know of now, and who is told how. docs/alerts.md says how it goes together."""

from stationmaster.domain.alerts import (
    book,
    channels,
    conditions,
    digests,
    kinds,
    pauses,
    rules,
    tables,
    telling,
    texts,
    translations,
    watching,
)

__all__ = [
    "book",
    "channels",
    "conditions",
    "digests",
    "kinds",
    "pauses",
    "rules",
    "tables",
    "telling",
    "texts",
    "translations",
    "watching",
]
