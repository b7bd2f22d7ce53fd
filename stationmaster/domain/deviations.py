"""What a charger says otherwise than its version's specification: named rules, each with what is done about it, counted per charger.

The gateway repairs or refuses; here is what people read of it. A rule is found by the words of the remark that the repair leaves.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy import Column, ForeignKey, Integer, PrimaryKeyConstraint, Table, Text, bindparam, select
from sqlalchemy import text as sql

from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, metadata
from stationmaster.storage.queries import Prepared

deviations = Table(
    "deviations",
    metadata,
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("rule", Text, nullable=False),
    Column("repaired", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("first_at", UtcTime, nullable=False),
    Column("last_at", UtcTime, nullable=False),
    Column("example", Text, nullable=False),  # the message and the field of the last one; never a value
    PrimaryKeyConstraint("station_id", "rule"),
)

ALL = ("1.6", "2.0.1", "2.1")


class Rule(NamedTuple):
    """A known deviation. `wrong` is what the charger does, `done` what we do about it, as long as it is not held strictly."""

    id: str
    wrong: str
    done: str
    words: tuple[str, ...]
    """What remarks on it have in common; the first rule whose words are found is the one."""
    versions: tuple[str, ...] = ALL
    always: bool = False
    """It is done for a charger that is held strictly as well: what it has sent takes no answer."""


RULES = (
    Rule(
        "other-version",
        "It sends messages of another OCPP version than the one that it has agreed on with us.",
        "They are answered with an error. Set the charger to one version, or choose here the one that it speaks.",
        ("this is the message of OCPP",),
    ),
    Rule(
        "serial-after-card",
        "It adds its own serial number to the numbers of cards.",
        "The card is looked for without it.",
        (),
    ),
    Rule(
        "card-from-the-wrong-end",
        "It reads the bytes of cards in the other order.",
        "The card is looked for both ways.",
        (),
    ),
    Rule(
        "zero-byte",
        "It writes a character with the value zero into a text.",
        "The character is replaced, the text is used.",
        ("a zero byte in a text",),
    ),
    Rule(
        "control-character",
        "It writes line breaks or other control characters into a text as they are.",
        "They are read as they were meant.",
        ("a control character in a text",),
    ),
    Rule(
        "stray-backslash",
        "It writes a backslash into a text without doubling it, as in a path of Windows.",
        "The backslash is kept as it is.",
        ("a backslash that escapes nothing",),
    ),
    Rule(
        "half-character",
        "It cuts a text in the middle of a character.",
        "Half a character is replaced, the rest is used.",
        ("half a character",),
    ),
    Rule(
        "other-encoding",
        "It writes letters such as ö in another encoding than UTF-8.",
        "Those letters are shown as �, everything else is used.",
        ("not UTF-8",),
    ),
    Rule(
        "bytes-around",
        "It sends bytes before or after the message that belong to nothing.",
        "They are left out.",
        ("bytes around the frame",),
    ),
    Rule(
        "no-number",
        "It sends “NaN” or “Infinity” where it has no measured value.",
        "The value counts as not measured.",
        ("NaN or Infinity",),
    ),
    Rule(
        "odd-number",
        "It writes numbers in a form that the format does not know, as 007 or +5.",
        "The number is used as it was meant.",
        ("a number in another form",),
    ),
    Rule("comma-too-many", "It puts a comma too many.", "The comma is left out.", ("a comma too many",)),
    Rule(
        "missing-value",
        "It leaves the place of a value empty.",
        "The value counts as not told.",
        ("a value is missing",),
    ),
    Rule(
        "long-message-id",
        "It numbers its messages with more than 36 characters.",
        "The number is used as it is.",
        ("message id is longer", "the message id is not a text"),
    ),
    Rule(
        "message-id-again",
        "It uses the number of an earlier message again for another one.",
        "Messages are told apart by what is in them, so nothing is lost.",
        ("message id was used", "used again", "used before"),
    ),
    Rule(
        "broken-frame",
        "It sends messages that cannot be read at all.",
        "They are answered with an error; what seems to be of a transaction is kept for a person.",
        ("not JSON", "a frame ", "nested deeper", "digits", "a CALL", "the payload is not"),
    ),
    Rule(
        "null",
        "It writes “null” where a value should be left out.",
        "The value counts as not told.",
        ("null; taken as absent", "null is not a value"),
    ),
    Rule(
        "too-long-text",
        "A text is longer than the specification allows.",
        "The text is kept, up to 1,000 characters.",
        ("longer than",),
    ),
    Rule(
        "unknown-field",
        "It sends a field that this message does not have.",
        "The field is ignored, the rest of the message is used.",
        ("not a field of this message", "a field that this message does not have"),
    ),
    Rule(
        "other-spelling",
        "It spells a word of the specification otherwise, as “Celcius” or “accepted”.",
        "The word is understood.",
        ("another spelling",),
    ),
    Rule(
        "number-as-text",
        "It puts a number in quotes, so that it is a text, or writes it with a decimal comma.",
        "The number in it is used.",
        ("a text instead of a number",),
    ),
    Rule(
        "text-as-number",
        "It writes the value of a reading as a number, where a text in quotes is due.",
        "The number is used.",
        ("a number instead of a text",),
        ("1.6",),
    ),
    Rule(
        "whole-number-with-decimals",
        "It writes a whole number with decimals, as 8.0.",
        "The decimals are dropped where they are zero.",
        ("a whole number with decimals",),
    ),
    Rule(
        "register-not-whole",
        "It tells the meter's register in another form than whole watt-hours.",
        "The register is kept as it was told, fractions and all.",
        ("a fraction instead of a whole number", "not a whole number; kept"),
        ("1.6",),
    ),
    Rule(
        "many-decimals",
        "It writes a limit with more than one decimal.",
        "The number is used as it is.",
        ("more than one decimal",),
    ),
    Rule(
        "one-instead-of-list",
        "It sends one thing where a list of them is due.",
        "It counts as a list of one.",
        ("one item instead of a list", "a list is needed"),
    ),
    Rule(
        "wrong-count",
        "A list has more or fewer items than it may have.",
        "All items that can be read are used.",
        ("more items than", "fewer items than"),
    ),
    Rule(
        "twice",
        "It sends the same field twice in one message.",
        "The last of the two counts.",
        ("came twice", "the same key twice"),
    ),
    Rule(
        "unknown-word",
        "It uses a word that the specification does not know in this place.",
        "The word is kept where nothing hangs on it, else it is left out.",
        ("not one of the values",),
    ),
    Rule(
        "no-vendor",
        "Data of its own kind comes without the name of its maker.",
        "The data is kept.",
        ("vendorId is missing",),
        ("2.0.1", "2.1"),
    ),
    Rule(
        "missing-field",
        "It leaves out a field that this message must have.",
        "Of a session, everything else is used; any other message is answered with an error.",
        ("a required field is missing",),
    ),
    Rule(
        "out-of-range",
        "A number is smaller or larger than it may be.",
        "The value is left out where the message can do without it.",
        ("out of range",),
    ),
    Rule(
        "wrong-kind",
        "A value is of another kind than its field: a text where a number is due, or the other way round.",
        "What can be understood is used; else the value is left out where the message can do without it.",
        ("is needed", "true or false"),
    ),
    Rule(
        "unknown-message",
        "It sends messages that its OCPP version does not have, or that only we may send.",
        "They are answered with an error, and nothing else happens.",
        ("no such action", "is not taken here", "no such message type"),
    ),
    Rule(
        "unknown-stream",
        "It sends values of a stream that it has not opened, or has ended already.",
        "They are counted, and the last one is kept with the stream.",
        (),
        ("2.1",),
        always=True,
    ),
    Rule(
        "unknown-unit",
        "It tells the meter's register or the power in a unit that is none of them, or that nobody knows.",
        "The value is kept as it was told, and counts for nothing: no session is billed by it.",
        (),
        always=True,
    ),
    Rule(
        "other",
        "It deviates from the specification in a way that has no name here yet.",
        "The message log has the remark.",
        ("",),
    ),
)

NAMED = {rule.id: rule for rule in RULES}
NO_DEVIATION = ("not before the boot is accepted", "cut in this log", "failed here")
"""Remarks and refusals that do not say that the charger deviates from its specification."""


class DeviationRow(Protocol):
    """A row of the table."""

    rule: str
    repaired: int
    refused: int
    first_at: datetime
    last_at: datetime
    example: str


class Seen(NamedTuple):
    """How often a rule was met since it was last written down."""

    rule: str
    repaired: int
    refused: int
    example: str


def rule_of(remark: str) -> str | None:
    """The id of the rule that this remark or refusal is about; None when it is about no deviation."""
    if any(words in remark for words in NO_DEVIATION):
        return None
    return next(rule.id for rule in RULES if any(words in remark for words in rule.words))


_add = Prepared(
    sql(
        "INSERT INTO deviations (station_id, rule, repaired, refused, first_at, last_at, example)"
        " VALUES (:station_id, :rule, :repaired, :refused, :at, :at, :example)"
        " ON CONFLICT (station_id, rule) DO UPDATE SET repaired = deviations.repaired + excluded.repaired,"
        " refused = deviations.refused + excluded.refused, last_at = excluded.last_at, example = excluded.example"
    ).bindparams(bindparam("at", type_=UtcTime))
)


def add(work: Work, station_id: int, seen: Iterable[Seen]) -> None:
    """Add these to what was counted before."""
    for each in seen:
        work.run(_add, station_id=station_id, at=work.now, **each._asdict())


def of_station(work: Work, station_id: int) -> list[DeviationRow]:
    """What a charger does wrong, the most frequent first."""
    mine = select(deviations).where(deviations.c.station_id == station_id)
    return list(work.execute(mine.order_by((deviations.c.repaired + deviations.c.refused).desc(), deviations.c.rule)))
