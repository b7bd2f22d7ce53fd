"""What a charger says otherwise than it should, counted as it comes and written down now and then."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import structlog

from stationmaster.domain import deviations
from stationmaster.domain.deviations import Seen
from stationmaster.domain.stations import Station
from stationmaster.storage import Database

log = structlog.get_logger()

WRITE_S = 60.0
"""A rule that was met before is written once in this time, together with all others of its charger."""
MAX_EXAMPLE = 120


class Deviations:
    """One charger's, over its connections. A rule that is met for the first time is written at once, so that its page has it."""

    __slots__ = ("_known", "_pending", "_written_at")

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._pending: dict[str, Seen] = {}
        self._written_at = 0.0  # monotonic

    def met(
        self, database: Database, station: Station, action: str, remarks: Iterable[str], *, refused: bool = False
    ) -> None:
        """These remarks were made on one message, or it was refused with them."""
        new = False
        for remark in remarks:
            at, _, said = remark.rpartition(": ")
            rule = deviations.rule_of(said)
            if rule is None:
                continue
            before = self._pending.get(rule, Seen(rule, 0, 0, ""))
            example = f"{action or 'a frame'} {at}".strip()[:MAX_EXAMPLE]
            self._pending[rule] = Seen(rule, before.repaired + (not refused), before.refused + refused, example)
            new = new or rule not in self._known
            self._known.add(rule)
        if new or time.monotonic() - self._written_at > WRITE_S:
            self.write(database, station)

    def write(self, database: Database, station: Station) -> None:
        """Add what was counted since the last time to what the database has."""
        if self._pending:
            seen, self._pending = list(self._pending.values()), {}
            self._written_at = time.monotonic()
            database.submit(deviations.add, (station.id, seen), _written, lane=station.id)


def _written(_: Any, error: BaseException | None) -> None:
    if error is not None:
        log.warning("deviations.not_stored", why=str(error))
