"""Reports of a month or a week: a site, the uptime of ports, revenue and tax, what is a host's. One table each for files, and a sheet for the printer."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple, get_args

import msgspec

from stationmaster.domain import file_formats, months, revenue, site_hosts, sites, uptime
from stationmaster.domain.errors import Invalid
from stationmaster.domain.figures import asking, availability, report_words
from stationmaster.domain.figures.asking import Period, Sums, Which
from stationmaster.domain.file_formats import FORMATS
from stationmaster.domain.invoices import issuers, printed
from stationmaster.domain.invoices.issuers import Issuer
from stationmaster.domain.invoices.languages import words_of
from stationmaster.domain.invoices.printed import Fact
from stationmaster.domain.invoices.words import Words
from stationmaster.domain.money.amounts import Money, total, zero
from stationmaster.domain.rounding import percent
from stationmaster.domain.uptime import Worked
from stationmaster.storage import Work

Kind = Literal["site", "uptime", "revenue", "host"]
KINDS: tuple[Kind, ...] = get_args(Kind)
OF_ONE_SITE: tuple[Kind, ...] = ("site", "host")
"""They are about one site; uptime may be, and revenue is about all."""

MEDIA_TYPES = {"pdf": "application/pdf"} | {name: FORMATS[name].media_type for name in ("xlsx", "csv")}
"""Of the formats in which there are files of a report."""
Cell = str | int | Decimal | None


class Column(NamedTuple):
    """`key` is what it is called in files, and in `report_words`; None for decimals: it is no number."""

    key: str
    decimals: int | None = None


class Report(NamedTuple):
    """A report, before it is written down. The last row is the sum, where there is one (`summed`)."""

    kind: Kind
    period: months.Period
    issuer: Issuer
    facts: list[tuple[str, Cell]]  # by the key of a word; a Decimal is written as a number
    columns: list[Column]
    rows: list[list[Cell]]
    summed: bool
    note: str


class ReportSheet(msgspec.Struct, frozen=True, kw_only=True):
    """What is on the paper. `left_out`: how many rows only the files have."""

    language: str
    paper: str
    title: str
    period: str
    seller: list[str]
    facts: list[Fact]
    head: list[str]
    right: list[bool]  # which columns are numbers
    rows: list[list[str]]
    left_out: int
    summed: bool
    notes: list[str]
    footer: list[list[str]]
    page: str
    colour: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which report. `period` is a month or a week by its name, `site` the site's id."""

    kind: Kind
    period: str
    site: str | None = None


def make(work: Work, organization_id: int, asked: Asked, *, co2: Decimal) -> Report:
    """A report. `co2` is what a kWh saves, in kg. Raises `NotFound`, and `Invalid` for what is no period, or lacks its site."""
    check_site(asked.kind, asked.site)
    period = months.period_named(asked.period)
    if asked.kind == "revenue":
        return _of_revenue(work, organization_id, period)
    if asked.kind == "uptime":
        return _of_uptime(work, organization_id, period, site=asked.site)
    assert asked.site is not None
    if asked.kind == "host":
        return _of_host(work, organization_id, asked.site, period)
    return _of_site(work, organization_id, asked.site, period, co2=co2)


def check_site(kind: Kind, site: str | None) -> None:
    """Raises `Invalid` where a report needs a site and has none, or is about all."""
    if kind in OF_ONE_SITE and site is None:
        raise Invalid("site", "name the site that this report is about")
    if kind == "revenue" and site is not None:
        raise Invalid("site", "this report is about all sites")


def name_of(report: Report, form: str) -> str:
    """What its file is called."""
    return f"{report.kind}-{report.period}.{form}"


def table_of(report: Report, form: str) -> bytes:
    """Its table as a file of a format. A sum in it would be counted twice, so it has none."""
    columns = [_file_column(each) for each in report.columns]
    rows = report.rows[:-1] if report.summed else report.rows
    out = io.BytesIO()
    FORMATS[form].write(out, columns, [rows])
    return out.getvalue()


def _of_site(work: Work, organization_id: int, site: str, period: months.Period, *, co2: Decimal) -> Report:
    """Day by day."""
    there = sites.get(work, organization_id, site)
    of = _days_of(period)
    found = asking.ask(work, organization_id, "day", of, Which(site_id=there.id))
    worked = availability.total(work, organization_id, of, Which(site_id=there.id))
    sums = found.total.sums
    currencies = [each.gross.currency for each in sums.revenue]
    facts: list[tuple[str, Cell]] = [
        ("place", there.name),
        ("sessions", sums.sessions),
        ("energy", _kwh(sums.energy_wh)),
        ("plugged", _hours(sums.plugged_s)),
        ("charging", _hours(sums.charging_s)),
        ("utilisation", found.total.utilisation_percent),
        ("success", percent(sums.good, sums.sessions)),
        ("uptime_percent", worked.uptime_percent),
        ("co2", (sums.energy_wh / 1000 * co2).quantize(Decimal("0.1"))),
    ]
    columns = [Column("day"), Column("sessions", 0), Column("energy", 3), Column("plugged", 2), Column("charging", 2)]
    columns += [Column(f"gross {currency}", 2) for currency in currencies]
    rows = [[row.key, *_of_day(row.sums, currencies)] for row in found.rows]
    rows.append([None, *_of_day(sums, currencies)])
    issuer = issuers.get(work, organization_id)
    return Report("site", period, issuer, facts, columns, rows, summed=True, note="note_days")


def _of_uptime(work: Work, organization_id: int, period: months.Period, *, site: str | None) -> Report:
    """Port by port. A week may have days of two months, which are told one by one."""
    among = asking.which(work, organization_id, site=site, station=None)
    ports: dict[tuple[str | None, str, int], list[Worked]] = defaultdict(list)
    for each in availability.of_ports(work, organization_id, _days_of(period), among):
        ports[each.site_name, each.station, each.evse].append(each.worked)
    worked = {port: uptime.together(parts) for port, parts in ports.items()}
    columns = [Column("place"), Column("charger"), Column("port")]
    columns += [Column(name, 2) for name in ("known", "down", "offline", "excluded", "uptime_percent")]
    rows: list[list[Cell]] = [
        [place, station, str(evse), *_of_port(of)] for (place, station, evse), of in worked.items()
    ]
    rows.append([None, None, None, *_of_port(uptime.together(worked.values()))])
    issuer = issuers.get(work, organization_id)
    return Report("uptime", period, issuer, [], columns, rows, summed=True, note="note_uptime")


def _of_revenue(work: Work, organization_id: int, period: months.Period) -> Report:
    """Site by site and currency by currency, as it stands in the ledger."""
    found = revenue.booked_between(work, organization_id, *period.days)
    names = dict(asking.site_names(work, organization_id))
    columns = [Column("place"), Column("currency"), Column("sessions", 0)]
    columns += [Column(name, 2) for name in ("net", "tax", "round_off", "total", "share", "margin")]
    rows: list[list[Cell]] = []
    for each in found:
        amounts = (each.net, each.tax, each.round_off, each.total, each.host_share, each.margin)
        rows.append([names.get(each.site or "", each.site), each.currency, each.sessions, *_amounts(amounts)])
    issuer = issuers.get(work, organization_id)
    return Report("revenue", period, issuer, [], columns, rows, summed=False, note="note_revenue")


def _of_host(work: Work, organization_id: int, site: str, period: months.Period) -> Report:
    """What is the host's of a site, bill by bill."""
    there = sites.get(work, organization_id, site)
    host = site_hosts.of_site(work, organization_id, site)
    lines = revenue.shares_of(work, organization_id, site, *period.days)
    columns = [Column("day"), Column("session"), Column("currency"), Column("net", 2), Column("share", 2)]
    rows: list[list[Cell]] = [
        [line.booked_on, line.session, line.share.currency, line.net.amount, line.share.amount] for line in lines
    ]
    facts: list[tuple[str, Cell]] = [("place", there.name), ("host_name", None if host is None else host.name)]
    for currency in sorted({line.share.currency for line in lines}):
        share = total([line.share for line in lines if line.share.currency == currency], currency)
        facts.append(("share", f"{share.amount} {currency}"))
    issuer = issuers.get(work, organization_id)
    return Report("host", period, issuer, facts, columns, rows, summed=False, note="note_revenue")


def sheet_of(report: Report, language: str | None = None, *, most: int | None = None) -> ReportSheet:
    """Everything that is printed of it, in a language, else in the organization's; or its first `most` rows, and the sum of all."""
    issuer = report.issuer
    language = language or issuer.language
    words, invoice_words = report_words.words_of(language), words_of(language)

    def written(cell: Cell, column: Column | None = None) -> str:
        if cell is None:
            return ""
        if isinstance(cell, str):
            return cell
        if isinstance(cell, Decimal):
            decimals = column.decimals if column is not None and column.decimals is not None else 2
            amount = cell.quantize(Decimal(1).scaleb(-decimals))
            return f"{amount:,f}".translate(_marks(invoice_words.group, invoice_words.point))
        return f"{cell:,d}".translate(_marks(invoice_words.group, invoice_words.point))

    single = report.rows[:-1] if report.summed else report.rows
    shown = [*single[:most], *report.rows[len(single) :]]
    rows = [[written(cell, column) for cell, column in zip(row, report.columns, strict=True)] for row in shown]
    if report.summed:
        rows[-1][0] = words["all"]
    period = _called(report.period, words, invoice_words)
    return ReportSheet(
        language=printed.language_of(invoice_words),
        paper=printed.paper_of(issuer.country),
        title=words[report.kind],
        period=period,
        seller=[issuer.name, *(issuer.address or "").splitlines()],
        facts=[(words["period"], period), *((words[name], written(cell) or "–") for name, cell in report.facts)],
        head=[_title(column, words) for column in report.columns],
        right=[column.decimals is not None for column in report.columns],
        rows=rows,
        left_out=len(report.rows) - len(shown),
        summed=report.summed,
        notes=[words[report.note]],
        footer=printed.footer_of(issuer.party, issuer.footer, invoice_words),
        page=words["page"],
        colour=printed.colour_of(issuer.design),
    )


def _title(column: Column, words: dict[str, str]) -> str:
    key, _, more = column.key.partition(" ")
    return f"{words[key]} {more}".strip()


def _marks(group: str, point: str) -> dict[int, str]:
    return {ord(","): group, ord("."): point}


def _called(period: months.Period, words: dict[str, str], invoice_words: Words) -> str:
    if isinstance(period, months.Month):
        return f"{invoice_words.long_months[period.first.month - 1]} {period.first.year}"
    year, week, _ = period.first.isocalendar()
    return words["week"].format(week=week, year=year)


def _file_column(of: Column) -> file_formats.Column:
    name = of.key.replace(" ", "_")
    if of.decimals is None:
        return file_formats.Column(name)
    return file_formats.Column(name, "number", of.decimals) if of.decimals else file_formats.Column(name, "whole")


def _days_of(period: months.Period) -> Period:
    return Period(period.first, period.next.first)


def _of_day(sums: Sums, currencies: Sequence[str]) -> list[Cell]:
    billed = {each.gross.currency: each.gross for each in sums.revenue}
    money = _amounts([billed.get(currency, zero(currency)) for currency in currencies])
    return [sums.sessions, _kwh(sums.energy_wh), _hours(sums.plugged_s), _hours(sums.charging_s), *money]


def _of_port(worked: Worked) -> list[Cell]:
    seconds: Any = worked
    return [*(_hours(each) for each in seconds), worked.uptime_percent]


def _amounts(amounts: Sequence[Money]) -> list[Cell]:
    return [each.amount for each in amounts]


def _hours(seconds: int) -> Decimal:
    return (Decimal(seconds) / 3600).quantize(Decimal("0.01"))


def _kwh(energy_wh: Decimal) -> Decimal:
    return energy_wh.scaleb(-3).quantize(Decimal("0.001"))
