"""Where everything is kept: one way to write, the same on SQLite and PostgreSQL. Imports nothing of ours."""

from stationmaster.storage.database import Database, StorageUnavailable
from stationmaster.storage.engines import Unusable
from stationmaster.storage.work import Work

__all__ = ["Database", "StorageUnavailable", "Unusable", "Work"]
