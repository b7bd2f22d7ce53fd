"""Firmware that can be given to chargers, the updates of each charger, and the logs that chargers have brought."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.params import FromPath, QueryParameter

from stationmaster.api.auth import Permission
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources import files
from stationmaster.api.shapes import Cursor, Limit, Page, paged
from stationmaster.domain import firmware, logs, stations
from stationmaster.domain.errors import NotFound
from stationmaster.domain.firmware import Firmware, State, Update
from stationmaster.domain.logs import LogRow
from stationmaster.storage import Work


class FirmwareFile(msgspec.Struct, frozen=True):
    """A firmware that can be given to chargers. `version` is what a charger says when it runs it."""

    id: str
    name: str
    version: str
    vendor: str | None
    model: str | None
    size: int
    sha256: str
    signed: bool
    uploaded_by: str
    uploaded_at: datetime


class FirmwareUpdate(msgspec.Struct, frozen=True):
    """The update of a charger: how far it is, in our words, in the charger's own word (`status`), and in a sentence."""

    id: str
    state: State
    status: str | None
    sentence: str
    from_version: str | None
    to_version: str
    booted_version: str | None
    asked_at: datetime
    changed_at: datetime
    fetched_at: datetime | None
    finished_at: datetime | None


class StationLog(msgspec.Struct, frozen=True):
    """A log of a charger: how far it is, and its file when it is here."""

    id: str
    kind: logs.Kind
    state: logs.State
    status: str | None
    sentence: str
    name: str | None
    size: int | None
    sha256: str | None
    file: str | None
    asked_at: datetime
    changed_at: datetime
    finished_at: datetime | None


def _text(longest: int, description: str) -> Any:
    return QueryParameter(min_length=1, max_length=longest, description=description)


Name = Annotated[str, _text(200, "Of the file; chargers see it at the end of the address")]
Version = Annotated[str, _text(50, "As the charger says it when it boots with this firmware")]
Vendor = Annotated[str | None, _text(50, "For the chargers of this vendor only")]
Model = Annotated[str | None, _text(50, "For this model only")]
Signature = Annotated[str | None, _text(800, "The maker's signature of the file, base64")]
Certificate = Annotated[str | None, _text(5500, "The maker's certificate that the signature is checked with, PEM")]


@post("/firmware", permission=Permission.DEPLOY_FIRMWARE, status_code=201, request_max_body_size=None)
async def add_firmware(
    request: Request[Any, Any, Any],
    caller: GivenCaller,
    context: GivenContext,
    name: Name,
    version: Version,
    vendor: Vendor = None,
    model: Model = None,
    signature: Signature = None,
    signing_certificate: Certificate = None,
) -> FirmwareFile:
    """Upload a firmware: the body is the file, as it is (`curl --data-binary @file`, or `-T file -X POST`)."""
    firmware.check_signature(signature, signing_certificate)
    kept = await files.take(
        request,
        context.folder,
        files.content(request, []),
        limit=context.settings.files.max_firmware_mb * files.MEGABYTE,
        within_s=context.settings.files.upload_timeout_s,
    )
    try:
        row = await context.database.write(
            firmware.add,
            caller.organization,
            name=name,
            version=version,
            vendor=vendor,
            model=model,
            signature=signature,
            signing_certificate=signing_certificate,
            kept_as=kept.name,
            size=kept.size,
            sha256=kept.sha256,
            md5=kept.md5,
            by=caller.actor.name,
        )
    except BaseException:
        await context.folder.drop(kept.name)
        raise
    return _firmware(row)


@get("/firmware", permission=Permission.VIEW)
async def list_firmware(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[FirmwareFile]:
    """What can be given to chargers, newest first."""
    rows = await context.database.read(firmware.listed, caller.organization, limit=limit, cursor=cursor)
    return paged(rows, limit, _firmware)


@delete("/firmware/{firmware_id:str}", permission=Permission.DEPLOY_FIRMWARE)
async def remove_firmware(firmware_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> None:
    """Remove a firmware. What chargers were updated with it stays known."""
    row = await context.database.write(firmware.remove, caller.organization, firmware_id)
    await context.folder.drop(row.kept_as)


@get("/stations/{station_id:str}/firmware-updates", permission=Permission.VIEW)
async def list_updates(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[FirmwareUpdate]:
    """The updates of a charger, newest first."""

    def read(work: Work) -> list[Update]:
        station = stations.get(work, caller.organization, station_id)
        return firmware.of_station(work, station.id, limit=limit, cursor=cursor)

    return paged(await context.database.read(read), limit, _update)


@get("/stations/{station_id:str}/logs", permission=Permission.VIEW)
async def list_logs(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[StationLog]:
    """The logs that a charger was asked for, newest first."""

    def read(work: Work) -> list[LogRow]:
        station = stations.get(work, caller.organization, station_id)
        return logs.of_station(work, station.id, limit=limit, cursor=cursor)

    return paged(await context.database.read(read), limit, lambda row: _log(row, station_id))


@get(
    "/stations/{station_id:str}/logs/{log_id:str}/file",
    permission=Permission.OPERATE,
    media_type="application/octet-stream",
)
async def log_file(
    request: Request[Any, Any, Any],
    station_id: FromPath[str],
    log_id: FromPath[str],
    caller: GivenCaller,
    context: GivenContext,
) -> Response[Any]:
    """The file of a log, as the charger has brought it. What is in it is the charger's business: passwords, perhaps."""

    def read(work: Work) -> LogRow:
        return logs.get(work, stations.get(work, caller.organization, station_id).id, log_id)

    row = await context.database.read(read)
    if row.kept_as is None or row.size is None or row.sha256 is None:
        raise NotFound("this log has no file here")
    return await files.serve(request, context.folder, row.kept_as, row.size, row.sha256, name=row.name or "log")


router = Router(
    "/",
    route_handlers=[add_firmware, list_firmware, remove_firmware, list_updates, list_logs, log_file],
    tags=["firmware and logs"],
)


def _firmware(row: Firmware) -> FirmwareFile:
    return FirmwareFile(
        id=row.public_id,
        name=row.name,
        version=row.version,
        vendor=row.vendor,
        model=row.model,
        size=row.size,
        sha256=row.sha256,
        signed=row.signature is not None,
        uploaded_by=row.uploaded_by,
        uploaded_at=row.created_at,
    )


def _update(row: Update) -> FirmwareUpdate:
    return FirmwareUpdate(
        id=row.public_id,
        state=row.state,
        status=row.status,
        sentence=row.sentence,
        from_version=row.from_version,
        to_version=row.to_version,
        booted_version=row.booted_version,
        asked_at=row.asked_at,
        changed_at=row.changed_at,
        fetched_at=row.fetched_at,
        finished_at=row.finished_at,
    )


def _log(row: LogRow, station: str) -> StationLog:
    return StationLog(
        id=row.public_id,
        kind=row.kind,
        state=row.state,
        status=row.status,
        sentence=row.sentence,
        name=row.name,
        size=row.size,
        sha256=row.sha256,
        file=None if row.kept_as is None else f"/api/v1/stations/{station}/logs/{row.public_id}/file",
        asked_at=row.asked_at,
        changed_at=row.changed_at,
        finished_at=row.finished_at,
    )
