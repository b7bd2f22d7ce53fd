"""A car's profile may be a person's"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("car_plans", schema=None) as batch_op:
        batch_op.add_column(sa.Column("by_person", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("car_plans", schema=None) as batch_op:
        batch_op.drop_column("by_person")
