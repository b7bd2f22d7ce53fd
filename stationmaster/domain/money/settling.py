"""From exact lines to what is paid: rounded once for each set of taxes, taxed once for each rate, within the tariff's limits (decision 0035)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import msgspec

from stationmaster.domain.money.amounts import Money, adding_up, apportioned, rounded, total, zero
from stationmaster.domain.money.bill import Line, LineType, TaxLine
from stationmaster.domain.money.tariff_version import PriceLimit, TariffVersion, Tax

Taxes = tuple[Tax, ...]


class Sums(NamedTuple):
    """What is paid: nets and grosses by their set of taxes, and the taxes by their rate."""

    nets: dict[Taxes, Money]
    grosses: dict[Taxes, Money] | None  # None where the nets are what was rounded
    taxes: tuple[TaxLine, ...]
    net: Money
    total: Money

    @property
    def round_off(self) -> Money:
        due = total([tax.amount for tax in self.taxes], self.net.currency)
        return self.total - self.net - due


class Settled(NamedTuple):
    lines: tuple[Line, ...]
    sums: Sums


def settled(
    lines: Sequence[Line], version: TariffVersion, *, minimum: bool, begins_at: datetime, ends_at: datetime
) -> Settled:
    """The lines with the amounts that are shown, and what they come to. `minimum`: whether the least price counts."""
    exact: dict[Taxes, Fraction] = {}
    for line in lines:
        exact[line.taxes] = exact.get(line.taxes, Fraction(0)) + line.exact
    if not exact and minimum and version.min_price is not None:
        exact[_first_taxes(version)] = Fraction(0)
    sums, limit = _within_limits(exact, version, minimum)
    limit_line = None if limit is None else _limit_line(limit, version.currency, begins_at, ends_at)
    return Settled(_shown(lines, sums, limit_line, version), sums)


def _first_taxes(version: TariffVersion) -> Taxes:
    """Those of a minimum that no line stands for."""
    of_sessions = (one for one in version.elements if one.restrictions.reservation is None)
    return next(of_sessions, version.elements[0]).price_components[0].taxes


def _within_limits(exact: dict[Taxes, Fraction], version: TariffVersion, minimum: bool) -> tuple[Sums, LineType | None]:
    """The sums, and which limit has made them, if one has."""
    currency = version.currency
    whole = {taxes: rounded(amount, currency) for taxes, amount in exact.items()}
    sums = _of_grosses(whole, currency) if version.tax_included else _of_nets(whole, currency)
    limit: LineType | None = None
    most, least = version.max_price or PriceLimit(), (version.min_price if minimum else None) or PriceLimit()
    nets, grosses = _shares(exact, version)
    if most.before_taxes is not None and sums.net.amount > most.before_taxes:
        sums, limit = _of_nets(_divided(most.before_taxes, nets, currency), currency), "max_price"
    if most.after_taxes is not None and sums.total.amount > most.after_taxes:
        sums, limit = _of_grosses(_divided(most.after_taxes, grosses, currency), currency), "max_price"
    if least.before_taxes is not None and sums.net.amount < least.before_taxes:
        sums, limit = _of_nets(_divided(least.before_taxes, nets, currency), currency), "min_price"
    if least.after_taxes is not None and sums.total.amount < least.after_taxes:
        sums, limit = _of_grosses(_divided(least.after_taxes, grosses, currency), currency), "min_price"
    return sums, limit


def _shares(
    exact: dict[Taxes, Fraction], version: TariffVersion
) -> tuple[dict[Taxes, Fraction], dict[Taxes, Fraction]]:
    """In which proportion a limit is divided: without taxes, and with them."""
    if version.tax_included:
        return {taxes: amount / _factor(taxes) for taxes, amount in exact.items()}, exact
    return exact, {taxes: amount * _factor(taxes) for taxes, amount in exact.items()}


def _divided(amount: Decimal, shares: dict[Taxes, Fraction], currency: str) -> dict[Taxes, Money]:
    return dict(zip(shares, apportioned(Money(amount, currency), list(shares.values())), strict=True))


def _of_nets(nets: dict[Taxes, Money], currency: str) -> Sums:
    taxes = _taxes_on(nets, currency)
    net = total(list(nets.values()), currency)
    return Sums(nets, None, taxes, net, net + total([tax.amount for tax in taxes], currency))


def _of_grosses(grosses: dict[Taxes, Money], currency: str) -> Sums:
    nets = {taxes: rounded(Fraction(gross.amount) / _factor(taxes), currency) for taxes, gross in grosses.items()}
    net, paid = total(list(nets.values()), currency), total(list(grosses.values()), currency)
    return Sums(nets, grosses, _taxes_on(nets, currency), net, paid)


def _factor(taxes: Taxes) -> Fraction:
    """What a net becomes with these taxes."""
    return 1 + Fraction(sum((tax.percent for tax in taxes), Decimal(0))) / 100


def _taxes_on(nets: dict[Taxes, Money], currency: str) -> tuple[TaxLine, ...]:
    """Each rate once, from all that it is due on."""
    bases: dict[Tax, list[Money]] = {}
    for taxes, net in nets.items():
        for tax in taxes:
            bases.setdefault(tax, []).append(net)
    found = []
    for tax, due_on in bases.items():
        base = total(due_on, currency)
        amount = rounded(Fraction(base.amount) * Fraction(tax.percent) / 100, currency)
        found.append(TaxLine(tax.name, tax.percent, base, amount))
    return tuple(found)


def _shown(lines: Sequence[Line], sums: Sums, limit: Line | None, version: TariffVersion) -> tuple[Line, ...]:
    """With a line for each set of taxes that a limit changed, and amounts that add up to what is rounded for each."""
    shown: list[Line] = list(lines)
    bases = sums.grosses if version.tax_included and sums.grosses is not None else sums.nets
    for taxes, base in bases.items():
        mine = [index for index, line in enumerate(shown) if line.taxes == taxes]
        if limit is not None:
            exact = Fraction(base.amount) - sum((shown[index].exact for index in mine), Fraction(0))
            mine.append(len(shown))
            shown.append(msgspec.structs.replace(limit, taxes=taxes, exact=exact, unit_price=base.amount))
        for index, amount in zip(mine, adding_up([shown[index].exact for index in mine], base), strict=True):
            shown[index] = msgspec.structs.replace(shown[index], amount=amount)
    return tuple(shown)


def _limit_line(type: LineType, currency: str, begins_at: datetime, ends_at: datetime) -> Line:
    nothing = Fraction(0)
    return Line(
        type=type,
        begins_at=begins_at,
        ends_at=ends_at,
        quantity=Decimal(1),
        unit="session",
        unit_price=Decimal(0),
        taxes=(),
        exact=nothing,
        amount=zero(currency),
    )
