"""Users are locked out"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("locked_at", columns.UtcTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "locked_at")
