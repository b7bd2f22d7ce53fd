"""Guests: people who pay at the charger, without an account."""

from stationmaster.domain.guests.tables import guest_visits, pay_places

__all__ = ["guest_visits", "pay_places"]
