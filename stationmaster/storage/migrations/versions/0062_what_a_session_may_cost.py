"""What a session may cost"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WATCHED = sa.text("look_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "session_limits",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("session_id", KEY, nullable=False),
        sa.Column("amount", columns.Exact(3), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("spent", columns.Exact(3), nullable=True),
        sa.Column("look_at", columns.UtcTime(), nullable=True),
        sa.Column("warned_at", columns.UtcTime(), nullable=True),
        sa.Column("ended_at", columns.UtcTime(), nullable=True),
        sa.Column("because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_limits_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_limits")),
        sa.UniqueConstraint("session_id", name=op.f("uq_session_limits_session_id")),
    )
    op.create_index(
        "ix_session_limits_look_at", "session_limits", ["look_at"], sqlite_where=WATCHED, postgresql_where=WATCHED
    )
    op.add_column("tokens", sa.Column("budget_wh", columns.Exact(3), nullable=True))
    op.add_column("tokens", sa.Column("budget_period", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("tokens", "budget_period")
    op.drop_column("tokens", "budget_wh")
    op.drop_table("session_limits")
