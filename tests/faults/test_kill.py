"""FI-01 in short: `make crash` is the long form."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tools import crash


@pytest.mark.slow
@pytest.mark.timeout(480)
def test_FI_01_nothing_answered_is_lost_by_five_kills(database_url: str, tmp_path: Path) -> None:
    """I1, I2: every answered message is stored once, every session has the journal's energy; each is billed and booked once."""
    report = asyncio.run(crash.run(database_url, tmp_path, kills=5, count=15, seed=5, forked=True, up_s=(0.5, 2.0)))
    assert report.kills == 5
    assert report.answered > 200 and report.sessions > 15  # there was something to lose
    assert report.lost == []
    assert report.billed.amount > 5
