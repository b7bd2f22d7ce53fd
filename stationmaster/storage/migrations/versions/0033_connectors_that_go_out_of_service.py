"""Connectors that go out of service"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("connectors", schema=None) as batch_op:
        batch_op.add_column(sa.Column("goes_out", sa.Boolean(), server_default=sa.text("false"), nullable=False))
        batch_op.add_column(sa.Column("withheld_until", columns.UtcTime(), nullable=True))
        batch_op.create_index(
            "ix_connectors_withheld",
            ["withheld_until"],
            unique=False,
            sqlite_where=sa.text("withheld_until IS NOT NULL"),
            postgresql_where=sa.text("withheld_until IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("connectors", schema=None) as batch_op:
        batch_op.drop_index("ix_connectors_withheld")
        batch_op.drop_column("withheld_until")
        batch_op.drop_column("goes_out")
