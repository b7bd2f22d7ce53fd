"""What meters have signed, as one file that the public software for checking it reads (Transparenzsoftware, Chargy; D-06).

A record is passed on as it was told, for its signature is over these very characters; only an envelope of base64 around it is taken off. Whether it
is right says that software, with the key of the meter.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from sqlalchemy import select

from stationmaster.domain.errors import NotFound
from stationmaster.domain.invoices.documents import Charge, SignedValue
from stationmaster.domain.station_settings.table import station_settings
from stationmaster.storage import Work

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_CONTEXTS = ("Transaction.Begin", "Transaction.End")


def transparency_file(charges: Iterable[Charge]) -> str:
    """The records of these sessions, each with its key where that is known. Raises `NotFound` where nothing was signed."""
    values = [_value(charge, value) for charge in charges for value in charge.signed]
    if not values:
        raise NotFound("the meter has signed nothing of this")
    return f"{_HEAD}<values>\n{''.join(values)}</values>\n"


def key_in_settings(work: Work, station_id: int, evse: int | None) -> str | None:
    """The key of the meter as the charger has it in its settings: `MeterPublicKey[1]` in 1.6, `FiscalMetering.PublicKey` in 2.x."""
    table = station_settings.c
    mine = select(table.name, table.variable, table.component, table.evse, table.value).where(
        table.station_id == station_id, table.value.is_not(None), table.name_key.contains("publickey")
    )
    here = evse or 1
    for row in work.execute(mine.order_by(table.name)):
        of_meter = row.component == "FiscalMetering" and row.evse in (None, here)
        if of_meter or row.name.lower() in (f"meterpublickey[{here}]", f"meterpublickey{here}", "meterpublickey"):
            return str(row.value)
    return None


def _value(charge: Charge, value: SignedValue) -> str:
    record = opened(value.text)
    kind = record.partition("|")[0] if record.startswith("OCMF|") else value.encoding or "OCMF"
    context = f" context={quoteattr(value.context)}" if value.context in _CONTEXTS else ""
    key = (
        ""
        if not value.public_key
        else f'    <publicKey encoding="plain">{escape(_key(value.public_key))}</publicKey>\n'
    )
    return (
        f"  <value transactionId={quoteattr(charge.session)}{context}>\n"
        f'    <signedData format={quoteattr(kind)} encoding="plain">{escape(record)}</signedData>\n{key}  </value>\n'
    )


def opened(text: str) -> str:
    """The record itself: 2.x puts base64 around it."""
    if text.startswith("OCMF|"):
        return text
    try:
        inside = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return text
    return inside if inside.startswith(("OCMF|", "<")) else text


def _key(text: str) -> str:
    """The key itself: 2.x puts base64 around it, and says before it how it is written (oca:base16:asn1:3059…)."""
    try:
        inside = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        inside = text
    told = inside if inside.isascii() and inside.isprintable() and inside.startswith("oca:") else text
    return told.rpartition(":")[2]
