"""Requests for certificates"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificate_requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("csr", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("key_kind", sa.Text(), nullable=True),
        sa.Column("public_key", sa.Text(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("count", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("asked_at", columns.UtcTime(), nullable=False),
        sa.Column("last_at", columns.UtcTime(), nullable=False),
        sa.Column("sent_at", columns.UtcTime(), nullable=True),
        sa.Column("answered_at", columns.UtcTime(), nullable=True),
        sa.Column("valid_until", columns.UtcTime(), nullable=True),
        sa.Column("command", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_certificate_requests_station_id_stations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_requests")),
        sa.UniqueConstraint("public_id", name=op.f("uq_certificate_requests_public_id")),
    )
    op.create_index("ix_certificate_requests_station_id", "certificate_requests", ["station_id", "id"])


def downgrade() -> None:
    op.drop_table("certificate_requests")
