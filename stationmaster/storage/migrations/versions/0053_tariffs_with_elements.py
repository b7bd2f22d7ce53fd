"""Tariffs with elements"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tariff_terms", sa.Column("structure", columns.Json()))


def downgrade() -> None:
    op.drop_column("tariff_terms", "structure")
