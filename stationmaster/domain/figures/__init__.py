"""Figures that an operator trusts: sums of sessions that follow each change of a session, and questions about them."""

from stationmaster.domain.figures.tables import figures_due, session_figures, station_days, station_hours

__all__ = ["figures_due", "session_figures", "station_days", "station_hours"]
