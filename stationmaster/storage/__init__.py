"""Where everything is kept: one way to write, the same on SQLite and PostgreSQL. Imports nothing of ours."""

from stationmaster.storage.database import Database, StorageUnavailable, Work
from stationmaster.storage.engines import Unusable

__all__ = ["Database", "StorageUnavailable", "Unusable", "Work"]
