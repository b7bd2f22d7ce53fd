"""What became of our own processes"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "node_log",
        sa.Column("id", columns.BigInt, autoincrement=True, nullable=False),
        sa.Column("at", columns.UtcTime(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node_log")),
    )


def downgrade() -> None:
    op.drop_table("node_log")
