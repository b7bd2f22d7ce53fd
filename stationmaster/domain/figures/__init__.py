"""Figures that an operator trusts: sums of sessions that follow each change of a session, and questions about them."""

from stationmaster.domain.figures.exclusions import uptime_exclusions
from stationmaster.domain.figures.tables import (
    figures_due,
    port_days,
    session_figures,
    station_days,
    station_hours,
)

__all__ = ["figures_due", "port_days", "session_figures", "station_days", "station_hours", "uptime_exclusions"]
