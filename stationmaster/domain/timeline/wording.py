"""What every sentence of the time line needs: texts of somebody else's, cut, and numbers with their units."""

from __future__ import annotations

from typing import Any

from stationmaster.domain.secrets_by_kind import blanked


def cut(value: Any, most: int = 120) -> str:
    """A text of somebody else's, on one line."""
    text = " ".join(str(blanked(value)).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def watt_hours(value: Any) -> str:
    """5,000 Wh as 5.00 kWh."""
    return f"{float(value) / 1000:.2f} kWh"
