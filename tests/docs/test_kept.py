"""A14: of each table it is said how long its rows stay, and a setting that is named there is one that drops them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import stationmaster.app
from stationmaster.background.retention import KEPT
from stationmaster.domain.message_log import messages
from stationmaster.domain.metering import meter_values
from stationmaster.settings import Retention
from stationmaster.storage.columns import metadata

PAGE = (Path(__file__).parents[2] / "docs" / "kept.md").read_text()
SECTIONS = {part.splitlines()[0]: part for part in PAGE.split("\n## ")[1:]}
OTHERWISE = {messages.name, meter_values.name}  # by a function of their own
NAME = re.compile(r"`([a-z_]+)`")


def tables(section: str) -> list[str]:
    """What the first column of a section names."""
    rows = [line.split("|")[1] for line in SECTIONS[section].splitlines() if line.startswith("| `")]
    return [name for row in rows for name in NAME.findall(row)]


def test_A14_each_table_of_the_schema_is_on_the_page_once() -> None:
    assert stationmaster.app.REGISTERING  # all of them are imported
    named = [name for section in SECTIONS for name in tables(section)]
    assert sorted(named) == sorted(metadata.tables)


def test_A14_what_is_dropped_after_a_time_is_what_the_page_says() -> None:
    assert set(tables("Dropped after a time")) == {kept.table.name for kept in KEPT} | OTHERWISE


@pytest.mark.parametrize("name", sorted(each for each in Retention.model_fields if "packed_after" not in each))
def test_A14_each_setting_is_on_the_page_with_what_it_is_at_first(name: str) -> None:
    told = re.findall(rf"`{name}` \((\d+)", SECTIONS["Dropped after a time"])
    assert told[:1] == [f"{Retention.model_fields[name].default}"]
