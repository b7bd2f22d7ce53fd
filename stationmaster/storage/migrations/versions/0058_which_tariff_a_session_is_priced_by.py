"""Which tariff a session is priced by"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "session_terms",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("session_id", KEY, nullable=False),
        sa.Column("tariff_id", KEY, nullable=True),
        sa.Column("terms", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("fixed_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_terms_session_id_sessions")),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariffs.id"], name=op.f("fk_session_terms_tariff_id_tariffs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_terms")),
        sa.UniqueConstraint("session_id", name=op.f("uq_session_terms_session_id")),
    )
    op.add_column(
        "tariffs", sa.Column("follows_changes", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("tariffs", "follows_changes")
    op.drop_table("session_terms")
