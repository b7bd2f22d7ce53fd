"""Drops what has been kept for long enough: `retention` in the settings says how long that is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Table, select

from stationmaster.domain import message_log, old_values
from stationmaster.domain.accounts import refresh_tokens
from stationmaster.domain.alarms import alarms
from stationmaster.domain.alerts.tables import alert_digests, alert_notices, alert_pauses, alert_steps, alerts
from stationmaster.domain.audit import audit
from stationmaster.domain.certificate_requests import certificate_requests
from stationmaster.domain.commands import commands
from stationmaster.domain.connections import connection_log
from stationmaster.domain.connector_states import connector_states
from stationmaster.domain.deliveries import deliveries
from stationmaster.domain.event_log import event_log
from stationmaster.domain.firmware import updates
from stationmaster.domain.idempotency import idempotency_keys
from stationmaster.domain.logs import logs
from stationmaster.domain.message_packs import message_packs
from stationmaster.domain.nodes import node_log
from stationmaster.domain.one_time_links import one_time_links
from stationmaster.domain.outbox import outbox
from stationmaster.domain.payments import payment_events
from stationmaster.domain.quarantine import quarantine
from stationmaster.domain.reservations import reservations
from stationmaster.domain.station_settings import setting_changes
from stationmaster.domain.timers import every
from stationmaster.settings import Retention
from stationmaster.storage import Database, Work
from stationmaster.storage.queries import Dropped, drop_old


class Kept(NamedTuple):
    """Rows of a table, until a number of days after a time in them."""

    table: Table
    at: ColumnElement[datetime]
    days: Callable[[Retention], float]
    only: ColumnElement[bool] | None = None


_later = connector_states.alias()
_followed = (  # a state goes only when another has followed it, so that the one that still holds stays, however old
    select(_later.c.id)
    .where(
        _later.c.station_id == connector_states.c.station_id,
        _later.c.evse == connector_states.c.evse,
        _later.c.number == connector_states.c.number,
        _later.c.since > connector_states.c.since,
    )
    .exists()
)


def _of_resolved(alert_id: ColumnElement[int | None]) -> ColumnElement[bool]:
    """Of no alert that is open: its history stays, however long it lasts."""
    is_open = select(alerts.c.id).where(alerts.c.id == alert_id, alerts.c.resolved_at.is_(None))
    return ~is_open.exists()


_left_alone = ~(
    select(alert_steps.c.id).where(alert_steps.c.alert_id == alerts.c.id).exists()
    | select(alert_notices.c.id).where(alert_notices.c.alert_id == alerts.c.id).exists()
)

KEPT = [
    Kept(message_packs, message_packs.c.until, lambda days: days.messages_days),
    Kept(audit, audit.c.at, lambda days: days.audit_days),
    Kept(setting_changes, setting_changes.c.at, lambda days: days.audit_days),
    Kept(connection_log, connection_log.c.at, lambda days: days.connections_days),
    Kept(node_log, node_log.c.at, lambda days: days.connections_days),
    Kept(connector_states, connector_states.c.since, lambda days: days.states_days, _followed),
    Kept(commands, commands.c.asked_at, lambda days: days.commands_days, commands.c.finished_at.is_not(None)),
    Kept(
        reservations, reservations.c.requested_at, lambda days: days.commands_days, reservations.c.ended_at.is_not(None)
    ),
    Kept(
        certificate_requests,
        certificate_requests.c.last_at,
        lambda days: days.updates_days,
        certificate_requests.c.state != "received",
    ),
    Kept(updates, updates.c.asked_at, lambda days: days.updates_days, updates.c.finished_at.is_not(None)),
    Kept(logs, logs.c.asked_at, lambda days: days.commands_days, logs.c.kept_as.is_(None)),
    Kept(one_time_links, one_time_links.c.expires_at, lambda days: days.log_ins_days),
    Kept(refresh_tokens, refresh_tokens.c.expires_at, lambda days: days.log_ins_days),
    Kept(alarms, alarms.c.at, lambda days: days.resolved_days, alarms.c.resolved_at.is_not(None)),
    # What points to alerts goes before them: nothing of one is newer than its end.
    Kept(alert_steps, alert_steps.c.at, lambda days: days.resolved_days, _of_resolved(alert_steps.c.alert_id)),
    Kept(alert_notices, alert_notices.c.at, lambda days: days.resolved_days, _of_resolved(alert_notices.c.alert_id)),
    Kept(alerts, alerts.c.resolved_at, lambda days: days.resolved_days, _left_alone),
    Kept(alert_digests, alert_digests.c.at, lambda days: days.resolved_days),
    Kept(alert_pauses, alert_pauses.c.until_at, lambda days: days.resolved_days),
    Kept(quarantine, quarantine.c.at, lambda days: days.resolved_days, quarantine.c.resolved_at.is_not(None)),
    Kept(event_log, event_log.c.at, lambda days: days.events_days, event_log.c.number.is_not(None)),
    # A provider tells a webhook again for days, and it must be known then.
    Kept(payment_events, payment_events.c.heard_at, lambda days: max(days.events_days, 30)),
    Kept(idempotency_keys, idempotency_keys.c.created_at, lambda days: 1),
    Kept(outbox, outbox.c.created_at, lambda days: days.done_days, outbox.c.done_at.is_not(None)),
    Kept(outbox, outbox.c.created_at, lambda days: days.dead_days, outbox.c.dead_at.is_not(None)),
    Kept(deliveries, deliveries.c.created_at, lambda days: days.done_days, deliveries.c.done_at.is_not(None)),
    Kept(deliveries, deliveries.c.created_at, lambda days: days.dead_days, deliveries.c.dead_at.is_not(None)),
]


@every(seconds=60, once=True, timeout_s=600)
async def drop_what_is_old(database: Database, retention: Retention) -> None:
    """In small units, so that no charger waits for it."""
    frames = timedelta(days=retention.messages_days)
    while await database.write(message_log.drop_older, than=frames) == message_log.DROPPED_AT_ONCE:
        pass
    for kept in KEPT:
        key: int | None = 0
        while key is not None:
            _, key = await database.write(drop, kept, timedelta(days=kept.days(retention)), key)


@every(seconds=3600, once=True, timeout_s=1800)
async def drop_old_values(database: Database, retention: Retention) -> None:
    """Meter values, where the settings say that they go. Seldom, for it goes over all that is old and stays."""
    key: int | None = 0 if retention.values_days else None
    while key is not None:
        _, key = await database.write(old_values.drop, timedelta(days=retention.values_days), key)


def drop(work: Work, kept: Kept, keep_for: timedelta, first_key: int) -> Dropped:
    """One part of it."""
    before = work.now - keep_for
    return drop_old(work, kept.table, kept.at, before=before, now=work.now, only=kept.only, first_key=first_key)
