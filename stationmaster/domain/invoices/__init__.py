"""Receipts, invoices and credit notes: what they say, under which number, and how they are kept (docs/invoices.md)."""

from stationmaster.domain.invoices import invoices as invoices
from stationmaster.domain.invoices import issuers as issuers
from stationmaster.domain.invoices import printouts as printouts
