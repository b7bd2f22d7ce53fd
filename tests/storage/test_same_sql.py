"""The list of tests that PostgreSQL need not see is made rightly, and names tests that there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import same_sql

ROOT = Path(__file__).resolve().parents[2]


def test_everything_is_asked_by_the_fewest() -> None:
    asks = {
        "all": {"a", "b", "c"},
        "some": {"a", "b"},
        "one": {"a"},
        "alone": {"d"},
        "again": {"c"},
        "nothing": set[str](),
    }
    assert same_sql.fewest(asks, dict.fromkeys(asks, 1)) == {"all", "alone"}


def test_of_two_that_ask_the_same_the_cheaper_is_kept() -> None:
    asks = {each: {"a"} for each in ("dear", "cheap", "middle")}
    assert same_sql.fewest(asks, {"dear": 9, "cheap": 1, "middle": 4}) == {"cheap"}


@pytest.mark.parametrize(
    "one, other",
    [
        ("SELECT a FROM b WHERE c IN (?, ?)", "SELECT a\nFROM b WHERE c IN (?)"),
        ("INSERT INTO a VALUES (?, ?)", "INSERT INTO a VALUES (?, ?), (?, ?)"),
    ],
)
def test_how_many_values_there_are_makes_no_other_statement(one: str, other: str) -> None:
    assert same_sql.plain(one) == same_sql.plain(other)


def test_what_is_listed_is_there() -> None:
    listed = same_sql.listed()
    texts = {file: (ROOT / file).read_text() for file in {name.split("::")[0] for name in listed}}
    gone = [name for name in listed if f"def {name.split('::')[1]}(" not in texts[name.split("::")[0]]]
    assert len(listed) > 100 and gone == []
