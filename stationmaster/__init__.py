"""Stationmaster: a charging station management system."""
