"""What is missing of a session"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("gaps", columns.Json()))
    op.add_column("sessions", sa.Column("asked_at", columns.UtcTime()))


def downgrade() -> None:
    op.drop_column("sessions", "asked_at")
    op.drop_column("sessions", "gaps")
