"""What a process is to know before others are forked from it (forked.py)."""

from __future__ import annotations

import gc

from stationmaster.api import application
from stationmaster.cli import server as server

application.shared_routes()
gc.freeze()  # or the collector would write to every page, which is then no longer shared
