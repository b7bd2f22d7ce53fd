"""The ways in which the number of a contract is written."""

from __future__ import annotations

import pytest

from stationmaster.domain import contract_ids


@pytest.mark.parametrize(
    "told, ways",
    [
        ("DE8AA1A2B3C4D5", ["DE8AA1A2B3C4D5", "DE-8AA-1A2B3C4D5"]),
        ("de-8aa-1a2b3c4d5", ["DE8AA1A2B3C4D5", "DE-8AA-1A2B3C4D5"]),
        ("DE8AA1A2B3C4D59", ["DE8AA1A2B3C4D59", "DE-8AA-1A2B3C4D5-9", "DE8AA1A2B3C4D5", "DE-8AA-1A2B3C4D5"]),
        ("DE-8AA-1A2B3C4D5-9", ["DE8AA1A2B3C4D59", "DE-8AA-1A2B3C4D5-9", "DE8AA1A2B3C4D5", "DE-8AA-1A2B3C4D5"]),
        ("TAG1", []),
        ("04A1B2C3D4E5F6", []),
        ("DE8AA1A2B3C4D599", []),
        ("", []),
    ],
)
def test_spellings(told: str, ways: list[str]) -> None:
    assert contract_ids.spellings(told) == ways
