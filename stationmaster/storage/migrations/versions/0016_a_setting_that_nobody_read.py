"""A setting of chargers that nobody read"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch: SQLite would make the table anew, and others point to it.
    op.drop_column("stations", "allow_insecure")


def downgrade() -> None:
    op.add_column(
        "stations", sa.Column("allow_insecure", sa.Boolean(), server_default=sa.text("(false)"), nullable=False)
    )
