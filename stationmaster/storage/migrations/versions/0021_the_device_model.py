"""The device model: what is told of each setting, what changed, and what watches over it"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TEXTS = ("component", "instance", "variable", "variable_instance", "kind", "unit", "choices")


def upgrade() -> None:
    for name in TEXTS:
        op.add_column("station_settings", sa.Column(name, sa.Text()))
    for name in ("evse", "connector"):
        op.add_column("station_settings", sa.Column(name, sa.Integer()))
    for name in ("min_limit", "max_limit"):
        op.add_column("station_settings", sa.Column(name, sa.Float()))
    op.add_column("station_settings", sa.Column("attribute", sa.Text(), nullable=False, server_default="actual"))
    op.add_column("station_settings", sa.Column("write_only", sa.Boolean()))
    op.add_column("station_settings", sa.Column("changed_at", columns.UtcTime()))
    # Of 2.x the parts of a name come with the next report.
    op.execute("UPDATE station_settings SET variable = name")
    op.create_table(
        "setting_changes",
        sa.Column("id", columns.BigInt, autoincrement=True, nullable=False),
        sa.Column("station_id", columns.BigInt, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.Column("at", columns.UtcTime(), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("command", sa.Text()),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_setting_changes_station_id_stations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting_changes")),
    )
    op.create_index("ix_setting_changes_station_id", "setting_changes", ["station_id", "id"])
    op.create_table(
        "setting_monitors",
        sa.Column("id", columns.BigInt, autoincrement=True, nullable=False),
        sa.Column("station_id", columns.BigInt, nullable=False),
        sa.Column("number", columns.BigInt, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("only_in_session", sa.Boolean(), nullable=False),
        sa.Column("told_at", columns.UtcTime(), nullable=False),
        sa.Column("triggered_at", columns.UtcTime()),
        sa.Column("triggered_by", sa.Text()),
        sa.Column("cleared_at", columns.UtcTime()),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_setting_monitors_station_id_stations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting_monitors")),
        sa.UniqueConstraint("station_id", "number", name=op.f("uq_setting_monitors_station_id_number")),
    )


def downgrade() -> None:
    op.drop_table("setting_monitors")
    op.drop_table("setting_changes")
    for name in (*TEXTS, "evse", "connector", "min_limit", "max_limit", "attribute", "write_only", "changed_at"):
        op.drop_column("station_settings", name)
