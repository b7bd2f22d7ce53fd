"""Sends last month's sessions to whoever keeps the books elsewhere, by HTTPS or into an S3 bucket (O-12)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import structlog

from stationmaster import files as stores
from stationmaster.domain import looks, monthly_files, organizations
from stationmaster.domain.errors import DomainError
from stationmaster.domain.events import MailDue
from stationmaster.domain.invoices import issuers
from stationmaster.domain.monthly_files import FileRow, Month
from stationmaster.domain.timers import every
from stationmaster.files import bucket
from stationmaster.outside import Outside
from stationmaster.settings import Accounting, AccountingFile
from stationmaster.storage import Database, Work

log = structlog.get_logger()
ROWS_AT_ONCE = 1000
MOST_BYTES = 1024**3


@every(seconds=60, once=True, timeout_s=600.0)
async def send_monthly_files(
    database: Database, outside: Outside, folder: stores.Files, accounting: Accounting
) -> None:
    """Make what is due, and send what waits."""
    by_name = {receiver.name: receiver for receiver in accounting.files}
    for receiver in accounting.files:
        try:
            organization_id = await database.read(organizations.named, receiver.organization)
            month = await database.read(monthly_files.to_make, organization_id, receiver.name, hour=receiver.hour)
        except DomainError as error:
            log.warning("monthly_file.no_organization", receiver=receiver.name, why=str(error))
            continue
        if month is not None:
            await _make(database, folder, organization_id, receiver.name, month)
    for row in await database.read(monthly_files.to_send):
        await _send(database, outside, folder, by_name.get(row.receiver), row)


async def _make(database: Database, folder: stores.Files, organization_id: int, receiver: str, month: Month) -> None:
    sessions = 0

    async def pages() -> AsyncIterator[bytes]:
        nonlocal sessions
        yield monthly_files.head()
        after: int | None = None
        while True:
            lines, count, after = await database.read(
                monthly_files.rows, organization_id, month, after=after, limit=ROWS_AT_ONCE
            )
            sessions += count
            yield lines
            if after is None:
                return

    made = await folder.keep(pages(), limit=MOST_BYTES)
    kept = await database.write(monthly_files.keep, organization_id, receiver, month, made, sessions=sessions)
    if kept is None:
        await folder.drop(made.name)


async def _send(
    database: Database, outside: Outside, folder: stores.Files, receiver: AccountingFile | None, row: FileRow
) -> None:
    try:
        if receiver is None:
            raise ConnectionError("this receiver is no more in the settings")
        content = b"".join([chunk async for chunk in folder.chunks(row.kept_as, size=row.size)])
        await _carry(outside, receiver, row, content)
    except Exception as error:  # whatever it is, it is tried again, and told in the end
        why = f"{type(error).__name__}: {error}"
        log.warning("monthly_file.failed", receiver=row.receiver, month=row.month, attempt=row.attempts + 1, why=why)
        await database.write(_note_failure, row, why, None if receiver is None else receiver.tell)
    else:
        await database.write(monthly_files.arrived, row)


async def _carry(outside: Outside, receiver: AccountingFile, row: FileRow, content: bytes) -> None:
    name = f"sessions-{row.month}.csv"
    if receiver.url.startswith("s3://"):
        await bucket.put(
            receiver.url,
            name,
            content,
            endpoint=receiver.s3_endpoint,
            region=receiver.s3_region,
            access_key=receiver.s3_access_key,
            secret_key=receiver.s3_secret_key,
        )
        return
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Idempotency-Key": row.public_id,
        "Stationmaster-Sha256": row.sha256,
        "User-Agent": "Stationmaster",
    }
    if receiver.secret is not None:
        headers[receiver.secret_header] = receiver.secret
    answer = await outside.http.post(receiver.url, content, headers)
    if not answer.fine:
        raise ConnectionError(f"the receiver answered {answer.status}")


def _note_failure(work: Work, row: FileRow, why: str, tell: str | None) -> None:
    if monthly_files.failed(work, row, why) and tell is not None:
        name = looks.shown_name(work, row.organization_id)
        sentence = f"sessions of {row.month} to {row.receiver}: {why}"
        language = issuers.get(work, row.organization_id).language
        work.publish(
            MailDue(
                kind="file_failed",
                email=tell,
                organization=name,
                now=sentence,
                language=language,
                organization_id=row.organization_id,
            )
        )
