"""How far it is, and which part of the world is looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster.domain.discovery import box, distance_m


@pytest.mark.parametrize(
    ("here", "there", "km"),
    [
        ((52.5200, 13.4050), (52.5200, 13.4050), 0),
        ((52.5200, 13.4050), (48.1372, 11.5755), 504),  # Berlin, Munich
        ((28.6139, 77.2090), (19.0760, 72.8777), 1148),  # Delhi, Mumbai
        ((-17.8, 179.9), (-17.8, -179.9), 21),  # over the date line
        ((89.9, 0), (89.9, 180), 22),  # over the pole
        ((0, 0), (0, 180), 20015),
    ],
)
def test_the_distance_along_the_great_circle(here: tuple[float, float], there: tuple[float, float], km: int) -> None:
    assert distance_m(*here, *there) / 1000 == pytest.approx(km, abs=1)
    assert distance_m(*there, *here) == pytest.approx(distance_m(*here, *there))


latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)


@given(latitudes, longitudes, latitudes, longitudes, st.floats(1, 200_000))
def test_whatever_is_within_the_radius_is_in_the_box(
    latitude: float, longitude: float, to_latitude: float, to_longitude: float, radius_m: float
) -> None:
    # Brought near, or almost no example would be within the radius.
    to_latitude = max(-90.0, min(90.0, latitude + to_latitude / 50))
    to_longitude = (longitude + to_longitude / 50 + 180) % 360 - 180
    low, high, spans = box(latitude, longitude, radius_m)
    inside = low <= to_latitude <= high and any(west <= to_longitude <= east for west, east in spans)
    assert inside or distance_m(latitude, longitude, to_latitude, to_longitude) > radius_m * 0.999_999
    assert all(-180 <= west <= east <= 180 for west, east in spans)
