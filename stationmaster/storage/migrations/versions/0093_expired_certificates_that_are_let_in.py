"""Expired certificates that are let in"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0093"
down_revision = "0092"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stations", sa.Column("expired_until", columns.UtcTime, nullable=True))


def downgrade() -> None:
    op.drop_column("stations", "expired_until")
