"""Any session of the simulator's meter, spoilt in any one of the known ways: its true energy, or held. Never silently wrong."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationmaster.domain import energy, metering, prices
from stationmaster.domain.energy import Energy
from stationmaster.domain.money.facts import SessionFacts
from stationmaster.domain.money.parsing import simple
from stationmaster.domain.money.rating import rate
from stationmaster.handlers.v16 import words
from stationmaster.ocpp import v16
from stationmaster.ocpp.messages import now_text
from stationmaster.simulator import manglings
from stationmaster.simulator.manglings import DOUBTFUL, HARMLESS, OLD_METER, Mangling, Told
from stationmaster.simulator.meter import AC_11_KW, AC_22_KW, DC_150_KW

TEN = datetime(2026, 11, 1, 10, tzinfo=UTC)


class Clock:
    """All that translating a message asks of a unit of work."""

    now = TEN + timedelta(days=1)


def measured(told: Told, *, rated: bool) -> Energy:
    """From the wire to the energy: values with one id are told in one message, as an offline charger does."""
    points = []
    work: Any = Clock()
    for by_id, moments in itertools.groupby(told.moments, key=lambda one: one.by_id):
        elements = [
            {"timestamp": now_text(TEN + timedelta(seconds=one.at_s)), "sampledValue": one.samples} for one in moments
        ]
        message = msgspec.convert(elements, list[v16.MeterValue])
        for moment in words.moments(work, message):
            point = metering.point(moment.taken, metering.reading(moment.samples))
            points.append(msgspec.structs.replace(point, by_id=by_id))
    full, short = (
        energy.of_session(
            words.wh(told.start),
            points,
            words.wh(told.stop),
            started_at=TEN,
            stopped_at=TEN + timedelta(seconds=told.length_s),
            rated_w=told.supply.limit_w if rated else None,
            reasons=reasons,
        )
        for reasons in (True, False)
    )
    assert short == Energy(full.wh, full.stop_wh, full.flags, full.held)  # who asks for no reasons hears the same
    return full


sessions = st.fixed_dictionaries(
    {
        "supply": st.sampled_from([AC_11_KW, AC_22_KW, DC_150_KW]),
        "register_wh": st.one_of(st.integers(0, 20_000), st.integers(0, 40_000_000)),
        "length_s": st.integers(60, 2 * 3600),
        "every_s": st.sampled_from([30, 60, 300, 900]),
    }
)
SETTINGS = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(mangling: Mangling, facts: dict[str, Any], seed: int, rated: bool, rounding_wh: float) -> Energy:
    chance = random.Random(seed)
    if mangling in OLD_METER:
        facts = facts | {"register_wh": facts["register_wh"] + 1_000_000}
    told = mangling(manglings.charge(chance, **facts), chance)
    found = measured(told, rated=rated)
    if not found.held:
        assert found.wh is not None
        assert abs(float(found.wh) - told.true_wh) <= rounding_wh, (told.true_wh, found)
    if found.wh is not None:
        assert found.series[-1].wh == found.wh
        assert all(0 <= before.wh <= after.wh for before, after in itertools.pairwise(found.series))
    check_corrected(found, told.length_s)
    return found


PRICE = simple(currency="EUR", price_per_kwh=Decimal("0.40"), tax_percent=Decimal(0))


def check_corrected(found: Energy, length_s: float) -> None:
    """Whatever the charger has told: what a person sets in its place is what is billed."""
    ends_at = TEN + timedelta(seconds=length_s)
    corrected = energy.ending_with(found, Decimal(4321), TEN, ends_at)
    assert all(0 <= before.wh <= after.wh for before, after in itertools.pairwise(corrected.series))
    bill = rate(SessionFacts(begins_at=TEN, ends_at=ends_at), prices.readings_of(corrected), PRICE, UTC)
    assert (bill.energy_wh, str(bill.total)) == (4321, "1.73 EUR")


@pytest.mark.parametrize("mangling", HARMLESS, ids=lambda mangling: mangling.__name__)
@given(facts=sessions, seed=st.integers(0, 10**6), rated=st.booleans())
@SETTINGS
def test_a_harmless_mangling_changes_nothing(mangling: Mangling, facts: dict[str, Any], seed: int, rated: bool) -> None:
    found = check(mangling, facts, seed, rated, rounding_wh=2)
    assert not found.held, found


@pytest.mark.parametrize("mangling", DOUBTFUL, ids=lambda mangling: mangling.__name__)
@given(facts=sessions, seed=st.integers(0, 10**6), rated=st.booleans())
@SETTINGS
def test_a_doubtful_mangling_is_seen_through_or_held(
    mangling: Mangling, facts: dict[str, Any], seed: int, rated: bool
) -> None:
    # Less than a kilowatt-hour cannot be told from nothing by a meter that counts kilowatt-hours.
    check(mangling, facts, seed, rated, rounding_wh=1000 if mangling is manglings.kwh_as_wh else 2)
