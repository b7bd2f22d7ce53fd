"""What a connector can deliver"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connectors", sa.Column("max_power_w", sa.Integer()))


def downgrade() -> None:
    op.drop_column("connectors", "max_power_w")
