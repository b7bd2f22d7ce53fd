"""When a charger was heard last, and since when a node has been steady"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("heard_at", columns.UtcTime(), nullable=True))
    with op.batch_alter_table("nodes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("steady_since", columns.UtcTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("nodes", schema=None) as batch_op:
        batch_op.drop_column("steady_since")
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.drop_column("heard_at")
