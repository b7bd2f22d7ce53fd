"""What drivers may ask of chargers"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, default in (("drivers_start", "true"), ("drivers_reserve", "false")):
        column: sa.Column[bool] = sa.Column(name, sa.Boolean(), server_default=sa.text(default), nullable=False)
        op.add_column("organizations", column)


def downgrade() -> None:
    with op.batch_alter_table("organizations") as batch_op:
        batch_op.drop_column("drivers_reserve")
        batch_op.drop_column("drivers_start")
