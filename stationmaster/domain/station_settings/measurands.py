"""Which values a charger tells while it charges, tried out where it does not say which it can: all at once, then one by one.

What it tells already is never taken from it, and each value is asked for once: a refused one leaves the setting as it was (1.6 §5.3, 2.0.1 B05).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

WANTED = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Current.Import",
    "Voltage",
    "SoC",
)
"""What is read here, the most important first."""

Trial = Generator[str, bool, list[str]]


def name_in(version: str | None) -> str:
    """What a version calls the setting."""
    return "MeterValuesSampledData" if version == "1.6" else "SampledDataCtrlr/TxUpdatedMeasurands"


def listed(text: str | None) -> list[str]:
    """A list as chargers write it: in quotes, with blanks, cut at its end."""
    parts = (part.strip(" \t\"'[]") for part in (text or "").split(","))
    return list(dict.fromkeys(part for part in parts if part))


def trial(told: str | None, choices: str | None) -> Trial:
    """Values of the setting to ask for, each answered by whether it was taken; what it has at the end. At most one more than are `WANTED`."""
    has, possible = listed(told), {each.casefold() for each in listed(choices)}
    there = {each.casefold() for each in has}
    missing = [
        each for each in WANTED if each.casefold() not in there and (not possible or each.casefold() in possible)
    ]
    if not missing:
        return has
    whole = [*has, *missing]
    if (yield _written(whole)):
        return whole
    for each in missing:
        more = [*has, each]
        if more != whole and (yield _written(more)):
            has = more
    return has


def _written(values: Sequence[str]) -> str:
    return ",".join(values)
