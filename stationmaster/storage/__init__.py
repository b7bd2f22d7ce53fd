"""Where everything is kept: one way to write, the same on SQLite and PostgreSQL. Imports nothing of ours."""

from stationmaster.storage.database import Database, StorageUnavailable, Work

__all__ = ["Database", "StorageUnavailable", "Work"]
