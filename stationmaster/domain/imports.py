"""What all imports of a table share: the lines of a file, what became of them, and what is wrong with them.

An import is one function `f(work, organization_id, lines, …) -> Tally`. It is all or nothing: `take` writes nothing when a single
line cannot be taken. A dry run is the same function, and everything that it has written is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import msgspec

from stationmaster.domain.errors import DomainError, Invalid
from stationmaster.reason_words import Reason
from stationmaster.storage import Work


class Line(NamedTuple):
    """One line of a file: its row, as a spreadsheet counts them, and the values in the columns that the file has."""

    row: int
    values: dict[str, Any]


class Problem(NamedTuple):
    """Why a line cannot be taken; `field` is empty where it is about the whole line."""

    row: int
    field: str
    reason: Reason


class Outcome(NamedTuple):
    """What becomes of a line: a new thing, where `changed` is None, or another value in these fields of one that is there."""

    row: int
    id: str
    changed: Sequence[str] | None


class Tally(msgspec.Struct, kw_only=True):
    """What an import comes to. `secrets` are those of new chargers, by id, which are shown only this once."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    doubled: int = 0
    bad: int = 0
    outcomes: list[Outcome] = []
    problems: list[Problem] = []
    secrets: dict[str, str] = {}

    def count(self, row: int, id: str, changed: Sequence[str] | None) -> None:
        """One more line that can be taken; one that changes nothing has no outcome."""
        self.new += changed is None
        self.changed += bool(changed)
        self.unchanged += changed is not None and not changed
        if changed is None or changed:
            self.outcomes.append(Outcome(row, id, changed))


class NotTaken(DomainError):
    """Nothing of a file was taken, because some of its lines cannot be."""

    def __init__(self, tally: Tally) -> None:
        super().__init__("nothing was taken: {rows} rows of the file cannot be", rows=tally.bad + tally.doubled)
        self.tally = tally


def take(work: Work, f: Callable[..., Tally], *args: Any, dry_run: bool, problems: Sequence[Problem]) -> Tally:
    """What `f(work, *args)` comes to, beside the `problems` found in the file before. Raises `NotTaken`."""
    tally = work.rehearse(f, *args) if dry_run or problems else f(work, *args)
    tally.problems = sorted([*problems, *tally.problems])
    tally.bad += len({each.row for each in problems})
    if tally.problems and not dry_run:
        raise NotTaken(tally)
    return tally


def without_doubled(lines: Sequence[Line], key: Callable[[Line], Hashable], what: str, tally: Tally) -> list[Line]:
    """The lines that are alone with their key; of the others `tally` has a word each."""
    rows: dict[Hashable, list[int]] = {}
    for line in lines:
        rows.setdefault(key(line), []).append(line.row)
    alone = []
    for line in lines:
        alike = [row for row in rows[key(line)] if row != line.row]
        if alike:
            tally.doubled += 1
            tally.problems.append(
                Problem(line.row, "", Reason("is the same {what} as in row {row}", what=what, row=alike[0]))
            )
        else:
            alone.append(line)
    return alone


def one_by_one(lines: Sequence[Line], f: Callable[[Line], Sequence[str] | None], tally: Tally) -> None:
    """Take lines with `f`, which says what it has changed, or None when it is new; go on after one that is refused."""
    for line in lines:
        try:
            changed = f(line)
        except DomainError as wrong:
            field = wrong.field if isinstance(wrong, Invalid) else ""
            tally.bad += 1
            tally.problems.append(Problem(line.row, field, wrong.reason))
            continue
        tally.count(line.row, line.values["id"], changed)
