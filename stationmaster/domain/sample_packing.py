"""How the samples of older meter values are packed: a stretch is read and taken apart, then changed in one transaction (decision 0042)."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Text, case, func, select

from stationmaster.domain import sample_forms
from stationmaster.domain.metering import meter_values
from stationmaster.domain.sample_forms import NO_FORM, Split, meter_value_forms
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt
from stationmaster.storage.queries import PreparedInsert, Rewrite, first_behind, first_since
from stationmaster.storage.together import Together

AT_ONCE = 256  # values
MOST_CHARACTERS = 1 << 14
"""Of one moment's samples; what is longer stays as it is."""
MOST_FORMS = 64
"""Of one charger. Ten are usual; one that says something else each time is not packed any further."""

_PARTS = (0,), (2, 4, 6), (1, 3, 5, 7)  # of eight values


class Stretch(NamedTuple):
    """Some meter values, one behind the other: the key of each, its charger, and its samples where they can be taken apart."""

    values: list[tuple[int, int, Split | None]]

    @property
    def last(self) -> int:
        return self.values[-1][0]

    def parts(self) -> list[Stretch]:
        """It in three parts to be packed one after the other: an eighth, three eighths, and the rest.

        PostgreSQL writes the new version of a row into the row's own page where there is room, and leaves the indexes alone then. Each part
        finds the room that the one before it has made.
        """
        parts = ([value for at, value in enumerate(self.values) if at % 8 in part] for part in _PARTS)
        return [Stretch(part) for part in parts if part]


class Moved(Exception):
    """Somebody else has packed some of these values meanwhile: nothing was changed."""


def due(work: Work, *, older_than: timedelta) -> range:
    """The keys of what was heard so long ago, from where something may not be packed yet: the oldest is always packed first."""
    first = first_behind(work, meter_values, meter_values.c.form_id.is_not(None))
    # A stretch of which only parts were packed lies about it.
    return range(
        max(first - 4 * AT_ONCE, 0),
        first_since(work, meter_values, work.now - older_than, at=meter_values.c.received_at),
    )


def stretch(work: Work, keys: range) -> Stretch | None:
    """The first of these values that are not packed, taken apart; None when there is no more."""
    key, text = meter_values.c.id, meter_values.c.samples
    short = case((func.length(text) <= MOST_CHARACTERS, text)).label("samples")
    mine = select(key, meter_values.c.station_id, short).where(key >= keys.start, key < keys.stop)
    rows = work.execute(mine.where(meter_values.c.form_id.is_(None)).order_by(key).limit(AT_ONCE)).all()
    values = [
        (row.id, row.station_id, None if row.samples is None else sample_forms.split(row.samples)) for row in rows
    ]
    return Stretch(values) if values else None


_insert_form = PreparedInsert(meter_value_forms, ("station_id", "text"))
_pack = Together(
    """
    UPDATE meter_values SET form_id = asked.form_id, samples = coalesce(asked.packed, meter_values.samples) FROM asked
    WHERE meter_values.id = asked.value_id AND meter_values.form_id IS NULL
    RETURNING meter_values.id
    """,
    {"value_id": BigInt, "form_id": BigInt, "packed": Text()},
    key=1,
)
_rewrite = Rewrite(meter_values)


def store(work: Work, stretch: Stretch) -> int:
    """Pack these values; how many they are. Raises `Moved`."""
    forms = meter_value_forms.c
    known: dict[int, dict[str, int]] = {station_id: {} for _, station_id, _ in stretch.values}
    for row in work.execute(select(forms.id, forms.station_id, forms.text).where(forms.station_id.in_(list(known)))):
        known[row.station_id][row.text] = row.id
    rows: list[tuple[int, int, str | None]] = []
    for value_id, station_id, told in stretch.values:
        mine = known[station_id]
        if told is not None and told.form not in mine and len(mine) < MOST_FORMS:
            mine[told.form] = work.insert(_insert_form, station_id=station_id, text=told.form)
        form_id = NO_FORM if told is None else mine.get(told.form, NO_FORM)
        rows.append((value_id, form_id, told.values if told is not None and form_id != NO_FORM else None))
    if len(work.ask_all(_pack, rows)) != len(rows):
        raise Moved
    work.run(_rewrite, first=rows[0][0], last=rows[-1][0])
    return len(rows)
