"""Exports: sessions as a file, and all of an organization in one."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, cast

from litestar import Router, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import Stream
from sqlalchemy.sql.sqltypes import Boolean, Integer

from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.exports.streams import Pipe
from stationmaster.api.resources.sessions import FILTERED, GivenWhich
from stationmaster.domain import audit, moments, organization_export, organizations, xlsx
from stationmaster.domain.audit import Subject
from stationmaster.domain.bills import amounts_of
from stationmaster.domain.file_formats import FORMATS, Column, Kind, Row, parquet_library
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.organization_export import Part
from stationmaster.domain.permissions import Permission
from stationmaster.domain.sessions import Which
from stationmaster.domain.sessions.exported import ExportedSession, exported, first_key
from stationmaster.storage import Work
from stationmaster.storage.columns import Exact, Json, UtcTime

ROWS_AT_ONCE = 2000  # of one question to the database

FormatName = Literal["csv", "xlsx", "json", "jsonl", "parquet"]
GivenFormat = Annotated[
    FormatName,
    QueryParameter(name="format", description="`jsonl` has an object in each line; `parquet` needs a library more"),
]
TableFormat = Annotated[Literal["csv", "jsonl"], QueryParameter(name="format", description="Of the files in it")]
WithValues = Annotated[bool, QueryParameter(description="Meter values too, of which there may be many millions")]

SESSION_COLUMNS = (
    Column("id"),
    Column("station"),
    Column("site"),
    Column("evse", "whole"),
    Column("connector", "whole"),
    Column("customer"),
    Column("customer_name"),
    Column("token"),
    Column("authorization"),
    Column("transaction_id"),
    Column("status"),
    Column("started_at", "time"),
    Column("stopped_at", "time"),
    Column("time_zone"),
    Column("energy_kwh", "number", 6),
    Column("meter_start_kwh", "number", 6),
    Column("meter_stop_kwh", "number", 6),
    Column("billed", "number", 3),
    Column("currency"),
    Column("stop_reason"),
    Column("flags"),
    Column("review", "flag"),
    Column("excluded", "flag"),
)


@get(
    "/exports/sessions",
    permission=Permission.VIEW,
    dependencies=FILTERED,
    responses={
        200: ResponseSpec(bytes, generate_examples=False, description="The file", media_type="application/octet-stream")
    },
)
async def export_sessions(
    caller: GivenCaller, context: GivenContext, which: GivenWhich, form: GivenFormat = "csv"
) -> Stream:
    """Sessions as a file, newest first, as many as there are.

    Times are by the clock of the site (`time_zone`), with their offset; in Parquet they are moments. What goes on has no energy yet.
    `customer_name` is for who may look at customers. `billed` is what the bill that holds comes to, with tax, in `currency`.
    """
    if form == "parquet":
        parquet_library()
    names = Permission.VIEW_CUSTOMERS in caller.permissions
    return sessions_as_file(context, caller.organization, which, form=form, columns=SESSION_COLUMNS, names=names)


@get(
    "/exports/organization",
    permission=Permission.ADMINISTER,
    responses={200: ResponseSpec(bytes, generate_examples=False, description="The file", media_type="application/zip")},
)
async def export_organization(
    caller: GivenCaller, context: GivenContext, form: TableFormat = "jsonl", meter_values: WithValues = False
) -> Stream:
    """All that the organization has here, as a ZIP with a file for each kind of thing: nothing that is secret, removed things too.

    It is written as it is read, so what changes meanwhile is in one file and not yet in another. It is noted in the audit log.
    """
    context.exports.check()
    await context.database.write(_note_export, caller.organization)
    parts = [part for part in organization_export.parts() if meter_values or part.name != "meter_values"]

    def fill(pipe: Pipe) -> None:
        with zipfile.ZipFile(cast(Any, xlsx.Forward(pipe)), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for part in parts:
                with archive.open(f"{part.name}.{form}", "w", force_zip64=True) as file:
                    FORMATS[form].write(file, _columns_of(part), _rows_of(pipe, context, caller.organization, part))

    return _file(context, fill, "organization.zip", "application/zip")


router = Router("/", route_handlers=[export_sessions, export_organization], tags=["exports"])


def sessions_as_file(
    context: Context,
    organization_id: int,
    which: Which,
    *,
    form: FormatName,
    columns: Sequence[Column],
    names: bool = False,
) -> Stream:
    """These columns of these sessions; `names` of customers are shown, or left empty. Raises `TooManyExports`."""
    context.exports.check()

    def fill(pipe: Pipe) -> None:
        ask = context.database.read
        first = pipe.ask(lambda: ask(first_key, organization_id, which)).result()

        def some(after: int | None) -> Future[list[_Billed]]:
            return pipe.ask(lambda: ask(_billed, organization_id, which, after, first))

        pages = (_rows(page, columns, names) for page in _pages(some, lambda last: last.session.key))
        FORMATS[form].write(pipe, columns, pages)

    return _file(context, fill, f"sessions.{form}", FORMATS[form].media_type)


R = TypeVar("R")


def _pages(some: Callable[[int | None], Future[list[R]]], key: Callable[[R], int]) -> Iterator[list[R]]:
    """All rows, page by page; `some` reads those behind a key. The next page is read while the last one is written."""
    rows = some(None).result()
    while rows:
        more = some(key(rows[-1])) if len(rows) == ROWS_AT_ONCE else None
        yield rows
        rows = [] if more is None else more.result()


def _file(context: Context, fill: Callable[[Pipe], None], name: str, media_type: str) -> Stream:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Stream(context.exports.stream(fill), media_type=media_type, headers=headers)


class _Billed(NamedTuple):
    """A session, and what it was billed."""

    session: ExportedSession
    amount: Money | None


def _billed(work: Work, organization_id: int, which: Which, after: int | None, first: int) -> list[_Billed]:
    rows = exported(work, organization_id, which, after=after, limit=ROWS_AT_ONCE, first=first)
    amounts = amounts_of(work, [row.key for row in rows])
    return [_Billed(row, amounts.get(row.key)) for row in rows]


def _rows(page: Sequence[_Billed], wanted: Sequence[Column], names: bool) -> list[Row]:
    """What the file says of these sessions. Column by column: a call for each row would cost more than what it does."""
    rows, amounts = zip(*page, strict=True)
    columns: dict[str, Sequence[Any]] = dict(zip(ExportedSession._fields, zip(*rows, strict=True), strict=True))
    zones = [moments.zone_named(name) for name in columns["time_zone"]]
    columns |= {
        "customer_name": columns["customer_name"] if names else [None] * len(page),
        "started_at": _local(columns["started_at"], zones),
        "stopped_at": _local(columns["stopped_at"], zones),
        "time_zone": [name or "UTC" for name in columns["time_zone"]],
        "energy_kwh": _kwh(columns["energy_wh"]),
        "meter_start_kwh": _kwh(columns["meter_start_wh"]),
        "meter_stop_kwh": _kwh(columns["meter_stop_wh"]),
        "billed": [None if amount is None else amount.amount for amount in amounts],
        "currency": [None if amount is None else amount.currency for amount in amounts],
        "flags": [" ".join(flags) if flags else None for flags in columns["flags"]],
        "card": columns["token"],  # as drivers call it
    }
    return list(zip(*(columns[column.name] for column in wanted), strict=True))


def _local(times: Sequence[datetime | None], zones: Sequence[tzinfo]) -> list[datetime | None]:
    return [None if at is None else at.astimezone(zone) for at, zone in zip(times, zones, strict=True)]


def _kwh(energies_wh: Sequence[Decimal | None]) -> list[Decimal | None]:
    return [None if wh is None else wh.scaleb(-3) for wh in energies_wh]


def _note_export(work: Work, organization_id: int) -> None:
    name = organizations.get(work, organization_id).name
    audit.record(work, "export_organization", Subject("organization", name))


_KINDS: tuple[tuple[type, Kind], ...] = (
    (UtcTime, "time"),
    (Exact, "number"),
    (Json, "json"),
    (Boolean, "flag"),
    (Integer, "whole"),
)


def _columns_of(part: Part) -> list[Column]:
    return [
        Column(name, next((kind for type_, kind in _KINDS if isinstance(column.type, type_)), "text"))
        for name, column in part.columns.items()
    ]


def _rows_of(pipe: Pipe, context: Context, organization_id: int, part: Part) -> Iterator[Sequence[Row]]:
    def some(after: int | None) -> Future[list[Any]]:
        ask = context.database.read
        return pipe.ask(lambda: ask(organization_export.page, organization_id, part, after=after, limit=ROWS_AT_ONCE))

    return ([row[1:] for row in page] for page in _pages(some, lambda last: int(last[0])))
