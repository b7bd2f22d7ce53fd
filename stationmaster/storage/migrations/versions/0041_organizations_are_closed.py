"""Organizations are closed"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("public_id", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("closed_at", columns.UtcTime(), nullable=True))
    op.execute("UPDATE organizations SET public_id = CAST(id AS TEXT)")
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.alter_column("public_id", nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_organizations_public_id"), ["public_id"])


def downgrade() -> None:
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_organizations_public_id"), type_="unique")
        batch_op.drop_column("closed_at")
        batch_op.drop_column("public_id")
