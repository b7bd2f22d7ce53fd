"""Times, and how messages are built and written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationmaster.ocpp import v16, v21, v201
from stationmaster.ocpp.messages import now_text, parse_time

# A busy machine is no reason to fail.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOON = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)


def test_we_write_utc_with_milliseconds_and_z() -> None:
    assert now_text(NOON + timedelta(microseconds=7_999)) == "2026-05-01T12:00:00.007Z"
    assert now_text(NOON.astimezone(timezone(timedelta(hours=2)))) == "2026-05-01T12:00:00.000Z"


@pytest.mark.parametrize(
    "text, moment",
    [
        ("2026-05-01T12:00:00Z", NOON),
        ("2026-05-01T12:00:00", NOON),
        ("2026-05-01T12:00Z", NOON),
        (" 2026-05-01 12:00:00z ", NOON),
        ("2026-05-01T14:00:00+02:00", NOON),
        ("2026-05-01T14:00:00+0200", NOON),
        ("2026-05-01T14:00:00+02", NOON),
        ("2026-05-01T12:00:00.5Z", NOON + timedelta(milliseconds=500)),
        ("2026-05-01T12:00:00,25Z", NOON + timedelta(milliseconds=250)),
        ("2026-05-01T12:00:00.123456789Z", NOON + timedelta(microseconds=123_456)),
        ("2026-05-01T11:59:60Z", NOON - timedelta(seconds=1)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_as_stations_write_them(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment
    assert parse_time(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "222222017-10-27T19:10:11Z",
        "0000-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-05-01T25:00:00Z",
        "2026-05-01",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-01:00",
        "2026-05-01T12:00:00+99:00",
        "٢٠٢٦-05-01T12:00:00Z",
        "2026-05-01T12:00:00Z\x00",
        None,
    ],
)
def test_TX_10_what_is_no_moment_is_none(text: str | None) -> None:
    assert parse_time(text) is None


@UNHURRIED
@given(st.text() | st.from_regex(r"\d{1,9}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d{0,40})?(Z|[+-]\d\d:?\d\d)?"))
def test_TX_10_no_text_makes_parse_time_raise(text: str) -> None:
    moment = parse_time(text)
    assert moment is None or moment.tzinfo is UTC


@UNHURRIED
@given(st.datetimes(timezones=st.just(UTC)))
def test_what_we_write_we_can_read(moment: datetime) -> None:
    found = parse_time(now_text(moment))
    assert found == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def test_fields_without_a_value_are_not_sent_and_names_are_the_schema_s() -> None:
    message = v201.Get15118EVCertificate(iso15118_schema_version="x", action_="Install", exi_request="y")
    assert msgspec.json.encode(message) == b'{"iso15118SchemaVersion":"x","action":"Install","exiRequest":"y"}'
    assert message.action == "Get15118EVCertificate"


def test_messages_are_built_by_name_only() -> None:
    with pytest.raises(TypeError):
        v16.Authorize("tag")
    with pytest.raises(TypeError):
        v21.StatusInfoType("reason")
