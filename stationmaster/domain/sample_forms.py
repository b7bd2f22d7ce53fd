"""The samples of a meter value in fewer bytes: what a charger says the same each time is kept once (decision 0042).

A form is a text of samples with the values taken out. A packed meter value names its form, and keeps the values only.
"""

from __future__ import annotations

import itertools
import re
from typing import Any, NamedTuple

from sqlalchemy import Column, Dialect, Index, Table, Text
from sqlalchemy.types import TypeDecorator

from stationmaster.storage.columns import BigInt, key, metadata

meter_value_forms = Table(
    "meter_value_forms",
    metadata,
    key(),
    Column("station_id", BigInt, nullable=False),
    Column("text", Text, nullable=False),  # with its separators, so that before a row's values it is what `whole` takes
)
Index("ix_meter_value_forms_station_id", meter_value_forms.c.station_id)

NO_FORM = 0  # in the place of a form's key: looked at, and kept as it came

# ASCII's own separators. Neither is in JSON as it is: within a string they would be escaped.
_VALUE, _FORM = "\x1f", "\x1e"
_VALUES = re.compile(r'"(?:value|signedMeterData)":(?:"((?:[^"\\]|\\.)*)"|(-?\d[-+.\deE]*))')


class Split(NamedTuple):
    """Samples, taken apart."""

    form: str
    values: str


def split(samples: str) -> Split | None:
    """The samples of one moment as form and values; None where that would not be the same again, or there is no value."""
    if _VALUE in samples or _FORM in samples:
        return None
    fixed, values, done = list[str](), list[str](), 0
    for value in _VALUES.finditer(samples):
        begin, end = value.span(value.lastindex or 0)
        fixed.append(samples[done:begin])
        values.append(samples[begin:end])
        done = end
    made = Split(f"{_FORM}{_VALUE.join([*fixed, samples[done:]])}{_FORM}", _VALUE.join(values))
    return made if values and whole(made.form + made.values) == samples else None


def whole(kept: str) -> str:
    """The samples as they came, of a form with values behind it; what begins with no form is whole already."""
    if not kept.startswith(_FORM):
        return kept
    _, form, values = kept.split(_FORM)
    fixed = form.split(_VALUE)
    return "".join(itertools.chain.from_iterable(zip(fixed, [*values.split(_VALUE), ""], strict=True)))


class Samples(TypeDecorator[str]):
    """A text of the database that is a form and values, or samples as they came: read, it is the samples."""

    impl = Text
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return lambda kept: None if kept is None else whole(kept)
