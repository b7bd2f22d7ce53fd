"""Sessions by transaction id"""

import hashlib

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

REASONS = {
    "Local": "local",
    "Remote": "remote",
    "EVDisconnected": "car_disconnected",
    "DeAuthorized": "deauthorized",
    "UnlockCommand": "unlocked",
    "EmergencyStop": "emergency_stop",
    "PowerLoss": "power_loss",
    "Reboot": "reboot",
    "SoftReset": "soft_reset",
    "HardReset": "hard_reset",
}
OURS = {"Superseded": "superseded", "Lost": "lost"}
AT_ONCE = 10_000


def upgrade() -> None:
    with op.batch_alter_table("meter_values") as batch_op:
        batch_op.add_column(sa.Column("transaction_id", sa.Text(), nullable=True))
    op.execute(
        "UPDATE meter_values SET transaction_id = CAST(transaction_number AS TEXT) WHERE transaction_number IS NOT NULL"
    )
    with op.batch_alter_table("meter_values") as batch_op:
        batch_op.drop_column("transaction_number")

    op.drop_index("uq_sessions_open_start", "sessions")
    op.drop_index("ix_sessions_started", "sessions")
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("sessions") as batch_op:
        batch_op.drop_constraint("uq_sessions_number", type_="unique")
        batch_op.drop_column("number")
        batch_op.alter_column("evse", existing_type=sa.Integer(), nullable=True)
        batch_op.alter_column("connector", existing_type=sa.Integer(), nullable=True)
        batch_op.alter_column("authorization", existing_type=sa.Text(), nullable=True)
        batch_op.alter_column("meter_start_wh", existing_type=columns.Exact(3), nullable=True)
        batch_op.add_column(sa.Column("occurrence", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("start_key", big, nullable=True))
        batch_op.add_column(sa.Column("remote_start_id", big, nullable=True))
        batch_op.add_column(sa.Column("charging_state", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("charging_state_told", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("sequence", big, nullable=True))
        batch_op.add_column(sa.Column("stop_reason_told", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("excluded", sa.Boolean(), server_default=sa.text("(false)"), nullable=False))
        batch_op.add_column(sa.Column("silent_since", columns.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("again_at", columns.UtcTime(), nullable=True))
    _fill()
    with op.batch_alter_table("sessions") as batch_op:
        batch_op.create_unique_constraint(
            op.f("uq_sessions_transaction_id_station_id_occurrence"), ["transaction_id", "station_id", "occurrence"]
        )
        batch_op.create_unique_constraint(
            op.f("uq_sessions_station_id_start_key_occurrence"), ["station_id", "start_key", "occurrence"]
        )
        batch_op.create_index(
            "ix_sessions_open",
            ["station_id", "evse", "started_at"],
            unique=False,
            sqlite_where=sa.text("status = 'active'"),
            postgresql_where=sa.text("status = 'active'"),
        )


def _fill() -> None:
    """The content of every start, and which of those that begin alike it is; the reasons in our words."""
    connection = op.get_bind()
    sessions = sa.table(
        "sessions",
        sa.column("id", sa.BigInteger()),
        sa.column("station_id", sa.BigInteger()),
        sa.column("evse", sa.Integer()),
        sa.column("token", sa.Text()),
        sa.column("started_text", sa.Text()),
        sa.column("meter_start_wh", columns.Exact(3)),
        sa.column("flags", columns.Json()),
        sa.column("stop_reason", sa.Text()),
        sa.column("stop_reason_told", sa.Text()),
        sa.column("start_key", sa.BigInteger()),
        sa.column("occurrence", sa.Integer()),
    )
    known: dict[tuple[int, int], int] = {}
    last = 0
    fill = (
        sessions.update()
        .where(sessions.c.id == sa.bindparam("row"))
        .values(start_key=sa.bindparam("key"), occurrence=sa.bindparam("nth"), meter_start_wh=sa.bindparam("wh"))
    )
    while True:
        rows = connection.execute(
            sa.select(sessions).where(sessions.c.id > last).order_by(sessions.c.id).limit(AT_ONCE)
        ).all()
        if not rows:
            break
        last = rows[-1].id
        filled = []
        for row in rows:
            told = None if "no_meter_start" in (row.flags or ()) else row.meter_start_wh
            content = f"{row.evse}|{row.token}|{row.started_text or None}|{_plain(told)}"
            start_key = int.from_bytes(hashlib.blake2b(content.encode(), digest_size=8).digest(), "big", signed=True)
            nth = known[row.station_id, start_key] = known.get((row.station_id, start_key), -1) + 1
            filled.append({"row": row.id, "key": start_key, "nth": nth, "wh": told})
        connection.execute(fill, filled)
    reason = sessions.c.stop_reason
    connection.execute(
        sessions.update().where(reason.is_not(None), reason.not_in(list(OURS))).values(stop_reason_told=reason)
    )
    words = sa.case(REASONS | OURS, value=reason, else_="other")
    connection.execute(sessions.update().where(reason.is_not(None)).values(stop_reason=words))


def _plain(meter: object) -> str:
    return "" if meter is None else f"{meter.normalize():f}"  # type: ignore[attr-defined]


def downgrade() -> None:
    raise NotImplementedError("sessions without a number cannot be read by the version before; restore a backup")
