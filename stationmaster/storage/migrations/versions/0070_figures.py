"""Figures of sessions, by day and by hour of the week"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "figures_due",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session", sa.Text(), nullable=True),
        sa.Column("evse", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figures_due")),
    )
    op.create_table(
        "station_days",
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("energy_wh", columns.Exact(3), nullable=False),
        sa.Column("plugged_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("charging_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("net", columns.Exact(3), nullable=False),
        sa.Column("tax", columns.Exact(3), nullable=False),
        sa.Column("gross", columns.Exact(3), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_station_days_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("station_id", "day", "site_id", "currency", name=op.f("pk_station_days")),
    )
    with op.batch_alter_table("station_days", schema=None) as batch_op:
        batch_op.create_index("ix_station_days_day", ["organization_id", "day"], unique=False)

    op.create_table(
        "station_hours",
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("energy_wh", columns.Exact(3), nullable=False),
        sa.Column("plugged_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("charging_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_station_hours_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("station_id", "month", "hour", "site_id", name=op.f("pk_station_hours")),
    )
    with op.batch_alter_table("station_hours", schema=None) as batch_op:
        batch_op.create_index("ix_station_hours_month", ["organization_id", "month"], unique=False)

    op.create_table(
        "session_figures",
        sa.Column(
            "session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("began_at", columns.UtcTime(), nullable=False),
        sa.Column("ended_at", columns.UtcTime(), nullable=False),
        sa.Column("charging_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("energy_wh", columns.Exact(3), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("net", columns.Exact(3), nullable=False),
        sa.Column("tax", columns.Exact(3), nullable=False),
        sa.Column("gross", columns.Exact(3), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_session_figures_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_figures_session_id_sessions")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session_figures")),
    )
    with op.batch_alter_table("session_figures", schema=None) as batch_op:
        batch_op.create_index("ix_session_figures_ended", ["organization_id", "ended_at"], unique=False)

    # What is there is counted by the server when it runs, some hundred sessions at a time; until then it is told as being behind.
    op.execute(
        "INSERT INTO figures_due (station_id, session)"
        " SELECT station_id, public_id FROM sessions WHERE status = 'completed' ORDER BY id"
    )


def downgrade() -> None:
    with op.batch_alter_table("session_figures", schema=None) as batch_op:
        batch_op.drop_index("ix_session_figures_ended")

    op.drop_table("session_figures")
    with op.batch_alter_table("station_hours", schema=None) as batch_op:
        batch_op.drop_index("ix_station_hours_month")

    op.drop_table("station_hours")
    with op.batch_alter_table("station_days", schema=None) as batch_op:
        batch_op.drop_index("ix_station_days_day")

    op.drop_table("station_days")
    op.drop_table("figures_due")
