"""What it means when a charger answers that it has read or changed settings, in the same words for every version."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from stationmaster.domain.commands import Answer, Attribute
from stationmaster.domain.commands.outcomes import GOOD, SENTENCES, OutcomeWord
from stationmaster.domain.station_settings.table import Setting


class Result(msgspec.Struct, frozen=True):
    """What became of one setting, and what the charger says of it beside."""

    name: str
    outcome: OutcomeWord
    value: str | None = None
    attribute: Attribute = "actual"
    reason: str | None = None


def read_answer(read: Sequence[Setting], unknown: Sequence[str], refused: Sequence[str] = ()) -> Answer:
    """What it means that these settings were read, those are not known, and those cannot be read."""
    told = [{"name": each.name, "value": each.value, "read_only": each.read_only} for each in read]
    data: dict[str, object] = {"settings": told, "unknown": list(unknown)}
    if refused:
        data["refused"] = list(refused)
    if refused and not read:
        return Answer("rejected", f"The charger does not tell {', '.join(refused)}.", data)
    if unknown and not read:
        return Answer("unknown_setting", f"The charger does not know {', '.join(unknown)}.", data)
    lacking = f" It does not know {', '.join(unknown)}." if unknown else ""
    lacking += f" It does not tell {', '.join(refused)}." if refused else ""
    return Answer("accepted", f"The charger has told its settings.{lacking}", data)


def change_answer(results: Sequence[Result]) -> Answer:
    """What it means that this became of settings that were to be changed: the worst of it, and each by itself."""
    data = {"settings": [msgspec.to_builtins(result) for result in results]}
    bad = [result.outcome for result in results if result.outcome not in GOOD]
    later = [result.outcome for result in results if result.outcome == "reboot_required"]
    worst: OutcomeWord = bad[0] if bad else later[0] if later else "accepted"
    said = [_sentence(result) for result in results if result.outcome != "accepted"]
    return Answer(worst, " ".join(said), data)


def _sentence(result: Result) -> str:
    reason = "" if result.reason is None else f" It says: {result.reason}"
    return f"{result.name}: {SENTENCES[result.outcome]}{reason}"
