"""Numbers of accounts in the operator's own chart"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("issuers", sa.Column("account_numbers", columns.Json()))


def downgrade() -> None:
    op.drop_column("issuers", "account_numbers")
