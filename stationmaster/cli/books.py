"""`stationmaster audit-ledger`: proof that the books are right."""

from __future__ import annotations

import asyncio
import sys

from stationmaster import telemetry
from stationmaster.domain.bills import auditing
from stationmaster.domain.ledger.auditing import Problem
from stationmaster.settings import load
from stationmaster.storage import Database, Work, opening

PATIENCE_S = 3600.0  # every entry is read


def audit_ledger() -> None:
    """Print what is wrong, line by line; ends with 1 where anything is."""
    telemetry.configure("warning")
    found = asyncio.run(_read())
    for problem in found:
        print(problem)
    if found:
        sys.exit(1)
    print("the books are right: every sum, balance, number and bill")


async def _read() -> list[Problem]:
    settings = load()
    database = Database(settings.database.url, lanes=1, readers=1, read_s=PATIENCE_S)
    await opening.until_usable(database, patience_s=0)
    try:
        return await database.read(_problems)
    finally:
        database.close()


def _problems(work: Work) -> list[Problem]:
    return list(auditing.problems(work))
