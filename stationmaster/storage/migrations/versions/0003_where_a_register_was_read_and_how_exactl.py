"""Where a register was read, and how exactly"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("meter_values", sa.Column("location", sa.Text(), nullable=True))
    op.add_column("meter_values", sa.Column("resolution_wh", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("meter_values", "resolution_wh")
    op.drop_column("meter_values", "location")
