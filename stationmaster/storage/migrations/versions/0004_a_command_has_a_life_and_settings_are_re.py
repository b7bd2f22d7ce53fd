"""A command has a life and settings are remembered"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "station_settings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("read_only", sa.Boolean(), nullable=True),
        sa.Column("told_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_station_settings_station_id_stations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_settings")),
        sa.UniqueConstraint("station_id", "name_key", name=op.f("uq_station_settings_station_id_name_key")),
    )
    with op.batch_alter_table("commands", schema=None) as batch_op:
        batch_op.add_column(sa.Column("state", sa.Text(), server_default="done", nullable=False))
        batch_op.add_column(sa.Column("outcome", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("data", columns.Json(), nullable=True))
        batch_op.add_column(sa.Column("remark", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("request_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("awaits", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("within_s", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("until", columns.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("progress", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("session", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("sent_at", columns.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("answered_at", columns.UtcTime(), nullable=True))
        batch_op.create_index(
            "ix_commands_awaiting",
            ["until"],
            unique=False,
            sqlite_where=sa.text("state = 'awaiting'"),
            postgresql_where=sa.text("state = 'awaiting'"),
        )
        batch_op.create_index(
            "ix_commands_request_id",
            ["station_id", "request_id"],
            unique=False,
            sqlite_where=sa.text("request_id IS NOT NULL"),
            postgresql_where=sa.text("request_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_commands_without_session",
            ["station_id", "id"],
            unique=False,
            sqlite_where=sa.text("awaits = 'session' AND session IS NULL"),
            postgresql_where=sa.text("awaits = 'session' AND session IS NULL"),
        )

    # What has ended has ended, and its one word is as exact as it was kept.
    op.execute("UPDATE commands SET state = 'asked' WHERE status = 'pending'")
    op.execute("UPDATE commands SET state = 'failed' WHERE status IN ('rejected', 'failed', 'timeout', 'replaced')")
    op.execute(
        "UPDATE commands SET outcome = CASE status WHEN 'failed' THEN 'error' WHEN 'replaced' THEN 'lost'"
        " WHEN 'late' THEN 'answered' ELSE status END WHERE status <> 'pending'"
    )


def downgrade() -> None:
    with op.batch_alter_table("commands", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_commands_without_session",
            sqlite_where=sa.text("awaits = 'session' AND session IS NULL"),
            postgresql_where=sa.text("awaits = 'session' AND session IS NULL"),
        )
        batch_op.drop_index(
            "ix_commands_request_id",
            sqlite_where=sa.text("request_id IS NOT NULL"),
            postgresql_where=sa.text("request_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_commands_awaiting",
            sqlite_where=sa.text("state = 'awaiting'"),
            postgresql_where=sa.text("state = 'awaiting'"),
        )
        batch_op.drop_column("answered_at")
        batch_op.drop_column("sent_at")
        batch_op.drop_column("session")
        batch_op.drop_column("progress")
        batch_op.drop_column("until")
        batch_op.drop_column("within_s")
        batch_op.drop_column("awaits")
        batch_op.drop_column("request_id")
        batch_op.drop_column("remark")
        batch_op.drop_column("data")
        batch_op.drop_column("outcome")
        batch_op.drop_column("state")

    op.drop_table("station_settings")
