from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from stationmaster.storage import Database
from tests.payments.world import Counter, opened


@pytest.fixture
async def counter(database: Database) -> AsyncIterator[Counter]:
    async with opened(database) as counter:
        yield counter
