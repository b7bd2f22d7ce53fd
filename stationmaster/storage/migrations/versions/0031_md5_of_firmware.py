"""MD5 of firmware"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("firmware", sa.Column("md5", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("firmware", "md5")
