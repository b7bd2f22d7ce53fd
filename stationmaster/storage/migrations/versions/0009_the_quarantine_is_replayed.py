"""The quarantine is replayed"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("version", "resolved_by", "replayed"):
        op.add_column("quarantine", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("quarantine") as batch_op:
        for name in ("version", "resolved_by", "replayed"):
            batch_op.drop_column(name)
