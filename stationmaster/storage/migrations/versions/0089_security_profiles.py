"""Security profiles"""

import sqlalchemy as sa
from alembic import op

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stations", sa.Column("wanted_profile", sa.Integer(), nullable=True))
    op.add_column("connections", sa.Column("profile", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("connections", "profile")
    op.drop_column("stations", "wanted_profile")
