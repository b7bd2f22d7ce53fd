"""Requests that are done once say who has them in hand, and that something was done."""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("idempotency_keys", sa.Column("node", sa.Text(), nullable=True))
    op.add_column("idempotency_keys", sa.Column("run", sa.Text(), nullable=True))
    op.add_column("idempotency_keys", sa.Column("done_at", columns.UtcTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("idempotency_keys", "done_at")
    op.drop_column("idempotency_keys", "run")
    op.drop_column("idempotency_keys", "node")
