"""Notices by SMS"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0092"
down_revision = "0091"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notice_choices", sa.Column("way", sa.Text(), server_default="email", nullable=False))
    op.add_column("notice_offers", sa.Column("sms_channel_id", columns.BigInt, nullable=True))


def downgrade() -> None:
    op.drop_column("notice_offers", "sms_channel_id")
    op.drop_column("notice_choices", "way")
