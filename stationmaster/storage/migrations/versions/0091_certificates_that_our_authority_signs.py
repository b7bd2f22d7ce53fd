"""Certificates that our authority signs"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None

TABLE = "certificate_requests"
INDEX = "ix_certificate_requests_due"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("due_at", columns.UtcTime(), nullable=True))
    op.add_column(TABLE, sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column(TABLE, sa.Column("signed_at", columns.UtcTime(), nullable=True))
    op.add_column(TABLE, sa.Column("serial", sa.Text(), nullable=True))
    op.add_column(TABLE, sa.Column("chain", sa.Text(), nullable=True))
    op.add_column(TABLE, sa.Column("renewal_asked_at", columns.UtcTime(), nullable=True))
    due = sa.text("due_at IS NOT NULL")
    op.create_index(INDEX, TABLE, ["due_at"], sqlite_where=due, postgresql_where=due)


def downgrade() -> None:
    op.drop_index(INDEX, TABLE)
    for name in ("renewal_asked_at", "chain", "serial", "signed_at", "tries", "due_at"):
        op.drop_column(TABLE, name)
